package collect

import (
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"sigs.k8s.io/yaml"
)

func yamlMap(t testing.TB, text string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// templateChart is a chart of one template, with default values and a helper file.
func templateChart(t testing.TB, template, values string) *chart.Chart {
	t.Helper()
	return &chart.Chart{
		Metadata:  &chart.Metadata{Name: "airflow", Version: "1.0.0"},
		Values:    yamlMap(t, values),
		Templates: []*chart.File{{Name: "templates/t.yaml", Data: []byte(template)}, {Name: "templates/NOTES.txt", Data: []byte("{{ .Values.onlyInNotes }}")}},
		Files:     []*chart.File{{Name: "files/pod.yaml", Data: []byte("{{ .Values.fromFile.a }}")}, {Name: "README.md", Data: []byte("{{ .Values.readme }}")}},
		Raw:       []*chart.File{{Name: "Chart.yaml"}},
	}
}

func TestUnreadValues(t *testing.T) {
	for _, c := range []struct{ name, template, defaults, user, want string }{
		{"a field", `{{ .Values.web.replicas }}`, "", "{web: {replicas: 1, replicass: 1}, webb: {a: 1}}", "web.replicass webb"},
		{"as a whole", `{{ toYaml .Values.web.resources | nindent 2 }}`, "", "{web: {resources: {limits: {a: 1}}, resourcess: {}}}", "web.resourcess"},
		{"a test is not a use", `{{ if .Values.web }}{{ .Values.web.a }}{{ end }}`, "", "{web: {a: 1, b: 2}}", "web.b"},
		{"a switch", `{{ if .Values.web.enabled }}x{{ end }}`, "", "{web: {enabled: true}}", ""},
		{"a key that is only compared", `{{ range $k, $v := .Values.a }}{{ if eq $k "x" }}{{ $v.b }}{{ end }}{{ end }}`, "", "{a: {x: {b: 1}, q: 1}}", "a.q"},
		{"with", `{{ with .Values.web }}{{ .a }}{{ with .b }}{{ $.Values.c }}{{ end }}{{ end }}`, "", "{web: {a: 1, b: 2, d: 3}, c: 1}", "web.d"},
		{"else of with sees the outer dot", `{{ with .Values.web }}{{ else }}{{ .Values.a }}{{ end }}`, "", "{a: 1, web: {a: 1}}", "web.a"},
		{"range over a list", `{{ range .Values.users }}{{ .username }}{{ end }}`, "", "{users: [{username: a, pasword: b}, {username: a}]}", "users[0].pasword"},
		{"range over a map", `{{ range $k, $v := .Values.config }}{{ $k }}={{ $v }}{{ end }}`, "", "{config: {a: 1, b: {c: 1}}}", ""},
		{"range with fields", `{{ range $n, $s := .Values.secrets }}{{ $n }}{{ $s.data }}{{ end }}`, "", "{secrets: {a: {data: x, dat: y}, b: {}}}", "secrets.a.dat"},
		{"a variable", `{{ $w := .Values.web }}{{ $w.a }}`, "", "{web: {a: 1, b: 2}}", "web.b"},
		{"an assigned variable", `{{ $w := .Values.web }}{{ if .Values.x }}{{ $w = .Values.other }}{{ end }}{{ $w.a }}`, "", "{x: 1, web: {a: 1}, other: {a: 1, b: 2}}", "other.b"},
		{"default and or", `{{ default .Values.a .Values.b }}{{ or .Values.c .Values.d }}`, "", "{a: 1, b: 1, c: 1, d: 1, e: 1}", "e"},
		{"coalesce, ternary and fields of them", `{{ (coalesce .Values.a .Values.b).x }}{{ ternary .Values.c.w .Values.d.w .Values.e }}`, "", "{a: {x: 1}, b: {x: 1, z: 1}, c: {w: 1}, d: {w: 1}, e: true}", "b.z"},
		{"index and get", `{{ index .Values "a" "b.c" }}{{ get (get .Values "d") "e" }}{{ index .Values.list 0 }}`, "", `{a: {b.c: 1, f: 1}, d: {e: 1, g: 1}, list: [1, 2]}`, "a.f d.g"},
		{"dig, pluck, pick", `{{ dig "x" "w" 1 .Values.a }}{{ pluck "k" .Values.b | first }}{{ pick .Values.c "p" | toYaml }}`, "", "{a: {x: {w: 1, z: 1}}, b: {k: 1, l: 1}, c: {p: 1, q: 1}}", "a.x.z b.l c.q"},
		{"omit", `{{ omit .Values.ctx "runAsUser" | toYaml }}`, "", "{ctx: {runAsUser: 1, fsGroup: 2}}", "ctx.runAsUser"},
		{"merge", `{{ mustMerge .Values.a.labels .Values.labels | toYaml }}{{ $m := dict "x" 1 }}{{ $_ := merge $m .Values.b }}{{ $m.c }}`, "", "{a: {labels: {x: 1}}, labels: {w: 1}, b: {c: 1, d: 1}}", "b.d"},
		{"include with the root", `{{ define "f" }}{{ .Values.a }}{{ end }}{{ include "f" . }}`, "", "{a: 1, b: 1}", "b"},
		{"include with a dict", `{{ define "f" }}{{ .Values.a }}{{ .ctx.x }}{{ end }}{{ include "f" (dict "Values" .Values "ctx" .Values.web) }}`, "", "{a: 1, web: {x: 1, w: 1}}", "web.w"},
		{"include with a list", `{{ define "f" }}{{ $ := index . 0 }}{{ with index . 1 }}{{ .x }}{{ $.Values.a }}{{ end }}{{ end }}{{ include "f" (list . .Values.web) }}`, "", "{a: 1, web: {x: 1, w: 1}}", "web.w"},
		{"template", `{{ define "f" }}{{ .x }}{{ end }}{{ template "f" .Values.web }}`, "", "{web: {x: 1, w: 1}}", "web.w"},
		{"the path of a template", `{{ define "airflow/templates/x.yaml" }}{{ .Values.a }}{{ end }}{{ include (print $.Template.BasePath "/x.yaml") . | sha256sum }}`, "", "{a: 1, b: 1}", "b"},
		{"include, then fromYaml", `{{ define "f" }}{{ toYaml .Values.web }}{{ end }}{{ $w := include "f" . | fromYaml }}{{ $w.a }}`, "", "{web: {a: 1, b: 1}}", "web.b"},
		{"a generic merge by recursion", `{{ define "m" }}{{ $out := dict }}{{ range $k, $v := index . 0 }}{{ if and (hasKey (index $ 1) $k) (kindIs "map" $v) }}{{ $_ := set $out $k (include "m" (list $v (get (index $ 1) $k)) | fromYaml) }}{{ else }}{{ $_ := set $out $k $v }}{{ end }}{{ end }}{{ toYaml $out }}{{ end }}
			{{ $g := deepCopy . }}{{ $_ := set $g.Values "w" (include "m" (list .Values.w .Values.w.celery) | fromYaml) }}{{ with $g }}{{ .Values.w.replicas }}{{ .Values.w.deep.a }}{{ end }}`, "",
			"{w: {replicas: 1, replicass: 1, list: [1], deep: {a: 1, aa: 1}, celery: {replicas: 1}}}", "w.deep.aa w.replicass"},
		{"values that are templates", `{{ tpl .Values.args . }}`, `{args: "{{ .Values.user }}"}`, "{user: a, usr: b}", "usr"},
		{"the user's templates", `{{ tpl (toYaml .Values.env) $ }}`, "", `{env: [{value: "{{ .Values.mine }}"}], mine: 1, notmine: 1}`, "notmine"},
		{"templates in files", `{{ tpl (.Files.Get "files/pod.yaml") . }}`, "", "{fromFile: {a: 1, b: 1}, readme: 1}", "fromFile.b readme"},
		{"notes reach no object", `{{ .Values.a }}`, "", "{a: 1, onlyInNotes: 1}", "onlyInNotes"},
		{"the values as a whole", `{{ toYaml .Values }}`, "", "{a: {b: 1}}", ""},
		{"a path in a text", `{{ define "v" }}{{ $o := .ctx.Values }}{{ $r := "" }}{{ range splitList "." .key }}{{ $r = index $o . }}{{ $o = $r }}{{ end }}{{ $r }}{{ end }}{{ include "v" (dict "key" "auth.password" "ctx" $) }}`, "", "{auth: {password: 1, pasword: 1}}", "auth.pasword"},
		{"an empty map where fields are read", `{{ .Values.web.a }}`, "", "{web: {}}", ""},
		{"a list where a map is read", `{{ .Values.web.a }}`, "", "{web: [1]}", ""},
		{"comments and text", `{{/* .Values.a */}} .Values.b {{ .Values.c }}`, "", "{a: 1, b: 1, c: 1}", "a b"},
		{"keys with dots", `{{ .Values.a.b }}`, "", `{a: {"x/y.z": 1, b: 1}}`, `a["x/y.z"]`},
		{"a template that calls itself", `{{ define "t" }}{{ .name }}{{ range .children }}{{ include "t" . }}{{ end }}{{ end }}{{ include "t" .Values.tree }}`, "", "{tree: {name: a, nam: b, children: [{name: c, children: [{name: d, nam: x}]}]}}", "tree.children[0].children[0].nam tree.nam"},
		{"maps merged into each other", `{{ $a := dict }}{{ $b := dict }}{{ $_ := merge $a $b }}{{ $_ := merge $b $a .Values.x }}{{ $a.w }}`, "", "{x: {w: 1, z: 1}}", "x.z"},
	} {
		got := strings.Join(unreadValues(templateChart(t, c.template, c.defaults), yamlMap(t, c.user)), " ")
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestUnreadValuesOfSubcharts(t *testing.T) {
	load := func() *chart.Chart {
		ch := templateChart(t, `{{ .Values.store.host }}{{ .Values.global.region }}`, "")
		sub := templateChart(t, `{{ .Values.auth.password }}{{ .Values.global.registry }}`, "")
		sub.Metadata.Name, sub.Files = "store", nil
		ch.Metadata.Dependencies = []*chart.Dependency{{Name: "store", Condition: "store.enabled,global.stores", Tags: []string{"stores"}}, {Name: "store", Alias: "second"}}
		ch.AddDependency(sub)
		return ch
	}
	user := yamlMap(t, `{store: {enabled: true, host: a, auth: {password: x, pasword: y}, typo: 1}, second: {auth: {password: x}, host: a}, tags: {stores: true, stors: true}, global: {region: a, registry: b, stores: true, typo: 1}}`)
	want := []string{"global.typo", "second.host", "store.auth.pasword", "store.typo", "tags.stors"}
	if got := unreadValues(load(), user); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// Helm stores a chart without its subcharts: what they read cannot be judged.
	stored := load()
	stored.SetDependencies()
	stored.Metadata.Dependencies = stored.Metadata.Dependencies[:1]
	stored.Lock = &chart.Lock{Dependencies: []*chart.Dependency{{Name: "second"}}}
	if got := unreadValues(stored, user); !slices.Equal(got, []string{"tags.stors"}) {
		t.Errorf("stored: got %q", got)
	}
	// Without Chart.lock nothing tells which subcharts are switched off.
	stored.Lock, stored.Raw, stored.Metadata.Dependencies = nil, nil, nil
	user = yamlMap(t, `{second: {enabled: false, auth: {password: x}}, other: {enabled: true, a: 1}, store: {host: a}, global: {typo: 1}}`)
	if got := unreadValues(stored, user); !slices.Equal(got, []string{"other"}) {
		t.Errorf("stored without a lock: got %q", got)
	}
}

func TestUnreadValuesOfChartsThatDefineOneName(t *testing.T) {
	ch := templateChart(t, `{{ define "f" }}{{ .Values.a }}{{ end }}{{ include "f" . }}`, "")
	sub := templateChart(t, `{{ define "f" }}{{ .Values.b }}{{ end }}{{ include "f" . }}{{ .Values.c }}`, "")
	sub.Metadata.Name = "store"
	ch.AddDependency(sub)
	if got := unreadValues(ch, yamlMap(t, "{a: 1, b: 1, store: {a: 1, b: 1, c: 1}}")); !slices.Equal(got, []string{"b", "store.b"}) {
		t.Errorf("got %q", got)
	}
}

func TestUnreadValuesOfAChartWithoutItsFiles(t *testing.T) {
	ch := templateChart(t, `{{ tpl (.Files.Get "files/pod.yaml") . }}`, "")
	ch.Files = nil
	if got := unreadValues(ch, map[string]any{"fromFile": "x"}); got != nil {
		t.Errorf("got %q though the template's file is not there", got)
	}
}

func TestUnreadValuesOfNothing(t *testing.T) {
	for _, ch := range []*chart.Chart{nil, {}, {Metadata: &chart.Metadata{Name: "a"}}, {Metadata: &chart.Metadata{Name: "a"}, Templates: []*chart.File{{Name: "t", Data: []byte("{{ broken")}}}} {
		_ = unreadValues(ch, map[string]any{"a": 1})
		if got := unreadValues(ch, nil); got != nil {
			t.Errorf("got %q", got)
		}
	}
}

func TestUnreadValuesAfterLoading(t *testing.T) {
	ch, err := loader.Load(writeChart(t, chartFiles()))
	if err != nil {
		t.Fatal(err)
	}
	user := yamlMap(t, "{web: {replicas: 1}, password: a, fail: x, store: {enabled: true, auth: {password: b}}, typo: 1}")
	if got := unreadValues(ch, user); !slices.Equal(got, []string{"typo"}) {
		t.Errorf("got %q", got)
	}
}
