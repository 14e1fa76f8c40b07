package reach

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// ruleText is a policy's rule in words: "from pods component=worker on 8080".
func ruleText(spec *networkingv1.NetworkPolicySpec, d netpol.Direction, rule int) string {
	word, peers, ports := "from", []networkingv1.NetworkPolicyPeer(nil), []networkingv1.NetworkPolicyPort(nil)
	switch {
	case d == netpol.Ingress && rule < len(spec.Ingress):
		peers, ports = spec.Ingress[rule].From, spec.Ingress[rule].Ports
	case d == netpol.Egress && rule < len(spec.Egress):
		word, peers, ports = "to", spec.Egress[rule].To, spec.Egress[rule].Ports
	default:
		return ""
	}
	return word + " " + peersText(peers) + " on " + portsText(ports)
}

func peersText(peers []networkingv1.NetworkPolicyPeer) string {
	if len(peers) == 0 {
		return "anywhere"
	}
	out := make([]string, len(peers))
	for i, p := range peers {
		out[i] = peerText(p)
	}
	return strings.Join(out, ", or ")
}

func peerText(p networkingv1.NetworkPolicyPeer) string {
	if p.IPBlock != nil {
		if len(p.IPBlock.Except) > 0 {
			return p.IPBlock.CIDR + " except " + strings.Join(p.IPBlock.Except, ", ")
		}
		return p.IPBlock.CIDR
	}
	pods := "all pods"
	if text := selectorText(p.PodSelector); text != "" {
		pods = "pods " + text
	}
	switch text := selectorText(p.NamespaceSelector); {
	case p.NamespaceSelector == nil:
		return pods
	case text == "":
		return pods + " of all namespaces"
	default:
		return pods + " of namespaces " + text
	}
}

// selectorText is a selector as kubectl writes it; empty where it selects all.
func selectorText(s *metav1.LabelSelector) string {
	if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return ""
	}
	return metav1.FormatLabelSelector(s)
}

func portsText(ports []networkingv1.NetworkPolicyPort) string {
	if len(ports) == 0 {
		return "every port"
	}
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = portText(p)
	}
	return strings.Join(out, ", ")
}

func portText(p networkingv1.NetworkPolicyPort) string {
	text := "every port"
	switch {
	case p.Port != nil && p.Port.Type == intstr.String:
		text = p.Port.StrVal
	case p.Port != nil && p.EndPort != nil:
		text = fmt.Sprintf("%d-%d", p.Port.IntVal, *p.EndPort)
	case p.Port != nil:
		text = fmt.Sprint(p.Port.IntVal)
	}
	if p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP {
		text += "/" + string(*p.Protocol)
	}
	return text
}
