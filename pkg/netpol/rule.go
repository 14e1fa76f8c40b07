package netpol

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// rule is one rule of a policy.
type rule struct {
	everyone  bool     // it names no peers
	pods      classSet // the classes that its selectors match
	peers     []podPeer
	blocks    []block
	everyPort bool // it names no ports
	ports     []ports
}

func (r *rule) admits(e *Evaluator, far Peer) bool {
	if r.everyone || far.pod >= 0 && r.pods.has(e.classes.of[far.pod]) {
		return true
	}
	if far.pod < 0 && far.outside != nil && r.selects(far.namespace, far.outside) {
		return true
	}
	if len(r.blocks) == 0 {
		return false
	}
	if pod := e.pod(far); pod != nil {
		for _, a := range pod.Addresses {
			if r.contains(a) {
				return true
			}
		}
		return false
	}
	return r.contains(far.address)
}

func (r *rule) selects(namespace labels.Set, pod *airflow.Pod) bool {
	for _, p := range r.peers {
		if p.matches(pod, namespace) {
			return true
		}
	}
	return false
}

func (r *rule) contains(a netip.Addr) bool {
	for i := range r.blocks {
		if r.blocks[i].contains(a) {
			return true
		}
	}
	return false
}

func (r *rule) matchesPort(e *Evaluator, target Peer, port airflow.Port) bool {
	if r.everyPort {
		return true
	}
	for i := range r.ports {
		if r.ports[i].match(e, target, port) {
			return true
		}
	}
	return false
}

// ports is one entry of a rule's ports: a range, or a name.
type ports struct {
	protocol    corev1.Protocol
	first, last int32
	name        string
}

// match looks a name up at the pod that has the port. An address has no names.
func (p *ports) match(e *Evaluator, target Peer, port airflow.Port) bool {
	if p.protocol != port.Protocol {
		return false
	}
	if p.name == "" {
		return p.first <= port.Number && port.Number <= p.last
	}
	pod := e.pod(target)
	if pod == nil || pod.HostNetwork || target.anyName {
		return target.anyName
	}
	for i := range pod.Ports {
		if pod.Ports[i].Name == p.name && pod.Ports[i].Port == port {
			return true
		}
	}
	return false
}

const maxPort = 65535

func newPorts(p *networkingv1.NetworkPolicyPort, at *field.Path) (ports, *field.Error) {
	out := ports{protocol: corev1.ProtocolTCP, last: maxPort}
	if p.Protocol != nil {
		out.protocol = *p.Protocol
	}
	switch out.protocol {
	case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
	default:
		return out, field.NotSupported(at.Child("protocol"), out.protocol, []corev1.Protocol{corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP})
	}
	if p.Port == nil {
		if p.EndPort != nil {
			return out, field.Required(at.Child("port"), "endPort needs it")
		}
		return out, nil
	}
	if p.Port.Type == intstr.String {
		if faults := utilvalidation.IsValidPortName(p.Port.StrVal); len(faults) > 0 {
			return out, field.Invalid(at.Child("port"), p.Port.StrVal, faults[0])
		}
		if p.EndPort != nil {
			return out, field.Forbidden(at.Child("endPort"), "a named port has no range")
		}
		out.name = p.Port.StrVal
		return out, nil
	}
	out.first, out.last = p.Port.IntVal, p.Port.IntVal
	if out.first < 1 || out.first > maxPort {
		return out, field.Invalid(at.Child("port"), out.first, "must be from 1 to 65535")
	}
	if p.EndPort != nil {
		out.last = *p.EndPort
	}
	if out.last < out.first || out.last > maxPort {
		return out, field.Invalid(at.Child("endPort"), out.last, "must be from port to 65535")
	}
	return out, nil
}
