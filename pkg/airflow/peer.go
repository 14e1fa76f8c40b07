package airflow

// Peer is one connection that a profile declares: where to or from, which
// ports, for whom and why.
type Peer struct {
	// To (for egress) or From (for ingressFrom) is an address range such as
	// 10.1.0.0/16, one address, a host name, or labels of pods as kubectl writes
	// them (app=vault,tier in (a,b)). It may be empty where Namespace says enough.
	To   string `json:"to,omitempty"`
	From string `json:"from,omitempty"`
	// Namespace is where the pods are: a name, or * for all; empty is the release's own.
	Namespace string `json:"namespace,omitempty"`
	// Host is the DNS name that an address range stands for, so that a
	// connection known by that name is kept to the range.
	Host string `json:"host,omitempty"`
	// Ports as 443, 53/UDP or 8000-8010; for ingressFrom they are the
	// component's own where none is given.
	Ports []string `json:"ports,omitempty"`
	// Components are those whose pods connect, or are connected to; the default
	// is the pods that run DAG code for egress and the web server for ingressFrom.
	Components []string `json:"components,omitempty"`
	Why        string   `json:"why"`
}
