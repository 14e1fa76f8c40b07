package netpol

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// namespaceName is the label that the API server gives every namespace.
const namespaceName = corev1.LabelMetadataName

// class are pods that no selector of the policies tells apart: one namespace,
// and the same values of all labels that some policy mentions.
type class struct {
	namespace string
	labels    labels.Set // those that policies mention
}

type label struct{ key, value string }

// classes are all classes of the pods that policies hold for, and where to find them.
type classes struct {
	list []class
	// of is the class by pod; the last class is empty and for pods on the host's network, which no selector matches.
	of          []int
	all         []int
	inNamespace map[string][]int
	withLabel   map[label][]int
	namespaces  map[string]labels.Set
	// ours have pods of the release, theirs have others.
	ours, theirs classSet
}

func newClasses(c Cluster) classes {
	cs := classes{
		of:          make([]int, len(c.Pods)),
		inNamespace: map[string][]int{},
		withLabel:   map[label][]int{},
		namespaces:  map[string]labels.Set{},
	}
	for name, has := range c.Namespaces {
		cs.addNamespace(name, has)
	}
	mentioned := mentionedKeys(c.Policies)
	index := map[string]int{}
	for i := range c.Pods {
		pod := &c.Pods[i]
		if cs.namespaces[pod.Namespace] == nil {
			cs.addNamespace(pod.Namespace, nil)
		}
		if pod.HostNetwork {
			cs.of[i] = -1
			continue
		}
		key, has := project(pod.Namespace, pod.Labels, mentioned)
		at, known := index[key]
		if !known {
			at = cs.add(class{namespace: pod.Namespace, labels: has})
			index[key] = at
		}
		cs.of[i] = at
	}
	cs.list = append(cs.list, class{})
	for i, at := range cs.of {
		if at < 0 {
			cs.of[i] = len(cs.list) - 1
		}
	}
	cs.tell(c.Pods)
	return cs
}

func (cs *classes) tell(pods []airflow.Pod) {
	cs.ours, cs.theirs = newClassSet(len(cs.list)), newClassSet(len(cs.list))
	for i := range pods {
		if pods[i].Workload != nil {
			cs.ours.set(cs.of[i])
		} else {
			cs.theirs.set(cs.of[i])
		}
	}
}

func (cs *classes) add(c class) int {
	at := len(cs.list)
	cs.list = append(cs.list, c)
	cs.all = append(cs.all, at)
	cs.inNamespace[c.namespace] = append(cs.inNamespace[c.namespace], at)
	for key, value := range c.labels {
		cs.withLabel[label{key, value}] = append(cs.withLabel[label{key, value}], at)
	}
	return at
}

// labelsOf are a namespace's labels: its name at least.
func (cs *classes) labelsOf(name string) labels.Set {
	if has, known := cs.namespaces[name]; known {
		return has
	}
	return labels.Set{namespaceName: name}
}

func (cs *classes) addNamespace(name string, has map[string]string) {
	all := labels.Set{}
	maps.Copy(all, has)
	all[namespaceName] = name
	cs.namespaces[name] = all
}

// project leaves of a pod's labels those that policies mention. The key is the
// same for pods that no policy tells apart.
func project(namespace string, has map[string]string, mentioned map[string]bool) (string, labels.Set) {
	kept := labels.Set{}
	var keys []string
	for key, value := range has {
		if mentioned[key] {
			kept[key] = value
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var text strings.Builder
	text.WriteString(namespace)
	for _, key := range keys {
		text.WriteString("\x00" + key + "\x00" + kept[key])
	}
	return text.String(), kept
}

// mentionedKeys are the pod labels that some policy looks at.
func mentionedKeys(policies []Policy) map[string]bool {
	keys := map[string]bool{}
	add := func(s *metav1.LabelSelector) {
		if s == nil {
			return
		}
		for key := range s.MatchLabels {
			keys[key] = true
		}
		for _, e := range s.MatchExpressions {
			keys[e.Key] = true
		}
	}
	for i := range policies {
		spec := &policies[i].Spec
		add(&spec.PodSelector)
		for _, r := range spec.Ingress {
			for _, p := range r.From {
				add(p.PodSelector)
			}
		}
		for _, r := range spec.Egress {
			for _, p := range r.To {
				add(p.PodSelector)
			}
		}
	}
	return keys
}
