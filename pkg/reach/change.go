package reach

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// change says what to do about an answer: the smallest rule where a flow is
// cut, and, where one question was asked, the whole set where something is
// open that Airflow does not need.
func (n *network) change(q *Question, from, to *end, single bool) {
	switch {
	case q.state(true) == netpol.Cut || q.state(false) == netpol.Cut:
		for _, d := range []netpol.Direction{netpol.Egress, netpol.Ingress} {
			if slices.ContainsFunc(q.Losses, func(l Loss) bool { return l.Direction == d }) {
				q.Changes = append(q.Changes, n.opening(q, from, to, d))
			}
		}
	case single && len(q.Needs) == 0 && (q.Verdict == Allowed || q.Verdict == Partly):
		q.Changes = append(q.Changes, Change{
			Action:  Generate,
			Summary: "Airflow does not need this connection: generate patches --only networkpolicy writes policies that keep what it needs and deny the rest",
		})
	}
}

// opening is one rule more in the policy that selects these pods and no
// others, or, where none does, a policy more: a rule in a policy for all pods
// would open all of them.
func (n *network) opening(q *Question, from, to *end, d netpol.Direction) Change {
	subject, far := to, from
	if d == netpol.Egress {
		subject, far = from, to
	}
	peers, hint := n.peers(far, subject, q.Port)
	out := Change{Direction: d}
	var rule any
	ingress := networkingv1.NetworkPolicyIngressRule{Ports: rulePorts(q.Port), From: peers}
	egress := networkingv1.NetworkPolicyEgressRule{Ports: rulePorts(q.Port), To: peers}
	if rule = ingress; d == netpol.Egress {
		rule = egress
	}
	words := ruleText(&networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{ingress}, Egress: []networkingv1.NetworkPolicyEgressRule{egress}}, d, 0)
	if policy := n.narrow(q, subject, d); policy != nil {
		ref := policy.Ref
		out.Action, out.Policy, out.Rule = AddRule, &ref, rule
		out.Summary = fmt.Sprintf("add a rule to spec.%s of NetworkPolicy %s/%s: %s%s", d, ref.Namespace, ref.Name, words, hint)
		return out
	}
	object := n.policyFor(subject, d, ingress, egress)
	out.Action, out.Rule = AddPolicy, object
	out.Policy = &snapshot.Ref{APIVersion: object.APIVersion, Kind: object.Kind, Namespace: object.Namespace, Name: object.Name}
	out.Summary = fmt.Sprintf("add a NetworkPolicy for %s that allows %s %s%s", subject.Name, d, words, hint)
	return out
}

// narrow is the policy that refuses and selects only pods of the subject's components; nil where none does.
func (n *network) narrow(q *Question, subject *end, d netpol.Direction) *Policy {
	own := map[airflow.Component]bool{}
	for _, pod := range subject.pods {
		if w := n.Pods[pod].Workload; w != nil && w.Component != airflow.Other {
			own[w.Component] = true
		}
	}
	foreign := map[int]bool{} // policies that select other pods too
	for pod := range n.Pods {
		if w := n.Pods[pod].Workload; w == nil || !own[w.Component] {
			for _, i := range n.Evaluator.Isolating(pod, d) {
				foreign[i] = true
			}
		}
	}
	for i := range n.policies {
		p := &n.policies[i]
		refuses := slices.ContainsFunc(q.Losses, func(l Loss) bool {
			return l.Direction == d && slices.ContainsFunc(l.Policies, func(o Policy) bool { return o.Ref == p.Ref })
		})
		if refuses && !foreign[i] {
			return p
		}
	}
	return nil
}

func (n *network) policyFor(subject *end, d netpol.Direction, ingress networkingv1.NetworkPolicyIngressRule, egress networkingv1.NetworkPolicyEgressRule) *networkingv1.NetworkPolicy {
	out := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: string(snapshot.NetworkPolicy)},
		ObjectMeta: metav1.ObjectMeta{Name: n.policyName(subject, d), Namespace: n.namespaceOf(subject)},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{MatchLabels: n.selector(subject)}},
	}
	if d == netpol.Ingress {
		out.Spec.PolicyTypes, out.Spec.Ingress = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}, []networkingv1.NetworkPolicyIngressRule{ingress}
	} else {
		out.Spec.PolicyTypes, out.Spec.Egress = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, []networkingv1.NetworkPolicyEgressRule{egress}
	}
	return out
}

// policyName is one that no policy has yet.
func (n *network) policyName(subject *end, d netpol.Direction) string {
	what := string(subject.Component)
	if subject.Component == airflow.Other || what == "" {
		what = strings.ReplaceAll(subject.Name, "/", "-")
	}
	name := fmt.Sprintf("%s-%s-%s", n.Model.Release, what, d)
	free := name
	for i := 2; slices.ContainsFunc(n.policies, func(p Policy) bool { return p.Name == free }); i++ {
		free = fmt.Sprintf("%s-%d", name, i)
	}
	return free
}

func (n *network) namespaceOf(e *end) string {
	if len(e.pods) == 0 {
		return ""
	}
	return n.Pods[e.pods[0]].Namespace
}

// selector are the labels by which policies can pick an end's pods out: those that all its workloads have.
func (n *network) selector(e *end) map[string]string {
	var out map[string]string
	for _, w := range n.workloads(e) {
		labels := n.Model.Selector(w)
		if out == nil {
			out = maps.Clone(labels)
			continue
		}
		maps.DeleteFunc(out, func(key, value string) bool { return labels[key] != value })
	}
	if out == nil && len(e.pods) > 0 {
		out = maps.Clone(n.Pods[e.pods[0]].Labels)
	}
	return out
}

// peers are an end as a rule names it, with a hint where a rule can name it only roughly.
func (n *network) peers(far, subject *end, port *airflow.Port) (peers []networkingv1.NetworkPolicyPeer, hint string) {
	if len(far.pods) > 0 {
		peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: n.selector(far)}}
		if ns := n.namespaceOf(far); ns != n.namespaceOf(subject) {
			peer.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: ns}}
		}
		return []networkingv1.NetworkPolicyPeer{peer}, ""
	}
	switch place := far.place(port); {
	case place.Place == airflow.Pods && (place.Labels != nil || place.Namespaces != nil):
		return []networkingv1.NetworkPolicyPeer{{PodSelector: place.Labels, NamespaceSelector: place.Namespaces}}, ""
	case len(place.Addresses) > 0:
		for _, a := range place.Addresses {
			peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: a.Masked().String()}})
		}
		return peers, ""
	case place.Place == airflow.Host:
		return nil, "; a policy cannot name a host, so put its address range there if you know it"
	case place.Place == airflow.EntryPoint || place.Place == airflow.Scraper:
		return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}, "; name the namespace of " + far.Name + " if you know it"
	}
	return nil, ""
}

func rulePorts(port *airflow.Port) []networkingv1.NetworkPolicyPort {
	if port == nil {
		return nil
	}
	number, protocol := intstr.FromInt32(port.Number), port.Protocol
	out := networkingv1.NetworkPolicyPort{Port: &number, Protocol: &protocol}
	if last := port.End; last != 0 {
		out.EndPort = &last
	}
	return []networkingv1.NetworkPolicyPort{out}
}
