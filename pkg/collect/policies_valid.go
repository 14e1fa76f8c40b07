package collect

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
)

// badSpec is the first field of a NetworkPolicy that the API server would
// refuse, and why; both are empty where it would take it.
// Source: the field comments of k8s.io/api/networking/v1.
func badSpec(spec networkingv1.NetworkPolicySpec) (field, problem string) {
	if badSelector(&spec.PodSelector) {
		return "spec.podSelector", notASelector
	}
	for i, t := range spec.PolicyTypes {
		if t != networkingv1.PolicyTypeIngress && t != networkingv1.PolicyTypeEgress {
			return entryAt("spec.policyTypes", i), "is neither Ingress nor Egress"
		}
	}
	for i, rule := range spec.Ingress {
		at := entryAt("spec.ingress", i)
		if field, problem := badRule(at, at+".from", rule.Ports, rule.From); problem != "" {
			return field, problem
		}
	}
	for i, rule := range spec.Egress {
		at := entryAt("spec.egress", i)
		if field, problem := badRule(at, at+".to", rule.Ports, rule.To); problem != "" {
			return field, problem
		}
	}
	return "", ""
}

const notASelector = "is not a valid label selector"

func badSelector(s *metav1.LabelSelector) bool {
	_, err := metav1.LabelSelectorAsSelector(s)
	return err != nil
}

func badRule(at, peersAt string, ports []networkingv1.NetworkPolicyPort, peers []networkingv1.NetworkPolicyPeer) (field, problem string) {
	for i, p := range ports {
		if field, problem := badPort(p); problem != "" {
			return entryAt(at+".ports", i) + field, problem
		}
	}
	for i, p := range peers {
		if field, problem := badPeer(p); problem != "" {
			return entryAt(peersAt, i) + field, problem
		}
	}
	return "", ""
}

func badPort(p networkingv1.NetworkPolicyPort) (field, problem string) {
	protocols := []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}
	switch {
	case p.Protocol != nil && !slices.Contains(protocols, *p.Protocol):
		return ".protocol", "is none of TCP, UDP, SCTP"
	case p.Port == nil && p.EndPort != nil:
		return ".endPort", "needs a port"
	case p.Port == nil:
		return "", ""
	case p.Port.Type == intstr.String && len(validation.IsValidPortName(p.Port.StrVal)) > 0:
		return ".port", "is not a port's name"
	case p.Port.Type == intstr.String && p.EndPort != nil:
		return ".endPort", "does not go with a named port"
	case p.Port.Type == intstr.Int && len(validation.IsValidPortNum(int(p.Port.IntVal))) > 0:
		return ".port", "is not between 1 and 65535"
	case p.EndPort != nil && (*p.EndPort < p.Port.IntVal || *p.EndPort > 65535):
		return ".endPort", "is not between port and 65535"
	}
	return "", ""
}

func badPeer(p networkingv1.NetworkPolicyPeer) (field, problem string) {
	switch {
	case p.PodSelector == nil && p.NamespaceSelector == nil && p.IPBlock == nil:
		return "", "is empty: it must name pods, namespaces or an address range"
	case p.IPBlock != nil && (p.PodSelector != nil || p.NamespaceSelector != nil):
		return ".ipBlock", "does not go with a selector in the same entry"
	case p.IPBlock != nil:
		return badBlock(p.IPBlock)
	case p.PodSelector != nil && badSelector(p.PodSelector):
		return ".podSelector", notASelector
	case p.NamespaceSelector != nil && badSelector(p.NamespaceSelector):
		return ".namespaceSelector", notASelector
	}
	return "", ""
}

func badBlock(b *networkingv1.IPBlock) (field, problem string) {
	whole, err := netip.ParsePrefix(b.CIDR)
	if err != nil {
		return ".ipBlock.cidr", notARange
	}
	for i, text := range b.Except {
		at := entryAt(".ipBlock.except", i)
		hole, err := netip.ParsePrefix(text)
		if err != nil {
			return at, notARange
		}
		if hole.Bits() <= whole.Bits() || !whole.Masked().Contains(hole.Addr()) {
			return at, "is not inside cidr"
		}
	}
	return "", ""
}

const notARange = "is not an address range such as 10.0.0.0/8"
