package rules

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

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
	Fix:      "Set readOnlyRootFilesystem: true and mount an emptyDir at each path the container writes: /tmp and logs for Airflow. First see to it that pid files and airflow.cfg are not written into its home, where an empty volume would hide what the image holds.",
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
		q := probe{w: w, dialect: p.Airflow().Dialect, company: companyOf(w, p.Workloads())}
		for _, c := range w.Containers() {
			p.Subjects++
			if at, bad := writableRoot(p, q, c); bad {
				p.Report(rule.Finding{
					Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: at.path, Message: at.message,
					Fixes: podFixes(p, w, at), File: w.Object.File, Line: w.Object.Line,
					Changes: at.changes, Unpatchable: w.Unpatchable(),
				})
			}
		}
	}
}

// writableRoot is the finding about one container, if there is one.
func writableRoot(p *rule.Pass, q probe, c airflow.Container) (place, bool) {
	known := writtenBy(q.w, c, q.dialect)
	missing := unwritable(q.w, c, known.paths)
	isClosed := c.SecurityContext != nil && c.SecurityContext.ReadOnlyRootFilesystem != nil && *c.SecurityContext.ReadOnlyRootFilesystem
	switch {
	case isClosed && len(missing) > 0:
		at := place{
			container: c.Name, path: c.Path + "/volumeMounts", order: "mount an emptyDir at " + strings.Join(missing, ", "),
			message: "container " + c.Name + " cannot write to " + strings.Join(missing, ", ") + ", which it needs to run",
		}
		if h, held := q.held[c.Name]; held {
			at.order = h.order(at.order)
		}
		return q.mounting(c, at, known, missing), true
	case isClosed && known.masked != "":
		p.Unknown("where container " + c.Name + " of " + q.w.Ref.String() + " writes is masked: " + known.masked)
		return place{}, false
	case isClosed:
		return place{}, false
	}
	order := "set readOnlyRootFilesystem: true"
	switch {
	case !known.known || known.masked != "":
		order = "mount an emptyDir at each path the container writes, then set readOnlyRootFilesystem: true"
	case len(missing) > 0 && known.cannot == "":
		order += ", mount an emptyDir at " + strings.Join(missing, ", ")
	}
	at := q.set(c, "/securityContext/readOnlyRootFilesystem", true,
		"an intruder can change the programs of container "+c.Name+": its root filesystem is writable", order)
	return q.mounting(c, at, known, missing), true
}

// mounting adds the volumes to a place, or takes its changes away where volumes do not do.
func (q probe) mounting(c airflow.Container, at place, known written, missing []string) place {
	why := known.cannot
	for _, path := range missing {
		if why == "" && isMounted(c, path) {
			why = path + " lies on a volume that is mounted read-only"
		}
	}
	_, held := q.held[c.Name]
	switch {
	case held:
	case why != "":
		at.order, at.changes = at.order+", once this is out of the way: "+why, nil
	case !known.known || known.masked != "":
		at.changes = nil
	default:
		at.changes = append(at.changes, q.mounts(c, missing)...)
	}
	return at
}

// writableVolume is the one volume that plans add to a pod; each path is a directory of it.
const writableVolume = "airflowsec-writable"

// mounts give each path a directory of its own. Each is a list entry by its
// key, so that the changes for two containers of a pod go together.
func (q probe) mounts(c airflow.Container, paths []string) []change.Change {
	var out []change.Change
	if len(paths) > 0 && !slices.ContainsFunc(q.w.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == writableVolume }) {
		out = append(out, change.Change{
			Target: q.w.Ref, Op: change.Set, Path: q.w.SpecPath() + "/volumes/name=" + writableVolume,
			Value: map[string]any{"name": writableVolume, "emptyDir": map[string]any{}},
		})
	}
	for _, path := range paths {
		out = append(out, change.Change{
			Target: q.w.Ref, Op: change.Set, Path: byName(q.w, c) + "/volumeMounts/mountPath=" + change.Escape(path),
			Value: map[string]any{"name": writableVolume, "mountPath": path, "subPath": c.Name + strings.ReplaceAll(path, "/", "-")},
		})
	}
	return out
}
