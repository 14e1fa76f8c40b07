package collect

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func parsedObjects(t testing.TB, text string) []snapshot.Object {
	t.Helper()
	objects, err := parseManifests(strings.NewReader(text), "f.yaml", "airflow", testMasker(t))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func TestParseManifestsNotesWhereObjectsStand(t *testing.T) {
	const text = `# a header
---
# Source: airflow/templates/a.yaml
apiVersion: v1
kind: Service
metadata:
  name: a
  namespace: other
---
---
# Source: airflow/templates/b.yaml

apiVersion: batch/v1
kind: Job
metadata: {name: b, annotations: {helm.sh/hook: "post-install"}}
...
%YAML 1.1
--- # nothing here
--- {apiVersion: v1, kind: Namespace, metadata: {name: c}}
--- 
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "d", "namespace": "x"}}
`
	want := []string{
		"service/a other rendered 4 airflow/templates/a.yaml",
		"job/b airflow hook 13 airflow/templates/b.yaml",
		"namespace/c  rendered 19 ",
		"clusterrole/d  rendered 21 ",
	}
	for i, o := range parsedObjects(t, text) {
		if got := fmt.Sprintf("%s %s %s %d %s", o.Ref, o.Namespace, o.Origin, o.Line, o.Source); got != want[i] {
			t.Errorf("object %d: got %q, want %q", i, got, want[i])
		}
		if i == 1 && o.At("metadata", "namespace") != "airflow" {
			t.Error("the namespace is not written into the content")
		}
	}
}

func TestParseManifestsUnpacksLists(t *testing.T) {
	for _, text := range []string{
		"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n",
		"apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}\n  x: 1\n  y: 2\n- metadata: {name: b}\n",
		`{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`,
	} {
		objects := parsedObjects(t, text)
		if len(objects) != 2 || objects[0].String() != "pod/a" || objects[1].String() != "pod/b" || objects[1].APIVersion != "v1" {
			t.Errorf("%s: got %v", text, objects)
		}
		if strings.HasPrefix(text, "api") && (objects[0].Line != 4 || objects[1].Line != 7) {
			t.Errorf("the items stand in lines %d and %d, not 4 and 7", objects[0].Line, objects[1].Line)
		}
	}
}

func TestParseManifestsReadsWhatWindowsWrites(t *testing.T) {
	const text = "apiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: é\r\n---\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata: {name: b}\r\ndata: {airflow.cfg: \"[core]\\r\\nexecutor = LocalExecutor\\r\\n\"}\r\n"
	encode := func(mark string, high, low int) string {
		out := mark
		for _, unit := range utf16.Encode([]rune(text)) {
			pair := []byte{byte(unit >> 8), byte(unit)}
			out += string([]byte{pair[high], pair[low]})
		}
		return out
	}
	for name, encoded := range map[string]string{
		"CRLF": text, "byte order mark": "\xef\xbb\xbf" + text,
		"UTF-16LE": encode("\xff\xfe", 1, 0), "UTF-16BE": encode("\xfe\xff", 0, 1),
	} {
		objects := parsedObjects(t, encoded)
		if len(objects) != 2 || objects[1].Line != 6 {
			t.Errorf("%s: got %v", name, objects)
			continue
		}
		if got := objects[1].At("data", "airflow.cfg"); got != "[core]\nexecutor = LocalExecutor\n" {
			t.Errorf("%s: airflow.cfg is %q", name, got)
		}
	}
}

func TestParseManifestsRefusesBadInput(t *testing.T) {
	const head = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	for _, c := range []struct{ text, want string }{
		{"hunter2", "f.yaml:1: is not a Kubernetes object but a single value or a list"},
		{"- hunter2", "f.yaml:1: is not a Kubernetes object but a single value or a list"},
		{"web:\n  secret: hunter2", "f.yaml:1: is not a Kubernetes object: kind and apiVersion are missing"},
		{"\n\napiVersion: v1\nmetadata: {name: s}", "f.yaml:3: the object s: kind is missing"},
		{"kind: Secret\nmetadata: {name: s}", "f.yaml:1: the Secret: apiVersion is missing"},
		{"apiVersion: v1\nkind: Secret\nstringData: {a: hunter2}", "f.yaml:1: the Secret: metadata.name is missing"},
		{"apiVersion: v1\nkind: List\nitems: [hunter2]", "f.yaml:3: is a List with an entry that is no object"},
		{head + "data: {password: hunter2!}", "f.yaml:1: secret/s data.password is not base64"},
		{head + "data: {password: 12345}", "f.yaml:1: secret/s data.password is not base64"},
		{head + "data:\n  a: aHVudGVyMg==\n  a: aHVudGVyMg==", `f.yaml:6: the key "a" stands twice in one mapping`},
		{"---\n" + head + "---\n# x\na: [hunter2", "f.yaml:7: is not valid YAML (check indentation, brackets and quotes)"},
		{"\x00\x01", "f.yaml: is not text in UTF-8"},
		{"a: \xff\xfe", "f.yaml: is not text in UTF-8"},
		{"\xff\xfea", "f.yaml: is not text in UTF-8"},
	} {
		_, err := parseManifests(strings.NewReader(c.text), "f.yaml", "airflow", testMasker(t), strict)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestOfAKeyThatAChartRendersTwiceTheLastCounts(t *testing.T) {
	objects := parsedObjects(t, "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  type: NodePort\n  type: ClusterIP\n")
	if got := objects[0].At("spec", "type"); got != "ClusterIP" {
		t.Errorf("got %v", got)
	}
}

func TestTheFirstMistakeIsReported(t *testing.T) {
	text := strings.Repeat("---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", 50) + strings.Repeat("---\n- x\n", 50)
	for range 20 {
		_, err := parseManifests(strings.NewReader(text), "f", "", testMasker(t))
		if want := "f:202: is not a Kubernetes object but a single value or a list"; err == nil || err.Error() != want {
			t.Fatalf("got %v, want %s", err, want)
		}
	}
}

func TestHelmsOwnRecordsAreLeftOut(t *testing.T) {
	const text = "apiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\nmetadata: {name: sh.helm.release.v1.a.v1}\ndata: {release: eA==}\n" +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: sh.helm.release.v1.a.v1}\ndata: {release: x}\n"
	if objects := parsedObjects(t, text); len(objects) != 0 {
		t.Errorf("got %v", objects)
	}
}
