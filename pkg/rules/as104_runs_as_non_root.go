package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var runsAsNonRoot = &rule.Rule{
	ID:       "AS104",
	Slug:     "runs-as-non-root",
	Title:    "No container can run as root",
	Why:      "Root in a container is root on the node as soon as one kernel or runtime bug lets it out, and it may change every file of the image meanwhile.",
	Fix:      "Set runAsNonRoot: true on the pod and, where the image does not name a numeric user of its own, the runAsUser it is built for.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("restricted: runAsNonRoot, runAsUser"), cis("5.2.7"), cis("5.6.3"), nsa("Pod security: Non-root containers"),
		owasp("K01"), mitre("T1611"), mitre("T1068"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS104"),
}

const (
	nonRootField = "/securityContext/runAsNonRoot"
	userField    = "/securityContext/runAsUser"
	groupField   = "/securityContext/fsGroup"
)

// locateMayBeRoot finds what lets a container run as whatever user its image names.
func locateMayBeRoot(q probe) []place {
	const order = "set runAsNonRoot: true"
	silent := func(list ...airflow.Container) string { return "runAsNonRoot is not set: " + mayBeRoot(q.w, list) }
	var out []place
	heirs := q.heirs()
	switch {
	case q.pod():
		out = append(out, q.withUsers(heirs, q.setPod(nonRootField, true,
			"the pod says runAsNonRoot: false, so a container may run as root", order+userOrder(q.w, heirs))))
	case len(heirs) > 0 && len(q.reached(nonRootField)) == 0:
		out = append(out, q.withUsers(heirs, q.setPod(nonRootField, true, silent(heirs...), order+userOrder(q.w, heirs))))
	default:
		for _, c := range heirs {
			out = append(out, q.nonRoot(c, silent(c)))
		}
	}
	for _, c := range q.containers() {
		out = append(out, q.nonRoot(c, "container "+c.Name+" asks to be allowed to run as root: runAsNonRoot is false"))
	}
	return out
}

// nonRoot is a place in a container, with the changes that keep it from running as root.
func (q probe) nonRoot(c airflow.Container, message string) place {
	list := []airflow.Container{c}
	return q.withUsers(list, q.set(c, nonRootField, true, message, "set runAsNonRoot: true"+userOrder(q.w, list)))
}

// mayBeRoot says how near containers without runAsNonRoot are to root.
func mayBeRoot(w *airflow.Workload, heirs []airflow.Container) string {
	for _, c := range heirs {
		if user := effectiveUser(w, c); user == nil || *user == 0 {
			return "nothing keeps " + named(heirs) + " from running as root"
		}
	}
	return named(heirs) + " would run as root after one changed value, and nothing would refuse it"
}

// locateRootUser finds every runAsUser: 0.
func locateRootUser(q probe) []place {
	var out []place
	if q.pod() {
		order, changes := q.podUser()
		at := q.setPod(userField, nil, "the pod runs as root: runAsUser is 0", order)
		if len(at.changes) > 0 {
			at.changes = changes
		}
		out = append(out, at)
	}
	for _, c := range q.containers() {
		user, known := userOf(c.Image)
		order := "set runAsUser to the user the image is built for, never 0"
		if known {
			order = fmt.Sprintf("set runAsUser: %d", user.uid)
		}
		at := q.set(c, userField, user.uid, "container "+c.Name+" runs as root: runAsUser is 0", order)
		if len(at.changes) > 0 {
			at.changes = append(at.changes, q.group(c)...)
		}
		if preparesAsRoot(c) || q.dialect == airflow.Community {
			at.field = "" // the community chart drops runAsUser from its container security context
		}
		out = append(out, at)
	}
	return out
}

// podUser replaces a pod's root by the users its images are built for. Only
// containers whose user is known get here.
func (q probe) podUser() (order string, changes []change.Change) {
	pod := q.w.SpecPath() + userField
	var first *imageUser
	for _, c := range q.w.Containers() {
		if ownUser(c) != nil || c.Kind == airflow.Ephemeral {
			continue
		}
		user, _ := userOf(c.Image)
		switch {
		case first == nil:
			first = &user
			changes = append(changes, change.Change{Target: q.w.Ref, Op: change.Set, Path: pod, Value: user.uid})
		case user.uid != first.uid:
			changes = append(changes, q.user(c))
		}
		changes = joined(changes, q.group(c)...)
	}
	switch {
	case len(q.reached(userField)) > 0:
		return "set runAsUser to the user the images are built for, never 0", nil
	case first == nil:
		return "take runAsUser: 0 away, every container names its own user",
			[]change.Change{{Target: q.w.Ref, Op: change.Remove, Path: pod}}
	}
	order = fmt.Sprintf("set runAsUser: %d", first.uid)
	if slices.ContainsFunc(changes, func(c change.Change) bool { return strings.HasSuffix(c.Path, groupField) }) {
		order += ", and fsGroup so that volumes stay writable"
	}
	return order, changes
}

// user gives a container the user its image is built for.
func (q probe) user(c airflow.Container) change.Change {
	user, _ := userOf(c.Image)
	return change.Change{Target: q.w.Ref, Op: change.Set, Path: byName(q.w, c) + userField, Value: user.uid}
}

// group gives the volumes of a container to the group its image is built for,
// where only root could write them so far. A group that is set stays.
func (q probe) group(c airflow.Container) []change.Change {
	user, _ := userOf(c.Image)
	if !needsGroup(q.w, c) {
		return nil
	}
	return []change.Change{{Target: q.w.Ref, Op: change.Set, Path: q.w.SpecPath() + groupField, Value: user.gid}}
}

// withUsers adds to a place the users of those containers that leave theirs to
// the image or are root: the kubelet starts nothing as root where runAsNonRoot
// is true, and cannot tell from a user's name that it is not root.
func (q probe) withUsers(list []airflow.Container, at place) place {
	if len(at.changes) == 0 {
		return at
	}
	for _, c := range list {
		_, held := q.held[c.Name]
		_, known := userOf(c.Image)
		user := effectiveUser(q.w, c)
		switch {
		case held || !known || user != nil && *user != 0:
			continue
		case ownUser(c) == nil && user != nil && len(q.reached(userField)) == 0:
			_, changes := q.podUser()
			at.changes = joined(at.changes, changes...)
			continue
		}
		at.changes = joined(joined(at.changes, q.user(c)), q.group(c)...)
	}
	return at
}

// joined is a list with more changes, each once.
func joined(list []change.Change, more ...change.Change) []change.Change {
	for _, c := range more {
		if !slices.ContainsFunc(list, func(known change.Change) bool { return known.Path == c.Path }) {
			list = append(list, c)
		}
	}
	return list
}

// userOrder says which containers need a numeric user, beside the flag.
func userOrder(w *airflow.Workload, list []airflow.Container) string {
	var known, unknown []airflow.Container
	for _, c := range list {
		if effectiveUser(w, c) != nil {
			continue
		}
		if _, found := userOf(c.Image); found {
			known = append(known, c)
		} else {
			unknown = append(unknown, c)
		}
	}
	order := ""
	if len(known) > 0 {
		order += ", and runAsUser on " + named(known) + " to the user the image is built for"
	}
	if len(unknown) > 0 {
		order += ", and runAsUser on " + named(unknown) + " unless the image names a numeric user"
	}
	return order
}

func ownUser(c airflow.Container) *int64 {
	if c.SecurityContext == nil {
		return nil
	}
	return c.SecurityContext.RunAsUser
}

// effectiveUser is the user a container asks for itself or through its pod; nil leaves it to the image.
func effectiveUser(w *airflow.Workload, c airflow.Container) *int64 {
	if own := ownUser(c); own != nil {
		return own
	}
	return podSecurityContext(w).RunAsUser
}

func podSecurityContext(w *airflow.Workload) *corev1.PodSecurityContext {
	if w.Spec.SecurityContext == nil {
		return &corev1.PodSecurityContext{}
	}
	return w.Spec.SecurityContext
}

// named is "container a" or "containers a, b".
func named(list []airflow.Container) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	if len(names) == 1 {
		return "container " + names[0]
	}
	return "containers " + strings.Join(names, ", ")
}
