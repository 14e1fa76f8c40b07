package harden

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// side is one direction of one component's policy: for each port who may pass.
type side struct {
	ports map[airflow.Port][]peer
	flows []airflow.Flow
}

// allPorts stands for a flow whose ports are not known.
var allPorts = airflow.Port{}

func (s *side) add(peers []peer, f airflow.Flow) {
	if s.ports == nil {
		s.ports = map[airflow.Port][]peer{}
	}
	ports := f.Ports
	if len(ports) == 0 {
		ports = []airflow.Port{allPorts}
	}
	for _, port := range ports {
		s.ports[port] = append(s.ports[port], peers...)
	}
	s.flows = append(s.flows, f)
}

// rule is one rule in the making: ports that the same peers may use.
type rule struct {
	ports []networkingv1.NetworkPolicyPort
	peers []networkingv1.NetworkPolicyPeer
}

// rules are the smallest set that says the same: no peer stands beside one that
// holds it, and ports with the same peers share a rule.
func (s *side) rules() []rule {
	var ports []airflow.Port
	for port := range s.ports {
		ports = append(ports, port)
	}
	slices.SortFunc(ports, func(a, b airflow.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.End, b.End), cmp.Compare(a.Protocol, b.Protocol))
	})
	wide := s.ports[allPorts]
	var out []rule
	at := map[string]int{}
	for _, port := range ports {
		peers := s.ports[port]
		if port != allPorts {
			peers = without(peers, wide)
		}
		peers = reduced(peers)
		if len(peers) == 0 {
			continue
		}
		key := keyOf(peers)
		if port == allPorts {
			key = "all " + key
		}
		i, known := at[key]
		if !known {
			i, at[key] = len(out), len(out)
			out = append(out, rule{peers: apiPeers(peers)})
		}
		if port != allPorts {
			out[i].ports = append(out[i].ports, apiPort(port))
		}
	}
	return out
}

// without leaves out the peers that another list holds already.
func without(peers, wide []peer) []peer {
	return slices.DeleteFunc(slices.Clone(peers), func(p peer) bool {
		return slices.ContainsFunc(wide, func(w peer) bool { return w.holds(p) })
	})
}

// reduced sorts peers and leaves out those that others hold.
func reduced(peers []peer) []peer {
	peers = slices.Clone(peers)
	slices.SortStableFunc(peers, func(a, b peer) int { return strings.Compare(a.order, b.order) })
	peers = slices.CompactFunc(peers, func(a, b peer) bool { return a.order == b.order && a.everyone == b.everyone })
	var out []peer
	for i, p := range peers {
		held := slices.ContainsFunc(peers, func(w peer) bool { return w.order != p.order && w.holds(p) && !(p.holds(w) && i == 0) })
		if !held {
			out = append(out, p)
		}
	}
	return out
}

// holds says whether all that other lets pass passes here too.
func (p peer) holds(other peer) bool {
	switch {
	case p.everyone:
		return true
	case p.block != nil && other.block != nil:
		return p.block.covers(*other.block)
	}
	return !other.everyone && p.order == other.order
}

func keyOf(peers []peer) string {
	var b strings.Builder
	for _, p := range peers {
		b.WriteString(p.order + ";")
	}
	return b.String()
}

func apiPeers(peers []peer) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for _, p := range peers {
		if p.everyone {
			return nil
		}
		out = append(out, p.api)
	}
	return out
}

func apiPort(p airflow.Port) networkingv1.NetworkPolicyPort {
	number, protocol := intstr.FromInt32(p.Number), cmp.Or(p.Protocol, corev1.ProtocolTCP)
	out := networkingv1.NetworkPolicyPort{Port: &number, Protocol: &protocol}
	if p.End > p.Number {
		out.EndPort = &p.End
	}
	return out
}
