package netpol_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/oracle"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// What random clusters are made of. There is little of everything, so that
// most selectors match some pods and most rules some questions.
var (
	someNamespaces = []string{"airflow", "data", "ingress"}
	someKeys       = []string{"app", "tier", "role"}
	someValues     = []string{"web", "worker", "db"}
	someProtocols  = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}
	someNumbers    = []int32{80, 443, 5432, 8000, 8080, 9125}
	somePortNames  = []string{"http", "api", "metrics"}
	someAddresses  = []string{"10.0.0.1", "10.0.0.9", "10.0.1.7", "10.1.2.3", "172.16.0.4", "8.8.8.8", "fd00::1", "fd00::1:9", "2001:db8::7"}
	someBlocks     = map[string][]string{
		"0.0.0.0/0":     {"10.0.0.0/8", "10.0.0.0/24", "169.254.0.0/16", "8.8.8.8/32"},
		"10.0.0.0/8":    {"10.0.0.0/24", "10.1.0.0/16", "10.0.1.7/32"},
		"10.0.0.0/29":   {"10.0.0.1/32"},
		"172.16.0.0/12": {"172.16.0.0/30"},
		"::/0":          {"fd00::/8", "2001:db8::/32"},
		"fd00::/8":      {"fd00::/112", "fd00::1/128"},
		"8.8.8.8/32":    nil,
	}
	blockOrder = []string{"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/29", "172.16.0.0/12", "::/0", "fd00::/8", "8.8.8.8/32"}
)

type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 20))} }

func (r random) chance(percent int) bool { return r.IntN(100) < percent }

func pick[T any](r random, from []T) T { return from[r.IntN(len(from))] }

// newCase is a cluster with every question that its pods and some addresses raise on three ports.
func (r random) newCase() oracle.Case {
	c := netpol.Cluster{Namespaces: map[string]map[string]string{}}
	for _, name := range someNamespaces {
		c.Namespaces[name] = r.labels()
	}
	for range 2 + r.IntN(4) {
		c.Pods = append(c.Pods, r.pod(len(c.Pods)))
	}
	for i := range 1 + r.IntN(7) {
		c.Policies = append(c.Policies, netpol.Policy{
			Ref:  snapshot.Ref{Kind: "NetworkPolicy", Namespace: pick(r, someNamespaces[:2]), Name: fmt.Sprint("policy-", i)},
			Spec: r.spec(),
		})
	}
	return oracle.Case{Cluster: c, Questions: r.questions(c)}
}

func (r random) labels() map[string]string {
	out := map[string]string{}
	for _, key := range someKeys {
		if r.chance(60) {
			out[key] = pick(r, someValues)
		} else if r.chance(5) {
			out[key] = ""
		}
	}
	return out
}

func (r random) pod(index int) airflow.Pod {
	p := airflow.Pod{
		Namespace: pick(r, someNamespaces), Name: fmt.Sprint("pod-", index), Labels: r.labels(), HostNetwork: r.chance(8),
	}
	if r.chance(50) {
		p.Namespace = someNamespaces[0]
	}
	for range 1 + r.IntN(4)/3 {
		p.Addresses = append(p.Addresses, netip.MustParseAddr(pick(r, someAddresses)))
	}
	if r.chance(5) {
		p.Addresses = nil
	}
	for range r.IntN(4) {
		p.Ports = append(p.Ports, airflow.NamedPort{Name: pick(r, append(somePortNames, "")), Port: r.port()})
	}
	return p
}

func (r random) port() airflow.Port {
	return airflow.Port{Number: pick(r, someNumbers), Protocol: pick(r, someProtocols)}
}

func (r random) questions(c netpol.Cluster) []oracle.Question {
	var ends []oracle.End
	for i := range c.Pods {
		ends = append(ends, oracle.End{Pod: i})
	}
	for range 2 {
		ends = append(ends, oracle.End{Address: netip.MustParseAddr(pick(r, someAddresses))})
	}
	ports := []airflow.Port{r.port(), r.port(), {Number: 8080, Protocol: corev1.ProtocolTCP}}
	for i := range c.Pods {
		for _, p := range c.Pods[i].Ports[:min(1, len(c.Pods[i].Ports))] {
			ports = append(ports, p.Port)
		}
	}
	var out []oracle.Question
	for _, from := range ends {
		for _, to := range ends {
			if from.Address.IsValid() && to.Address.IsValid() {
				continue
			}
			for range 3 {
				out = append(out, oracle.Question{From: from, To: to, Port: pick(r, ports)})
			}
		}
	}
	return out
}

func (r random) spec() networkingv1.NetworkPolicySpec {
	spec := networkingv1.NetworkPolicySpec{PodSelector: *r.selector()}
	for range r.IntN(3) {
		spec.Ingress = append(spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: r.peers(), Ports: r.ports()})
	}
	for range r.IntN(3) {
		spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{To: r.peers(), Ports: r.ports()})
	}
	spec.PolicyTypes = pick(r, [][]networkingv1.PolicyType{
		nil, {networkingv1.PolicyTypeIngress}, {networkingv1.PolicyTypeEgress},
		{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}, {networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress},
	})
	return spec
}

func (r random) selector() *metav1.LabelSelector {
	s := &metav1.LabelSelector{}
	if r.chance(45) {
		s.MatchLabels = map[string]string{pick(r, someKeys): pick(r, someValues)}
	}
	if r.chance(2) {
		s.MatchLabels = map[string]string{pick(r, someKeys): ""}
	}
	for range r.IntN(6) / 4 {
		e := metav1.LabelSelectorRequirement{
			Key: pick(r, someKeys),
			Operator: pick(r, []metav1.LabelSelectorOperator{
				metav1.LabelSelectorOpIn, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn,
				metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
			}),
		}
		if e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn {
			e.Values = []string{pick(r, someValues), pick(r, someValues)}
		}
		s.MatchExpressions = append(s.MatchExpressions, e)
	}
	return s
}

func (r random) namespaceSelector() *metav1.LabelSelector {
	if r.chance(50) {
		return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: pick(r, someNamespaces)}}
	}
	return r.selector()
}

func (r random) peers() []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for range r.IntN(4) {
		switch r.IntN(4) {
		case 0:
			out = append(out, networkingv1.NetworkPolicyPeer{PodSelector: r.selector()})
		case 1:
			out = append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: r.namespaceSelector()})
		case 2:
			out = append(out, networkingv1.NetworkPolicyPeer{NamespaceSelector: r.namespaceSelector(), PodSelector: r.selector()})
		default:
			out = append(out, networkingv1.NetworkPolicyPeer{IPBlock: r.block()})
		}
	}
	return out
}

func (r random) block() *networkingv1.IPBlock {
	b := &networkingv1.IPBlock{CIDR: pick(r, blockOrder)}
	for _, except := range someBlocks[b.CIDR] {
		if r.chance(35) {
			b.Except = append(b.Except, except)
		}
	}
	return b
}

func (r random) ports() []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for range r.IntN(3) {
		var p networkingv1.NetworkPolicyPort
		if r.chance(70) {
			protocol := pick(r, someProtocols)
			p.Protocol = &protocol
		}
		switch r.IntN(5) {
		case 0:
		case 1:
			name := intstr.FromString(pick(r, somePortNames))
			p.Port = &name
		case 2:
			first := intstr.FromInt32(pick(r, someNumbers))
			end := first.IntVal + int32(r.IntN(500))
			p.Port, p.EndPort = &first, &end
		default:
			number := intstr.FromInt32(pick(r, someNumbers))
			p.Port = &number
		}
		out = append(out, p)
	}
	return out
}
