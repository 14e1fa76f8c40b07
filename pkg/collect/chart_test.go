package collect

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const chartYAML = "apiVersion: v2\nname: airflow\nversion: 1.2.3\nappVersion: 2.9.3\nhome: https://airflow.apache.org/\nsources: [https://github.com/apache/airflow]\n"

// chartFiles is a small chart with a hook, a CRD, a helper and a subchart.
func chartFiles() map[string]string {
	return map[string]string{
		"Chart.yaml":  chartYAML + "dependencies:\n- {name: store, version: 0.1.0, condition: store.enabled}\n",
		"values.yaml": "web: {replicas: 1, image: a}\npassword: default\nstore: {enabled: true}\n",
		"values.schema.json": `{"type":"object","properties":{"web":{"type":"object","additionalProperties":false,
			"properties":{"replicas":{"type":"integer"},"image":{"type":"string","pattern":"^[a-z:0-9]+$"}}},"mode":{"enum":["one","two"]}}}`,
		"templates/_helpers.tpl": `{{ define "name" }}{{ .Release.Name }}-web{{ end }}`,
		"templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ include "name" . }}, labels: {release: {{ .Release.Name }}}}
spec:
  replicas: {{ .Values.web.replicas }}
  template: {spec: {containers: [{name: web, image: {{ .Values.web.image | quote }}, env: [{name: P, value: {{ .Values.password | quote }}}, {name: TZ, value: "{{ .Capabilities.KubeVersion.Version }}"}]}]}}
{{- if eq (default "" .Values.fail) "yes" }}
{{ fail (printf "The password %s of the Deployment must not be set" .Values.password) }}
{{- end }}
{{- if eq (default "" .Values.fail) "nil" }}
{{ .Values.nothing.below }}
{{- end }}
{{- if eq (default "" .Values.fail) "yaml" }}
broken: [{{ .Values.password }}
{{- end }}
{{- if eq (default "" .Values.fail) "tpl" }}
{{ tpl .Values.password . }}
{{- end }}
`,
		"templates/hook.yaml":                "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: post-install}}\nspec: {template: {spec: {containers: []}}}\n",
		"templates/NOTES.txt":                "{{ .Values.password }}",
		"crds/crd.yaml":                      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\nspec: {group: example.com}\n",
		"charts/store/Chart.yaml":            "apiVersion: v2\nname: store\nversion: 0.1.0\n",
		"charts/store/values.yaml":           "auth: {password: stored}\n",
		"charts/store/templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: store}\nstringData: {password: {{ .Values.auth.password | quote }}}\n",
	}
}

func writeChart(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "airflow")
	for name, text := range files {
		write(t, dir, name, text)
	}
	return dir
}

// packChart is the same chart as helm package makes it.
func packChart(t testing.TB, files map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	archive := tar.NewWriter(zip)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range files {
			if !yield(name) {
				return
			}
		}
	}) {
		if err := archive.WriteHeader(&tar.Header{Name: "airflow/" + name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "airflow-1.2.3.tgz", out.String())
}

func TestFromChart(t *testing.T) {
	dir := t.TempDir()
	values := write(t, dir, "values.yaml", "web: {replicas: 2}\npassword: hunter2\nmisspelt: {a: 1}\nstore: {auth: {pasword: x}}\n")
	token := write(t, dir, "token.txt", "hunter3")
	var said []string
	c := Chart{
		ValueFiles: []string{values}, Set: []string{"web.replicas=3"}, SetString: []string{"web.image=b:1"}, SetFile: []string{"password=" + token}, SetJSON: []string{`web={"replicas":7}`},
		Release: "rel", Namespace: "airflow", KubeVersion: "1.35.2", Now: fixedTime, Progress: func(text string) { said = append(said, text) },
	}
	for _, c.Path = range []string{writeChart(t, chartFiles()), packChart(t, chartFiles())} {
		s, err := FromChart(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range s.Objects {
			got = append(got, o.String()+" "+o.Namespace+" "+string(o.Origin)+" "+o.Source)
		}
		want := []string{
			"customresourcedefinition/things.example.com  rendered airflow/crds/crd.yaml", "deployment/rel-web airflow rendered airflow/templates/web.yaml",
			"job/hook airflow hook airflow/templates/hook.yaml", "secret/store airflow rendered airflow/charts/store/templates/secret.yaml",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		web := s.Find(snapshot.Deployment, "airflow", "rel-web")
		container := web.At("spec", "template", "spec", "containers").([]any)[0].(map[string]any)
		if web.At("spec", "replicas") != int64(3) || container["image"] != "b:1" || short(container["env"].([]any)[0].(map[string]any)["value"].(string)) != "«»" {
			t.Errorf("the values are not used: %v", web.Content)
		}
		if value := container["env"].([]any)[1].(map[string]any)["value"]; value != "v1.35.2" || s.ServerVersion != "v1.35.2" {
			t.Errorf("rendered for Kubernetes %v, server version %s", value, s.ServerVersion)
		}
		if !slices.Equal(s.Release.Unread, []string{"misspelt", "store.auth.pasword"}) {
			t.Errorf("unread values are %q", s.Release.Unread)
		}
		if s.Release.Record != snapshot.FromChart || s.Release.Chart.Version != "1.2.3" || !slices.Equal(s.Release.Chart.ValueKeys, []string{"password", "store", "web"}) {
			t.Errorf("release is %+v", s.Release)
		}
		if s.CoverageOf(snapshot.ReleaseRecord).State != snapshot.Read || s.CoverageOf(snapshot.Pod).State != snapshot.NotCollected {
			t.Errorf("coverage is %v", s.Coverage)
		}
		var text bytes.Buffer
		if err := WriteSnapshot(&text, s); err != nil || strings.Contains(text.String(), "hunter") {
			t.Errorf("a secret survives: %v", err)
		}
	}
	if want := []string{"Rendering chart airflow 1.2.3", "Rendering chart airflow 1.2.3"}; !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
}

func TestFromChartRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	good := writeChart(t, chartFiles())
	with := func(name, text string) string {
		files := chartFiles()
		if files[name] = text; text == "" {
			delete(files, name)
		}
		return writeChart(t, files)
	}
	notGzip, empty := write(t, dir, "airflow.tgz", "hunter2"), t.TempDir()
	noChart, badChart, badValues := with("Chart.yaml", ""), with("Chart.yaml", "a: [hunter2"), with("values.yaml", "a: [hunter2")
	noSub, library := with("Chart.yaml", chartYAML+"dependencies: [{name: gone, version: 1.0.0}]\n"), with("Chart.yaml", chartYAML+"type: library\n")
	badTemplate := with("templates/web.yaml", "{{ .Values.password | nofunction }}")
	const refuses = ": refuses the values: "
	for _, c := range []struct {
		chart  Chart
		values string
		want   string
	}{
		{Chart{Path: filepath.Join(dir, "missing")}, "", filepath.Join(dir, "missing") + ": does not exist"},
		{Chart{Path: notGzip}, "", notGzip + ": is neither a chart's directory nor its .tgz archive"},
		{Chart{Path: empty}, "", empty + ": holds no Chart.yaml, so it is no Helm chart"},
		{Chart{Path: noChart}, "", noChart + ": holds no Chart.yaml, so it is no Helm chart"},
		{Chart{Path: badChart}, "", badChart + ": holds a Chart.yaml that is not valid"},
		{Chart{Path: badValues}, "", badValues + ": holds a values.yaml that is not valid YAML"},
		{Chart{Path: noSub}, "", noSub + ": needs the charts gone, which its charts/ directory does not hold: run helm dependency build"},
		{Chart{Path: library}, "", library + ": is a library chart: it renders nothing by itself"},
		{Chart{Path: badTemplate}, "", badTemplate + ": does not render (airflow/templates/web.yaml:1): function \"nofunction\" not defined"},
		{Chart{Path: good, KubeVersion: "hunter2"}, "", "a Kubernetes version looks like 1.36 or 1.36.3"},
		{Chart{Path: good, ValueFiles: []string{filepath.Join(dir, "none.yaml")}}, "", filepath.Join(dir, "none.yaml") + ": does not exist"},
		{Chart{Path: good, Set: []string{"hunter2"}}, "", "--set (not shown): not understood (want key=value)"},
		{Chart{Path: good, SetJSON: []string{"web=hunter2"}}, "", "--set-json web=…: not understood (want key=value)"},
		{Chart{Path: good, SetFile: []string{"password=/hunter2"}}, "", "--set-file password=…: not understood (want key=value)"},
		{Chart{Path: good}, "- hunter2", "VALUES: holds no values: they must be keys with values"},
		{Chart{Path: good}, "a: 1\n---\nb: hunter2", "VALUES:3: holds a second YAML document, which Helm would ignore"},
		{Chart{Path: good}, "web: hunter2", good + refuses + "/web (VALUES:1): got string, want object"},
		{Chart{Path: good}, "web: {replicas: hunter2}", good + refuses + "/web/replicas (VALUES:1): got string, want integer"},
		{Chart{Path: good}, "web: {image: HUNTER2}", good + refuses + "/web/image (VALUES:1): does not fit the schema"},
		{Chart{Path: good}, "web: {replicass: hunter2}", good + refuses + "/web (VALUES:1): additional properties 'replicass' not allowed"},
		{Chart{Path: good}, "web:\n  {replicass: 1, b: 1, c: 1, a: 1, e: 1, d: hunter2}\nmode: hunter2", good + refuses + "/mode (VALUES:3): value must be one of 'one', 'two'; /web (VALUES:2): additional properties 'a', 'b', 'c', 'd', 'e', 'replicass' not allowed"},
		{Chart{Path: good, Set: []string{"mode=hunter2"}}, "", good + refuses + "/mode: value must be one of 'one', 'two'"},
		{Chart{Path: good}, "mode: hunter2", good + refuses + "/mode (VALUES:1): value must be one of 'one', 'two'"},
		{Chart{Path: good}, "fail: 'yes'\npassword: hunter2", good + ": does not render (airflow/templates/web.yaml:8): The password … of the Deployment must not be set"},
		{Chart{Path: good}, "fail: 'nil'", good + ": does not render (airflow/templates/web.yaml:11): at <.Values.nothing.below>: nil pointer evaluating interface {}.below"},
		{Chart{Path: good}, "fail: yaml\npassword: hunter2", good + " does not render: airflow/templates/web.yaml:7: is not valid YAML (check indentation, brackets and quotes)"},
		{Chart{Path: good}, "fail: tpl\npassword: '{{ hunter2 }}'", good + ": does not render (airflow/templates/web.yaml:17): error calling tpl: cannot parse template \"{{ … }}\": template: …:…: function \"…\" not defined"},
	} {
		if c.values != "" {
			name := write(t, t.TempDir(), "values.yaml", c.values)
			c.chart.ValueFiles, c.want = []string{name}, strings.ReplaceAll(c.want, "VALUES", name)
		}
		_, err := FromChart(context.Background(), c.chart)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.values, err, c.want)
		}
		if err != nil && strings.Contains(strings.ToLower(err.Error()), "hunter2") {
			t.Errorf("an error shows a value: %v", err)
		}
	}
}

func TestChartsMaySwitchSubchartsOff(t *testing.T) {
	values := write(t, t.TempDir(), "v.yaml", "store: {enabled: false, auth: {password: x}}\n")
	s, err := FromChart(context.Background(), Chart{Path: writeChart(t, chartFiles()), ValueFiles: []string{values}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Find(snapshot.Secret, "default", "store") != nil || len(s.Release.Unread) != 0 || s.Release.Name != "release-name" {
		t.Errorf("got %v, unread %q", s.Objects, s.Release.Unread)
	}
}

func TestHelmsLibraryStaysQuiet(t *testing.T) {
	var heard bytes.Buffer
	before := log.Writer()
	log.SetOutput(&heard)
	defer log.SetOutput(before)
	values := write(t, t.TempDir(), "v.yaml", "password: {a: hunter2}\n")
	_, _ = FromChart(context.Background(), Chart{Path: writeChart(t, chartFiles()), ValueFiles: []string{values}})
	if heard.Len() > 0 {
		t.Errorf("heard %s", heard.String())
	}
	log.Print("back")
	if !strings.Contains(heard.String(), "back") {
		t.Error("the logger does not speak again")
	}
}

func TestCacheHoldsMaskedResultsOnly(t *testing.T) {
	cacheDir := filepath.Join(t.TempDir(), "cache")
	rendered := 0
	c := Chart{Path: writeChart(t, chartFiles()), Set: []string{"password=hunter2-hunter2"}, CacheDir: cacheDir, Now: fixedTime, Progress: func(string) { rendered++ }}
	take := func(c Chart) string {
		t.Helper()
		s, err := FromChart(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := WriteSnapshot(&out, s); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	first := take(c)
	if take(c) != first || rendered != 1 {
		t.Errorf("rendered %d times, or the cache answers otherwise", rendered)
	}
	for i, other := range []Chart{
		{Set: []string{"password=hunter3"}}, {Release: "other"}, {Namespace: "other"}, {KubeVersion: "1.34"}, {KubeVersion: "1.36"},
	} {
		other.Path, other.CacheDir, other.Progress = c.Path, c.CacheDir, c.Progress
		take(other)
		if rendered != i+2 {
			t.Errorf("%+v was answered from the cache", other)
		}
	}
	write(t, c.Path, "templates/new.yaml", configMapA)
	if take(c) == first {
		t.Error("a changed chart was answered from the cache")
	}
	err := filepath.WalkDir(cacheDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s: %s", name, info.Mode())
		}
		if !entry.IsDir() {
			if text, _ := os.ReadFile(name); bytes.Contains(text, []byte("hunter")) {
				t.Errorf("%s holds a secret", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCacheForgivesDamage(t *testing.T) {
	cacheDir := t.TempDir()
	c := Chart{Path: writeChart(t, chartFiles()), CacheDir: cacheDir}
	if _, err := FromChart(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(cacheDir, "render-*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("entries %q, %v", entries, err)
	}
	for _, text := range []string{"", "{", "{}", "null"} {
		if err := os.WriteFile(entries[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := FromChart(context.Background(), c); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	c.CacheDir = write(t, t.TempDir(), "file", "") // no directory can be made there
	if _, err := FromChart(context.Background(), c); err != nil {
		t.Error(err)
	}
}

func TestCacheForgetsTheOldest(t *testing.T) {
	dir := t.TempDir()
	for i := range maxCached + 5 {
		write(t, dir, "render-"+strings.Repeat("x", i+1)+".json", "{}")
	}
	cache{dir: dir}.prune()
	if left, _ := filepath.Glob(filepath.Join(dir, "render-*")); len(left) != maxCached {
		t.Errorf("%d are left", len(left))
	}
}
