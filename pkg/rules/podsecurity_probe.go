package rules

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// probe finds the fields behind a refusal by asking the evaluator about parts
// of the pod, so that no rule of the evaluator's is written down here again.
type probe struct {
	w       *airflow.Workload
	dialect airflow.Dialect
	meta    *metav1.ObjectMeta
	check   policy.CheckPodFn
	company
}

// refuses asks about a pod of which only spec is there.
func (q probe) refuses(spec corev1.PodSpec) bool {
	return !q.check(&metav1.ObjectMeta{}, &spec).Allowed
}

// alone is a pod with one container and what decides about exemptions.
func (q probe) alone(c airflow.Container, security *corev1.PodSecurityContext) corev1.PodSpec {
	return corev1.PodSpec{
		Containers: []corev1.Container{*c.Container}, SecurityContext: security,
		OS: q.w.Spec.OS, HostUsers: q.w.Spec.HostUsers,
	}
}

// compliant is a pod's security context that no check refuses and that gives
// containers what they may inherit.
func compliant() *corev1.PodSecurityContext {
	return &corev1.PodSecurityContext{
		RunAsNonRoot:   new(true),
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containers are those refused for their own fields, whatever the pod says.
func (q probe) containers() []airflow.Container {
	var out []airflow.Container
	for _, c := range q.w.Containers() {
		if q.refuses(q.alone(c, compliant())) {
			out = append(out, c)
		}
	}
	return out
}

// heirs are the containers refused only for what the pod hands down to them.
func (q probe) heirs() []airflow.Container {
	var out []airflow.Container
	for _, c := range q.w.Containers() {
		if !q.refuses(q.alone(c, compliant())) && q.refuses(q.alone(c, q.w.Spec.SecurityContext)) {
			out = append(out, c)
		}
	}
	return out
}

// pod says whether the pod's own security context is refused, before any container.
func (q probe) pod() bool {
	return q.refuses(corev1.PodSpec{SecurityContext: q.w.Spec.SecurityContext, OS: q.w.Spec.OS, HostUsers: q.w.Spec.HostUsers})
}

// reached are the strangers that get what is set on the pod, because they do not set it themselves.
func (q probe) reached(field string) []airflow.Container {
	return slices.DeleteFunc(slices.Clone(q.strangers), func(c airflow.Container) bool { return setsItself(c, field) })
}

func setsItself(c airflow.Container, field string) bool {
	own := c.SecurityContext
	if own == nil {
		return false
	}
	switch field {
	case nonRootField:
		return own.RunAsNonRoot != nil
	case userField:
		return own.RunAsUser != nil
	case seccompField:
		return own.SeccompProfile != nil
	}
	return false
}

// set is a place in a container, with the change that gives the field a value,
// or without one where the container stays as it is.
func (q probe) set(c airflow.Container, field string, value any, message, order string) place {
	at := place{container: c.Name, path: c.Path + field, message: message, order: order, field: airflow.ContainerSecurityContext}
	if h, held := q.held[c.Name]; held {
		at.order = h.order(order)
		return at
	}
	at.changes = []change.Change{{Target: q.w.Ref, Op: change.Set, Path: byName(q.w, c) + field, Value: value}}
	return at
}

// remove is a place in a container, with the change that takes the field away.
func (q probe) remove(c airflow.Container, field, message, order string) place {
	return removing(q.set(c, field, nil, message, order))
}

// setPod is a place in the pod's spec, with the change that gives the field a
// value, or without one where it would reach a container that stays as it is.
func (q probe) setPod(field string, value any, message, order string) place {
	path := q.w.SpecPath() + field
	at := place{path: path, message: message, order: order, field: airflow.PodSecurityContext}
	if reached := q.reached(field); len(reached) > 0 {
		at.order += ", if " + named(reached) + " works with it: nothing here knows what that needs"
		return at
	}
	at.changes = []change.Change{{Target: q.w.Ref, Op: change.Set, Path: path, Value: value}}
	return at
}

// removePod is a place in the pod's spec, with the change that takes the field away.
func (q probe) removePod(field, message, order string) place {
	return removing(q.setPod(field, nil, message, order))
}

func removing(at place) place {
	for i := range at.changes {
		at.changes[i].Op = change.Remove
	}
	return at
}

// byName is a container's place by its name, which fits even where its list has grown.
func byName(w *airflow.Workload, c airflow.Container) string {
	return w.SpecPath() + "/" + string(c.Kind) + "/name=" + c.Name
}

// locateAnything serves checks that nothing here knows yet.
func locateAnything(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		result := q.check(&metav1.ObjectMeta{}, new(q.alone(c, compliant())))
		out = append(out, place{
			container: c.Name, path: c.Path, field: airflow.ContainerSecurityContext,
			message: "Pod Security refuses container " + c.Name + ": " + result.ForbiddenReason,
			order:   "change the fields that Pod Security names: " + result.ForbiddenDetail,
		})
	}
	return out
}

// annotationCheck is the one known check that looks at annotations.
const annotationCheck policy.CheckID = "appArmorProfile"

// metaOf is what a check may see of a pod's metadata. A masked annotation is
// neither good nor bad, so it is left out.
func (c activeCheck) metaOf(w *airflow.Workload) *metav1.ObjectMeta {
	out := &metav1.ObjectMeta{}
	if _, known := controls[c.id]; known && c.id != annotationCheck {
		return out
	}
	out.Annotations = map[string]string{}
	for key, value := range w.Meta.Annotations {
		if len(snapshot.MaskedIn(value)) == 0 {
			out.Annotations[key] = value
		}
	}
	return out
}

// noteMaskedAnnotations keeps the rule from passing on a profile that cannot be read.
func noteMaskedAnnotations(p *rule.Pass, w *airflow.Workload) {
	for _, key := range slices.Sorted(maps.Keys(w.Meta.Annotations)) {
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) && len(snapshot.MaskedIn(w.Meta.Annotations[key])) > 0 {
			p.Unknown("the annotation " + key + " of " + w.Ref.String() + " is masked")
		}
	}
}
