package rules

import (
	"fmt"
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
)

// locateMayBeRoot finds what lets a container run as whatever user its image names.
func locateMayBeRoot(q probe) []place {
	var out []place
	heirs := q.heirs()
	if q.pod() || len(heirs) > 0 {
		message := "the pod says runAsNonRoot: false, so a container may run as root"
		if !q.pod() {
			message = "runAsNonRoot is not set: " + mayBeRoot(q.w, heirs)
		}
		at := q.setPod(nonRootField, true, message, "set runAsNonRoot: true"+userOrder(q.w, heirs))
		at.changes = append(at.changes, knownUsers(q.w, heirs)...)
		out = append(out, at)
	}
	for _, c := range q.containers() {
		at := q.set(c, nonRootField, true,
			"container "+c.Name+" asks to be allowed to run as root: runAsNonRoot is false",
			"set runAsNonRoot: true"+userOrder(q.w, []airflow.Container{c}))
		at.changes = append(at.changes, knownUsers(q.w, []airflow.Container{c})...)
		out = append(out, at)
	}
	return out
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
		at := q.setPod(userField, nil, "the pod runs as root: runAsUser is 0", "")
		at.order, at.changes = podUser(q.w)
		out = append(out, at)
	}
	for _, c := range q.containers() {
		at := q.set(c, userField, nil, "container "+c.Name+" runs as root: runAsUser is 0", "set runAsUser to the user the image is built for, never 0")
		user, known := userOf(c.Image)
		switch {
		case c.Kind == airflow.Init:
			// It asks for root to prepare something, so another user would break it.
			at.order, at.changes = "do without this init container, for example by fsGroup instead of chown", nil
			at.field = ""
		case known:
			at.order, at.changes[0].Value = fmt.Sprintf("set runAsUser: %d", user.uid), user.uid
		default:
			at.changes = nil
		}
		if q.dialect == airflow.Community {
			at.field = "" // the chart drops runAsUser from its container security context
		}
		out = append(out, at)
	}
	return out
}

// podUser replaces a pod's root by the users its images are built for, or by
// words where one of them is not known. A volume that root has written needs
// the group, too.
func podUser(w *airflow.Workload) (order string, changes []change.Change) {
	pod := w.SpecPath() + "/securityContext/"
	set := func(path string, value int64) {
		changes = append(changes, change.Change{Target: w.Ref, Op: change.Set, Path: path, Value: value})
	}
	var first *imageUser
	for _, c := range w.Containers() {
		if ownUser(c) != nil || c.Kind == airflow.Ephemeral {
			continue
		}
		user, known := userOf(c.Image)
		if !known {
			return "set runAsUser to the user the images are built for, never 0", nil
		}
		if first == nil {
			first = &user
			set(pod+"runAsUser", user.uid)
			if w.Spec.SecurityContext.FSGroup == nil {
				set(pod+"fsGroup", user.gid)
			}
		} else if user.uid != first.uid {
			set(byName(w, c)+userField, user.uid)
		}
	}
	if first == nil {
		return "take runAsUser: 0 away, every container names its own user",
			[]change.Change{{Target: w.Ref, Op: change.Remove, Path: pod + "runAsUser"}}
	}
	return fmt.Sprintf("set runAsUser: %d, and fsGroup so that volumes stay writable", first.uid), changes
}

// knownUsers names the user of each container that leaves it to its image,
// because the kubelet cannot tell from a user's name that it is not root.
func knownUsers(w *airflow.Workload, list []airflow.Container) []change.Change {
	var out []change.Change
	for _, c := range list {
		user, known := userOf(c.Image)
		if known && effectiveUser(w, c) == nil {
			out = append(out, change.Change{Target: w.Ref, Op: change.Set, Path: byName(w, c) + userField, Value: user.uid})
		}
	}
	return out
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
