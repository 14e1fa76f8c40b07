package rules

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var readOnlyRootFilesystem = &rule.Rule{
	ID:       "AS108",
	Slug:     "read-only-root-filesystem",
	Title:    "Root filesystems are read-only, and every path a container writes is a writable volume",
	Why:      "On a writable root filesystem an intruder replaces Airflow's own code or plants tools that stay for as long as the container runs.",
	Fix:      "Set readOnlyRootFilesystem: true and mount an emptyDir at each path the container writes: /tmp and logs for Airflow, and its home where pid files or airflow.cfg are written.",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"Work", "Web"},
	Refs: []rule.Ref{
		cis("5.6.3"), nsa("Pod security: Immutable container file systems"), owasp("K01"), mitre("T1525"), mitre("T1036"),
	},
	Needs: snapshot.Workloads,
	Check: checkReadOnlyRoot,
}

func checkReadOnlyRoot(p *rule.Pass) {
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			p.Subjects++
			if at, bad := writableRoot(p, w, c); bad {
				p.Report(rule.Finding{
					Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: at.path, Message: at.message,
					Fixes: podFixes(p, w, at), File: w.Object.File, Line: w.Object.Line,
					Changes: at.changes, Unpatchable: whyNoPatch(w),
				})
			}
		}
	}
}

// writableRoot is the finding about one container, if there is one.
func writableRoot(p *rule.Pass, w *airflow.Workload, c airflow.Container) (place, bool) {
	const field = "/securityContext/readOnlyRootFilesystem"
	paths, masked, known := writtenPaths(w, c, p.Airflow().Dialect)
	missing := unwritable(w, c, paths)
	closed := c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem
	mounts := "an emptyDir at " + strings.Join(missing, ", ")
	switch {
	case closed && len(missing) > 0:
		return place{
			container: c.Name, path: c.Path + "/volumeMounts",
			message: "container " + c.Name + " cannot write to " + strings.Join(missing, ", ") + ", which it needs to run",
			order:   "mount " + mounts, changes: mountChanges(w, c, missing),
		}, true
	case closed && masked != "":
		p.Unknown("where container " + c.Name + " of " + w.Ref.String() + " writes is masked: " + masked)
		return place{}, false
	case closed:
		return place{}, false
	}
	at := probe{w: w}.set(c, field, true,
		"an intruder can change the programs of container "+c.Name+": its root filesystem is writable", "set readOnlyRootFilesystem: true")
	switch {
	case !known || masked != "":
		at.order, at.changes = "mount an emptyDir at each path the container writes, then set readOnlyRootFilesystem: true", nil
	case len(missing) > 0:
		at.order += ", mount " + mounts
		at.changes = append(at.changes, mountChanges(w, c, missing)...)
	}
	return at, true
}

// writableVolume is the one volume that patches add to a pod; each path is a directory of it.
const writableVolume = "airflowsec-writable"

func mountChanges(w *airflow.Workload, c airflow.Container, paths []string) []change.Change {
	if whyNoPatch(w) != "" || c.Kind == airflow.Ephemeral {
		return nil
	}
	spec, _ := w.Object.At(change.Split(w.SpecPath())...).(map[string]any)
	volumes := copied(spec["volumes"])
	mounts := []any{}
	for _, entry := range entries(spec[string(c.Kind)]) {
		if entry["name"] == c.Name {
			mounts = copied(entry["volumeMounts"])
		}
	}
	for _, path := range paths {
		mounts = append(mounts, map[string]any{
			"name": writableVolume, "mountPath": path, "subPath": c.Name + strings.ReplaceAll(path, "/", "-"),
		})
	}
	volumes = append(volumes, map[string]any{"name": writableVolume, "emptyDir": map[string]any{}})
	return []change.Change{
		{Target: w.Ref, Op: change.Set, Path: w.SpecPath() + "/volumes", Value: volumes},
		{Target: w.Ref, Op: change.Set, Path: byName(w, c) + "/volumeMounts", Value: mounts},
	}
}

// copied is a list that may grow without touching the object it comes from,
// and without an earlier patch's volume.
func copied(node any) []any {
	list, _ := runtime.DeepCopyJSONValue(node).([]any)
	out := []any{}
	for _, entry := range list {
		if m, ok := entry.(map[string]any); !ok || m["name"] != writableVolume || m["mountPath"] != nil {
			out = append(out, entry)
		}
	}
	return out
}
