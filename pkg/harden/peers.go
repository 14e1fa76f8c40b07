package harden

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// block is an address range with holes.
type block struct {
	prefix netip.Prefix
	except []netip.Prefix
}

// covers says whether every address of other is in b.
func (b block) covers(other block) bool {
	if b.prefix.Bits() > other.prefix.Bits() || !b.prefix.Contains(other.prefix.Addr()) {
		return false
	}
	return !slices.ContainsFunc(b.except, func(hole netip.Prefix) bool {
		return hole.Overlaps(other.prefix) && !slices.ContainsFunc(other.except, func(also netip.Prefix) bool {
			return also.Bits() <= hole.Bits() && also.Contains(hole.Addr())
		})
	})
}

// peer is one entry of a rule's from or to; everyone stands for a rule without any.
type peer struct {
	everyone bool
	api      networkingv1.NetworkPolicyPeer
	block    *block
	order    string
}

func everyone() peer { return peer{everyone: true} }

func blockPeer(b block) peer {
	ip := &networkingv1.IPBlock{CIDR: b.prefix.String()}
	for _, hole := range b.except {
		ip.Except = append(ip.Except, hole.String())
	}
	return peer{api: networkingv1.NetworkPolicyPeer{IPBlock: ip}, block: &b, order: "2" + ip.CIDR + strings.Join(ip.Except, ",")}
}

func podPeer(namespaces, pods *metav1.LabelSelector) peer {
	api := networkingv1.NetworkPolicyPeer{NamespaceSelector: namespaces, PodSelector: pods}
	return peer{api: api, order: "1" + written(namespaces) + "/" + written(pods)}
}

// written tells selectors apart; FormatLabelSelector alone calls both nothing and everything <none>.
func written(s *metav1.LabelSelector) string {
	if s == nil {
		return ""
	}
	return "{" + metav1.FormatLabelSelector(s) + "}"
}

func inNamespace(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

// peersOf are the peers for one end of a flow, which is in the group at where
// it is of the release, as the policy of the other end's group names them.
func (p *networkPlanner) peersOf(end airflow.End, at, other *group) []peer {
	switch {
	case end.Place == airflow.EntryPoint, end.Workload != nil && end.Workload.Spec.HostNetwork:
		return []peer{everyone()}
	case end.Workload != nil && at == nil:
		return p.unplanned(end.Workload, other)
	case end.Workload != nil && at.namespace == other.namespace:
		return []peer{podPeer(nil, at.selector)}
	case end.Workload != nil:
		return []peer{podPeer(inNamespace(at.namespace), at.selector)}
	case end.Place == airflow.Pods && end.Namespaces != nil: // its Service's address is for plugins that decide before it is translated
		return append(rangePeers(end.Addresses), podPeer(end.Namespaces, end.Labels))
	case end.Place == airflow.Pods:
		return append(rangePeers(end.Addresses), podPeer(nil, orAll(end.Labels)))
	case end.Place == airflow.Anywhere && other.needsAPI:
		return blocks(publicRanges(nil))
	case end.Place == airflow.Anywhere:
		return blocks(publicRanges(p.apiAddresses))
	case len(end.Addresses) > 0:
		return rangePeers(end.Addresses)
	}
	if other.needsAPI {
		return blocks(anyAddress(nil))
	}
	return blocks(anyAddress(p.apiAddresses))
}

// unplanned are the peers for a workload that no policy of the plan selects.
func (p *networkPlanner) unplanned(w *airflow.Workload, other *group) []peer {
	selector := p.model.Selector(w)
	if len(selector) == 0 {
		return []peer{everyone()}
	}
	var namespace *metav1.LabelSelector
	if w.Namespace() != other.namespace {
		namespace = inNamespace(w.Namespace())
	}
	return []peer{podPeer(namespace, &metav1.LabelSelector{MatchLabels: selector})}
}

// orAll is a selector of all pods where there is none: a peer must select something.
func orAll(s *metav1.LabelSelector) *metav1.LabelSelector {
	if s == nil {
		return &metav1.LabelSelector{}
	}
	return s
}

func rangePeers(prefixes []netip.Prefix) []peer {
	var out []block
	for _, prefix := range prefixes {
		out = append(out, block{prefix: prefix.Masked()})
	}
	return blocks(out)
}

func blocks(list []block) []peer {
	out := make([]peer, len(list))
	for i, b := range list {
		out[i] = blockPeer(b)
	}
	return out
}

// anyAddress is where a host may be whose address is not known: everywhere but
// at the node's own services, and outside holes.
func anyAddress(holes []netip.Prefix) []block {
	return punched([]string{"0.0.0.0/0", "::/0"}, nodeLocal, holes)
}

// publicRanges are all addresses of the internet, without the node's own services and without holes.
func publicRanges(holes []netip.Prefix) []block {
	return punched([]string{"0.0.0.0/0", "2000::/3"}, append(slices.Clone(nodeLocal), privateRanges...), holes)
}

// nodeLocal are addresses at which a cloud's node hands out its identity to whoever asks.
// Sources: RFC 3927, RFC 4291; AWS IMDS (169.254.169.254, fd00:ec2::254); Azure WireServer (168.63.129.16); Alibaba Cloud (100.100.100.200).
var nodeLocal = []string{"100.100.100.200/32", "169.254.0.0/16", "168.63.129.16/32", "fe80::/10", "fd00:ec2::254/128"}

// privateRanges are not routed on the internet: RFC 1918, RFC 6598, RFC 4193.
var privateRanges = []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}

func punched(wide, fixed []string, holes []netip.Prefix) []block {
	for _, text := range fixed {
		holes = append(slices.Clone(holes), netip.MustParsePrefix(text))
	}
	var out []block
	for _, text := range wide {
		b := block{prefix: netip.MustParsePrefix(text)}
		for _, hole := range holes {
			inside := b.prefix.Contains(hole.Addr()) && hole.Bits() > b.prefix.Bits()
			covered := slices.ContainsFunc(holes, func(other netip.Prefix) bool {
				return other != hole && other.Bits() <= hole.Bits() && other.Contains(hole.Addr())
			})
			if inside && !covered {
				b.except = append(b.except, hole)
			}
		}
		slices.SortFunc(b.except, func(a, b netip.Prefix) int {
			return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
		})
		b.except = slices.Compact(b.except)
		out = append(out, b)
	}
	return out
}
