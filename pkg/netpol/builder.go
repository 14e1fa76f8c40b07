package netpol

import (
	"fmt"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The places of the two directions in arrays.
const (
	inward = iota
	outward
)

var directions = [2]Direction{inward: Ingress, outward: Egress}

func sideOf(d Direction) int {
	if d == Egress {
		return outward
	}
	return inward
}

// builder turns policies into rules over classes, each selector once.
type builder struct {
	classes classes
	matched map[matchKey]classSet
	policy  *Policy // the one at hand
	broken  []error
}

// matchKey is what the result of a pair of selectors depends on.
type matchKey struct{ home, namespaces, pods string }

func newBuilder(c Cluster) *builder {
	return &builder{classes: newClasses(c), matched: map[matchKey]classSet{}}
}

func (b *builder) add(e *Evaluator, index int) {
	b.policy = &e.cluster.Policies[index]
	spec := &b.policy.Spec
	path := field.NewPath("spec")
	subject, ok := b.compile(&spec.PodSelector, path.Child("podSelector"))
	types := b.types(spec, path.Child("policyTypes"))
	for side, isolates := range types {
		if !isolates {
			continue
		}
		if side == inward {
			for i, r := range spec.Ingress {
				at := path.Child("ingress").Index(i)
				e.rules[side][index] = append(e.rules[side][index], b.rule(r.From, at.Child("from"), r.Ports, at.Child("ports")))
			}
		} else {
			for i, r := range spec.Egress {
				at := path.Child("egress").Index(i)
				e.rules[side][index] = append(e.rules[side][index], b.rule(r.To, at.Child("to"), r.Ports, at.Child("ports")))
			}
		}
		if ok {
			b.match(podPeer{home: b.policy.Ref.Namespace, pods: subject}).each(func(class int) {
				e.selecting[side][class] = append(e.selecting[side][class], index)
			})
		}
	}
}

// types are the directions in which a policy isolates. Where it does not say,
// it is for ingress, and for egress too if it has such rules.
// Source: the API server's defaults of networking.k8s.io/v1.
func (b *builder) types(spec *networkingv1.NetworkPolicySpec, path *field.Path) (isolates [2]bool) {
	if len(spec.PolicyTypes) == 0 {
		return [2]bool{inward: true, outward: len(spec.Egress) > 0}
	}
	known := []networkingv1.PolicyType{inward: networkingv1.PolicyTypeIngress, outward: networkingv1.PolicyTypeEgress}
	for i, t := range spec.PolicyTypes {
		side := slices.Index(known, t)
		if side < 0 {
			b.refuse(field.NotSupported(path.Index(i), t, known))
			continue
		}
		isolates[side] = true
	}
	return isolates
}

func (b *builder) rule(peers []networkingv1.NetworkPolicyPeer, at *field.Path, ports []networkingv1.NetworkPolicyPort, portsAt *field.Path) rule {
	r := rule{everyone: len(peers) == 0, everyPort: len(ports) == 0}
	for i := range peers {
		b.peer(&r, &peers[i], i, at.Index(i))
	}
	for i := range ports {
		if p, err := newPorts(&ports[i], portsAt.Index(i)); err != nil {
			b.refuse(err)
		} else {
			r.ports = append(r.ports, p)
		}
	}
	return r
}

func (b *builder) peer(r *rule, p *networkingv1.NetworkPolicyPeer, index int, at *field.Path) {
	selects := p.PodSelector != nil || p.NamespaceSelector != nil
	switch {
	case selects && p.IPBlock != nil:
		b.refuse(field.Forbidden(at, "a peer is either an ipBlock or selectors"))
	case p.IPBlock != nil:
		if block, err := newBlock(p.IPBlock, at.Child("ipBlock")); err != nil {
			b.refuse(err)
		} else {
			block.index = index
			r.blocks = append(r.blocks, block)
		}
	case selects:
		peer := podPeer{index: index, home: b.policy.Ref.Namespace}
		var pods, namespaces bool
		peer.pods, pods = b.compile(p.PodSelector, at.Child("podSelector"))
		peer.namespaces, namespaces = b.compile(p.NamespaceSelector, at.Child("namespaceSelector"))
		if pods && namespaces {
			peer.found = b.match(peer)
			r.peers = append(r.peers, peer)
			r.pods = r.pods.union(peer.found)
		}
	default:
		b.refuse(field.Required(at, "a peer needs a selector or an ipBlock"))
	}
}

func (b *builder) refuse(err *field.Error) {
	b.broken = append(b.broken, fmt.Errorf("networkpolicy %s/%s: %w", b.policy.Ref.Namespace, b.policy.Ref.Name, err))
}
