package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/release"
)

// formed is a release that patches come to and go from.
type formed struct {
	*testing.T
	cluster   *controlplane.Cluster
	program   *program
	namespace string
	dir       string
}

// TestFormsComeAndGo takes each form that a live release is patched with, and
// its way back, through a real API server: applied twice it changes nothing
// more, and taken back every object is what it was, to the byte.
func TestFormsComeAndGo(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	p := newProgram(t, c)
	for _, test := range []struct{ helm, chart, form string }{
		{"helm3", "community", "apply"}, {"helm4", "official", "apply"},
		{"helm4", "community", "json-patch"}, {"helm3", "official", "json-patch"},
	} {
		name := test.form + "-" + test.chart
		t.Run(name, func(t *testing.T) {
			own := *p
			own.t = t
			install(t, c, test.helm, test.chart, name, "af")
			if err := c.WaitReady(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			f := formed{t, c, &own, name, t.TempDir()}
			for _, more := range [][]string{{"--only", "pss,rbac"}, {"--only", "pss,rbac", "--live-only"}} {
				f.cycle(test.form, more)
			}
			if test.form == "apply" {
				f.inTurns()
				f.kustomized(test.helm)
			}
		})
	}
}

// inTurns applies two streams that share objects: the second must not take away
// what the first has set, nor may its way back.
func (f formed) inTurns() {
	f.Helper()
	var states []map[string]string
	for _, kind := range []string{"pss", "rbac"} {
		states = append(states, f.objects())
		text, talk, code := f.program.run(nil, "generate", "patches", "af", "-n", f.namespace, "--only", kind, "--live-only", "--rollback", filepath.Join(f.dir, "back-"+kind))
		if code == 2 {
			f.Fatal(talk)
		}
		file := filepath.Join(f.dir, kind)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			f.Fatal(err)
		}
		f.apply(file)
		if kind == "rbac" && !strings.Contains(text, "kind: Deployment") {
			f.Errorf("the streams share no object:\n%s", text)
		}
	}
	text, talk, _ := f.program.run(nil, "generate", "patches", "af", "-n", f.namespace, "--only", "pss", "--live-only")
	if strings.Contains(text, "kind: Deployment") {
		f.Errorf("the second stream took away what the first had set: %s%s", text, talk)
	}
	for _, kind := range []string{"rbac", "pss"} {
		f.apply(filepath.Join(f.dir, "back-"+kind))
		last := len(states) - 1
		for _, name := range changed(states[last], f.objects()) {
			f.Errorf("%s taken back, %s is\n%s\nand was\n%s", kind, name, f.objects()[name], states[last][name])
		}
		states = states[:last]
	}
}

// kustomized builds what helm prints of the release with the written patches:
// what comes out has no finding left that a patch can close.
func (f formed) kustomized(helm string) {
	f.Helper()
	dir := filepath.Join(f.dir, "kustomize")
	words := []string{"generate", "patches", "af", "-n", f.namespace, "--only", "pss,rbac", "-o", "kustomize", "-d", dir}
	for range 2 { // the second time over its own files
		if _, talk, code := f.program.run(nil, words...); code == 2 {
			f.Fatal(talk)
		}
	}
	manifest, err := f.cluster.Run(f.Context(), controlplane.Admin, helm, "get", "manifest", "af", "-n", f.namespace)
	if err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, emit.ReleaseFile), []byte(manifest), 0o600); err != nil {
		f.Fatal(err)
	}
	built, err := f.cluster.Run(f.Context(), controlplane.Admin, "kubectl", "kustomize", dir)
	if err != nil {
		f.Fatal(err)
	}
	file := filepath.Join(f.dir, "built.yaml")
	if err := os.WriteFile(file, []byte(built), 0o600); err != nil {
		f.Fatal(err)
	}
	text, talk, code := f.program.run(nil, "generate", "patches", "-f", file, "-n", f.namespace, "--only", "pss,rbac", "-o", "json")
	if code == 2 && strings.Contains(talk, "nothing to write") {
		return
	}
	var set struct{ Steps []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &set); err != nil || len(set.Steps) > 0 {
		f.Errorf("of what is built there is still to patch (%v): %s%s", err, text, talk)
	}
}

// cycle applies a form twice and takes it back.
func (f formed) cycle(form string, args []string) {
	f.Helper()
	start := f.objects()
	patches, back := filepath.Join(f.dir, "patches"), filepath.Join(f.dir, "back")
	words := append([]string{"generate", "patches", "af", "-n", f.namespace, "-o", form, "--rollback", back}, args...)
	text, talk, code := f.program.run(nil, words...)
	if code == 2 {
		f.Fatalf("%s: exit code %d: %s", words, code, talk)
	}
	if err := os.WriteFile(patches, []byte(text), 0o600); err != nil {
		f.Fatal(err)
	}
	f.apply(patches)
	patched := f.objects()
	if len(changed(start, patched)) < 5 {
		f.Errorf("%s changes only %q:\n%s", words, changed(start, patched), talk)
	}
	if form == "apply" {
		f.apply(patches)
		if again := changed(patched, f.objects()); len(again) > 0 {
			f.Errorf("applied again, these change: %q", again)
		}
	}
	f.apply(back)
	for _, name := range changed(start, f.objects()) {
		f.Errorf("%s taken back, %s is\n%s\nand was\n%s", words, name, f.objects()[name], start[name])
	}
}

// apply does what the first lines of a form tell the user to do.
func (f formed) apply(file string) {
	f.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, command, found := strings.Cut(strings.TrimSpace(line), ": ")
		command = strings.TrimSpace(strings.ReplaceAll(command, "FILE", file))
		switch {
		case !strings.HasPrefix(line, "#"):
			return
		case found && (strings.Contains(line, "Apply: ") || strings.Contains(line, "Delete: ")):
			f.shell(command[max(0, strings.LastIndex(command, ": ")+1):])
		}
	}
}

// shell runs a line with kubectl on the path.
func (f formed) shell(line string) {
	f.Helper()
	kubectl, err := controlplane.Tool(f.Context(), "kubectl")
	if err != nil {
		f.Fatal(err)
	}
	cmd := exec.CommandContext(f.Context(), "sh", "-c", line)
	cmd.Env = append(f.cluster.Env(controlplane.Admin), "PATH="+filepath.Dir(kubectl)+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		f.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// formedKinds are the kinds that plans change.
const formedKinds = "deployments,statefulsets,daemonsets,jobs,cronjobs,configmaps,serviceaccounts,roles,rolebindings,networkpolicies"

// objects are those of the namespace, and itself, as text by name, without
// status and what the API server counts.
func (f formed) objects() map[string]string {
	f.Helper()
	out := map[string]string{}
	for _, args := range [][]string{{formedKinds, "-n", f.namespace}, {"namespaces", "--field-selector=metadata.name=" + f.namespace}} {
		text, err := f.cluster.Run(f.Context(), controlplane.Admin, "kubectl", append([]string{"get", "-o", "json"}, args...)...)
		if err != nil {
			f.Fatal(err)
		}
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			f.Fatal(err)
		}
		for _, item := range list.Items {
			meta := item["metadata"].(map[string]any)
			delete(item, "status")
			for _, counted := range []string{"resourceVersion", "generation", "managedFields"} {
				delete(meta, counted)
			}
			if annotations, _ := meta["annotations"].(map[string]any); annotations != nil {
				delete(annotations, "deployment.kubernetes.io/revision")
				if len(annotations) == 0 {
					delete(meta, "annotations")
				}
			}
			content, _ := json.MarshalIndent(item, "", " ")
			out[fmt.Sprint(item["kind"], "/", meta["name"])] = string(content)
		}
	}
	return out
}

// changed are the names of objects that differ.
func changed(before, after map[string]string) []string {
	var out []string
	for name, text := range after {
		if before[name] != text {
			out = append(out, name)
		}
	}
	for name := range before {
		if _, kept := after[name]; !kept {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TestPostRender installs both charts, hardened on their way, into a namespace
// that enforces restricted: the API server admits every pod, and an upgrade
// with the same values changes nothing.
func TestPostRender(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	p := newProgram(t, c)
	postRenderPlugin(t, c, p.path)
	for _, chart := range []string{"community", "official"} {
		for _, helm := range []string{"helm3", "helm4"} {
			t.Run(chart+" "+helm, func(t *testing.T) {
				own := *p
				own.t = t
				f := formed{t, c, &own, chart + "-" + helm, t.TempDir()}
				f.hardened(chart, helm)
			})
		}
	}
}

// postRenderPlugin installs the package for Helm 4, and the program where it looks for it.
func postRenderPlugin(t *testing.T, c *controlplane.Cluster, program string) {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	archive, err := release.PostRenderArchive(root, t.TempDir(), "0.1.0", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-xzf", archive, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := c.Run(t.Context(), controlplane.Admin, "helm4", "plugin", "install", filepath.Join(dir, release.PostRender)); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(dir, release.Plugin, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, filepath.Join(bin, filepath.Base(release.Platform{OS: runtime.GOOS}.Binary()))); err != nil {
		t.Fatal(err)
	}
}

func (f formed) hardened(chart, helm string) {
	apply(f, f.cluster, fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: restricted}}\n", f.namespace))
	args := []string{"--post-renderer", release.PostRender}
	if helm == "helm3" { // which does not pass hooks to post-renderers
		args = []string{"--no-hooks", "--post-renderer", f.program.path, "--post-renderer-args", "post-render", "--post-renderer-args", "--namespace=" + f.namespace}
	}
	install(f, f.cluster, helm, chart, f.namespace, "af", args...)
	if err := f.cluster.WaitReady(f.Context(), f.namespace); err != nil {
		f.Fatal(err)
	}
	before := f.objects()
	dir, err := controlplane.Chart(chart)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := f.cluster.Run(f.Context(), controlplane.Admin, helm, append([]string{"upgrade", "af", dir, "-n", f.namespace, "--reuse-values"}, args...)...); err != nil {
		f.Fatal(err)
	}
	after := f.objects()
	for _, name := range changed(before, after) {
		if !strings.HasPrefix(name, "Job/") { // hooks run again
			f.Errorf("an upgrade with the same values makes %s\n%s\nof\n%s", name, after[name], before[name])
		}
	}
	// Live, labels of the namespace are left to set, and with Helm 3 what hooks would have made.
	text, talk, code := f.program.run(nil, "generate", "patches", "af", "-n", f.namespace, "--only", "pss,rbac")
	if code == 2 && !strings.Contains(talk, "nothing to write") || strings.Contains(text, "kind: Deployment") || strings.Contains(text, "kind: StatefulSet") || strings.Contains(text, "kind: RoleBinding") {
		f.Errorf("after a hardened install there is still to patch: exit code %d, %s%s", code, text, talk)
	}
}
