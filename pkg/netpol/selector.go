package netpol

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// selector is a compiled label selector. The zero selector stands for one
// that a policy does not have.
type selector struct {
	labels labels.Selector
	text   string // the same for selectors that mean the same; empty for none
}

func (s selector) given() bool { return s.labels != nil }

// compile is false, and the policy broken there, where the API server would refuse the selector.
func (b *builder) compile(s *metav1.LabelSelector, at *field.Path) (selector, bool) {
	if s == nil {
		return selector{}, true
	}
	faults := validation.ValidateLabelSelector(s, validation.LabelSelectorValidationOptions{}, at)
	slices.SortStableFunc(faults, func(a, b *field.Error) int { return cmp.Compare(a.Error(), b.Error()) })
	for _, fault := range faults {
		b.refuse(fault)
	}
	compiled, err := metav1.LabelSelectorAsSelector(s)
	if err != nil && len(faults) == 0 {
		b.refuse(field.Invalid(at, "", err.Error()))
	}
	if err != nil || len(faults) > 0 {
		return selector{}, false
	}
	return selector{labels: compiled, text: "{" + compiled.String() + "}"}, true
}

// podPeer are the pods that a peer of a rule names. Without a selector for
// namespaces it is those of the policy's own, without one for pods all of them.
type podPeer struct {
	index            int // in the rule's list of peers
	home             string
	namespaces, pods selector
	found            classSet // its classes
}

func (p podPeer) matchesNamespace(name string, has labels.Set) bool {
	if !p.namespaces.given() {
		return name == p.home
	}
	return p.namespaces.labels.Matches(has)
}

func (p podPeer) matchesPod(has labels.Set) bool {
	return !p.pods.given() || p.pods.labels.Matches(has)
}

// matches says it of a pod that the classes do not know.
func (p podPeer) matches(pod *airflow.Pod, namespace labels.Set) bool {
	return !pod.HostNetwork && p.matchesNamespace(pod.Namespace, namespace) && p.matchesPod(pod.Labels)
}

// match finds the classes of a peer's pods. It looks at those only that share
// a label, or the namespace, that the peer demands.
func (b *builder) match(p podPeer) classSet {
	key := matchKey{namespaces: p.namespaces.text, pods: p.pods.text}
	if !p.namespaces.given() {
		key.home = p.home
	}
	if found, known := b.matched[key]; known {
		return found
	}
	found := newClassSet(len(b.classes.list))
	for _, class := range b.candidates(p) {
		c := &b.classes.list[class]
		if p.matchesNamespace(c.namespace, b.classes.namespaces[c.namespace]) && p.matchesPod(c.labels) {
			found.set(class)
		}
	}
	b.matched[key] = found
	return found
}

func (b *builder) candidates(p podPeer) []int {
	best := b.classes.all
	if !p.namespaces.given() {
		best = b.classes.inNamespace[p.home]
	}
	if !p.pods.given() {
		return best
	}
	requirements, _ := p.pods.labels.Requirements()
	for _, r := range requirements {
		value, single := r.Values().PopAny()
		equal := r.Operator() == selection.Equals || r.Operator() == selection.DoubleEquals || r.Operator() == selection.In
		if !single || !equal || r.Values().Len() != 1 {
			continue
		}
		if with := b.classes.withLabel[label{r.Key(), value}]; len(with) < len(best) {
			best = with
		}
	}
	return best
}
