package emit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// templates are where each kind keeps its pods.
var templates = map[string]string{
	"Deployment": "/spec/template/spec", "StatefulSet": "/spec/template/spec", "DaemonSet": "/spec/template/spec",
	"Job": "/spec/template/spec", "CronJob": "/spec/jobTemplate/spec/template/spec", "Pod": "/spec",
}

// everywhere changes every container of every workload, and the task pod template.
func everywhere(objects []snapshot.Object) []change.Change {
	var out []change.Change
	for _, o := range objects {
		if at, known := templates[o.Kind]; known {
			spec, _ := change.Lookup(o.Content, at)
			out = append(out, inPod(o.Ref, at, spec)...)
		}
		data, _ := o.Content["data"].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(data)) {
			if text, _ := data[key].(string); o.Kind == "ConfigMap" && strings.Contains(text, "kind: Pod") {
				inner := map[string]any{}
				if kyaml.Unmarshal([]byte(text), &inner) == nil {
					out = append(out, inPod(o.Ref, "/data/"+change.Escape(key)+"#/spec", inner["spec"])...)
				}
			}
		}
	}
	return out
}

func inPod(ref snapshot.Ref, at string, spec any) []change.Change {
	set := func(path string, value any) change.Change {
		return change.Change{Target: ref, Op: change.Set, Path: at + path, Value: value}
	}
	out := []change.Change{
		set("/securityContext/runAsNonRoot", true), set("/securityContext/seccompProfile/type", "RuntimeDefault"),
		set("/volumes/name=airflowsec-tmp", map[string]any{"name": "airflowsec-tmp", "emptyDir": map[string]any{}}),
	}
	pod, _ := spec.(map[string]any)
	for _, list := range []string{"initContainers", "containers"} {
		containers, _ := pod[list].([]any)
		for _, each := range containers {
			name, _ := each.(map[string]any)["name"].(string)
			c := "/" + list + "/name=" + name
			out = append(out, set(c+"/securityContext/allowPrivilegeEscalation", false), set(c+"/securityContext/capabilities/drop", []any{"ALL"}),
				set(c+"/volumeMounts/mountPath=~1tmp~1x", map[string]any{"name": "airflowsec-tmp", "mountPath": "/tmp/x"}))
		}
	}
	return out
}

// TestKustomizeBuildsWhatIsPlanned builds with the real kubectl.
func TestKustomizeBuildsWhatIsPlanned(t *testing.T) {
	if testing.Short() {
		t.Skip("builds kubectl")
	}
	kubectl, err := controlplane.Tool(t.Context(), "kubectl")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("every kind of change", func(t *testing.T) { builds(t, kubectl, manifests, formOf(read(t, manifests), hardening()...)) })
	for _, path := range corpus(t) {
		if !slices.Contains([]string{"community-8.9.0/00-defaults", "official-1.22.0/00-defaults", "official-1.15.0/03-celery-kubernetes", "community-8.9.0/12-jobs-mode-persistence"},
			filepath.Base(filepath.Dir(filepath.Dir(path)))+"/"+filepath.Base(filepath.Dir(path))) {
			continue
		}
		t.Run(path, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			objects := read(t, string(text))
			builds(t, kubectl, string(text), formOf(objects, everywhere(objects)...))
		})
	}
}

// builds compares what kubectl builds of a kustomization with the changed objects.
func builds(t *testing.T, kubectl, release string, f Form) {
	files, left, err := f.Kustomize()
	if err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	files[ReleaseFile] = []byte(release)
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var talk bytes.Buffer
	cmd := exec.CommandContext(t.Context(), kubectl, "kustomize", dir)
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, talk.String())
	}
	built := map[string]map[string]any{}
	for _, o := range read(t, string(out)) {
		built[o.String()] = o.Content
	}
	want := changedObjects(t, f)
	for name, content := range want {
		if !equal(texts(built[name]), texts(content)) {
			t.Errorf("%s is built as\n%s\nwant\n%s", name, shown(built[name]), shown(content))
		}
	}
	if len(built) != len(want) {
		t.Errorf("%d objects are built, want %d", len(built), len(want))
	}
}

// changedObjects are all objects after the plan, new ones among them.
func changedObjects(t *testing.T, f Form) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, o := range f.Snapshot.Objects {
		out[o.String()] = o.Content
	}
	objects, err := f.whole()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		out[o.String()] = o.after
	}
	return out
}

// texts is an object without what kustomize has its own way with: it leaves out
// keys that are null, and puts a new volume or mount before the others, where order means nothing.
func texts(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range value {
			if out[key] = texts(inner); inner == nil {
				delete(out, key)
			}
			if list, ok := out[key].([]any); ok && (key == "volumes" || key == "volumeMounts") {
				slices.SortFunc(list, func(a, b any) int {
					return strings.Compare(fmt.Sprint(a.(map[string]any)["mountPath"], a.(map[string]any)["name"]), fmt.Sprint(b.(map[string]any)["mountPath"], b.(map[string]any)["name"]))
				})
			}
		}
		return out
	case []any:
		out := []any{}
		for _, entry := range value {
			out = append(out, texts(entry))
		}
		return out
	}
	return value
}

func shown(content map[string]any) string {
	out, _ := json.MarshalIndent(content, "", " ")
	return string(out)
}

// Every rendered chart comes out of an edit as change.Apply makes it, and
// what no change is about as it went in.
func TestCorpusIsEdited(t *testing.T) {
	for i, path := range corpus(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		objects := read(t, string(text))
		changes := everywhere(objects)
		out, err := Edit(text, changes, "air")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		lines := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			lines[strings.TrimSpace(line)] = true
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") && !lines[line] {
				t.Errorf("%s: the comment %q is gone", path, line)
			}
		}
		if i%8 == 0 { // slow, and the charts have much in common
			thereAndBack(t, formOf(objects, changes...))
		}
		edited := formOf(objects, changes...)
		want := changedObjects(t, edited)
		for _, o := range read(t, string(out)) {
			if !equal(o.Content, want[o.String()]) && o.Kind != "ConfigMap" {
				t.Errorf("%s: %s is\n%s\nwant\n%s", path, o.Ref, shown(o.Content), shown(want[o.String()]))
			}
		}
	}
}
