package netpol

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// spot is a part of an end: one pod, or addresses of which each may be the one.
type spot struct {
	name   string
	probes []Peer
	// named is the same pod with every name for its ports; nil where the pod's names are known.
	named *Peer
}

// unseen says that nothing tells where an end is.
func unseen(e airflow.End) bool {
	switch e.Place {
	case airflow.Anywhere, airflow.EntryPoint, airflow.Scraper:
		return true
	case airflow.Host, airflow.Range:
		return len(e.Addresses) == 0
	}
	return false
}

// spots are all parts of an end, or the reason why it has none.
func (n *Network) spots(e airflow.End) (spots []spot, reason string) {
	switch {
	case e.Workload != nil:
		for i := range n.Pods {
			if n.Pods[i].Workload == e.Workload {
				spots = append(spots, spot{name: n.Pods[i].Name, probes: []Peer{At(i)}})
			}
		}
		reason = fmt.Sprintf("no pod of %s is known", e.Name)
	case e.Place == airflow.Pods:
		spots = n.outsidePods(e)
		reason = fmt.Sprintf("the selectors of %s match no pods that can be told", e.Name)
	case e.Place == airflow.Range || e.Place == airflow.Host:
		for _, p := range e.Addresses {
			spots = append(spots, n.addresses(e.Name, p))
		}
		reason = fmt.Sprintf("no address of %s is known", e.Name)
	default:
		reason = fmt.Sprintf("where %s is is not known", e.Name)
	}
	if len(spots) > 0 {
		reason = ""
	}
	return spots, reason
}

// addresses probes a range at its ends and wherever an ipBlock begins or ends
// to hold, so that what holds for all probes holds for the range.
func (n *Network) addresses(name string, p netip.Prefix) spot {
	p = p.Masked()
	probes := []netip.Addr{p.Addr(), last(p)}
	edges := n.Evaluator.edges
	at, _ := slices.BinarySearchFunc(edges, p.Addr(), netip.Addr.Compare)
	for ; at < len(edges) && p.Contains(edges[at]); at++ {
		probes = append(probes, edges[at])
	}
	slices.SortFunc(probes, netip.Addr.Compare)
	s := spot{name: name}
	for _, a := range slices.Compact(probes) {
		s.probes = append(s.probes, Address(a))
	}
	return s
}

// outsidePods are the known pods outside the release that an end's selectors
// match, with the policies that hold for them. Where none is known it is
// imagined ones, with the labels that the selectors demand.
func (n *Network) outsidePods(e airflow.End) []spot {
	peer, ok := n.peerOf(e)
	if !ok {
		return nil
	}
	var spots []spot
	for i := range n.Pods {
		pod := &n.Pods[i]
		in := n.Evaluator.classes.labelsOf(pod.Namespace)
		if pod.Workload == nil && peer.matchesNamespace(pod.Namespace, in) && peer.matchesPod(pod.Labels) {
			spots = append(spots, spot{name: pod.Name, probes: []Peer{At(i)}})
		}
	}
	if len(spots) > 0 {
		return spots
	}
	pods, _ := peer.pods.imagine()
	for _, namespace := range n.imagineNamespaces(peer) {
		for _, has := range pods {
			spots = append(spots, n.imagined(e, namespace, has))
		}
	}
	return spots
}

func (n *Network) peerOf(e airflow.End) (podPeer, bool) {
	peer := podPeer{home: n.home}
	for _, s := range []struct {
		from *metav1.LabelSelector
		to   *selector
	}{{e.Labels, &peer.pods}, {e.Namespaces, &peer.namespaces}} {
		if s.from == nil {
			continue
		}
		compiled, err := metav1.LabelSelectorAsSelector(s.from)
		if err != nil {
			return peer, false
		}
		s.to.labels = compiled
	}
	return peer, true
}

// imagineNamespaces are labels of namespaces that a peer matches: the
// release's own if it does, and one for each that the selector tells.
func (n *Network) imagineNamespaces(p podPeer) []labels.Set {
	home := n.Evaluator.classes.labelsOf(n.home)
	var all []labels.Set
	if p.matchesNamespace(n.home, home) {
		all = append(all, home)
	}
	if !p.namespaces.given() {
		return all
	}
	sets, _ := p.namespaces.imagine()
	for _, set := range sets {
		name, told := set[namespaceName]
		if !told {
			name = someName
		}
		if name == n.home {
			continue
		}
		has := maps.Clone(n.Evaluator.classes.labelsOf(name))
		maps.Copy(has, set)
		if p.namespaces.labels.Matches(has) {
			all = append(all, has)
		}
	}
	return all
}

func (n *Network) imagined(e airflow.End, namespace, has labels.Set) spot {
	pod := airflow.Pod{Namespace: namespace[namespaceName], Name: e.Name, Labels: has}
	for _, p := range e.Addresses {
		pod.Addresses = append(pod.Addresses, p.Masked().Addr())
	}
	known := Outside(pod, namespace)
	named := known
	named.anyName = true
	return spot{name: e.Name, probes: []Peer{known}, named: &named}
}
