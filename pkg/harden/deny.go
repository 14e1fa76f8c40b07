package harden

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

var bothWays = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}

// families are labels that all pods of a chart carry, whatever their
// component; each makes a default deny that also holds components to come.
// Sources: the charts' own labels; app.kubernetes.io/instance is Bitnami's PostgreSQL.
var families = []struct{ label, name string }{
	{"release", "default-deny"},
	{"app.kubernetes.io/instance", "default-deny-subcharts"},
}

// defaultDeny adds what isolates the release's pods before any flow is let
// through. A family that would take pods of unknown needs is left out: the
// components' own policies isolate the others all the same.
func (p *networkPlanner) defaultDeny() {
	pods := p.model.Pods()
	for _, namespace := range p.namespaces() {
		for _, family := range families {
			in := func(pod airflow.Pod) bool {
				return pod.Namespace == namespace && pod.Labels[family.label] == p.model.Release
			}
			known := func(pod airflow.Pod) bool {
				return pod.Workload != nil && pod.Workload.Component != airflow.Other
			}
			if !slices.ContainsFunc(pods, in) || slices.ContainsFunc(pods, func(pod airflow.Pod) bool { return in(pod) && !known(pod) }) {
				continue
			}
			selector := metav1.LabelSelector{MatchLabels: map[string]string{family.label: p.model.Release}}
			p.plan.Policies = append(p.plan.Policies, PlannedPolicy{NetworkPolicy: p.policy(namespace, family.name, selector)})
		}
	}
}

func (p *networkPlanner) namespaces() []string {
	var out []string
	for _, g := range p.groups {
		out = append(out, g.namespace)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *networkPlanner) policy(namespace, name string, selector metav1.LabelSelector) networkingv1.NetworkPolicy {
	return networkingv1.NetworkPolicy{
		TypeMeta: metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: policyName(p.model.Release, name),
			Labels: map[string]string{p.label.Key: p.label.Value},
		},
		Spec: networkingv1.NetworkPolicySpec{PodSelector: selector, PolicyTypes: bothWays},
	}
}

// policyName does not meet the charts' own names, nor those of another release of the namespace.
func policyName(release, part string) string {
	return strings.Trim("airflowsec-"+release+"-"+part, "-")
}

func (p *networkPlanner) addPolicy(g *group) {
	policy := p.policy(g.namespace, g.name, *g.selector)
	for _, r := range g.ingress.rules() {
		policy.Spec.Ingress = append(policy.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{Ports: r.ports, From: r.peers})
	}
	for _, r := range g.egress.rules() {
		policy.Spec.Egress = append(policy.Spec.Egress, networkingv1.NetworkPolicyEgressRule{Ports: r.ports, To: r.peers})
	}
	p.plan.Policies = append(p.plan.Policies, PlannedPolicy{
		NetworkPolicy: policy, Component: g.component, Flows: append(slices.Clone(g.ingress.flows), g.egress.flows...),
	})
}
