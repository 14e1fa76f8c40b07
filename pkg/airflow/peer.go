package airflow

// Peer is one connection that a profile declares: where to or from, which
// ports, for whom and why.
type Peer struct {
	// To (for egress) or From (for ingressFrom) is an address range such as
	// 10.1.0.0/16, one address, a host name (egress only), or labels of pods as
	// kubectl writes them (app=vault,tier in (a,b)). It may be empty where
	// Namespace says enough.
	To   string `json:"to,omitempty"`
	From string `json:"from,omitempty"`
	// Namespace is where the pods are: a name, or * for all; empty is the release's own.
	Namespace string `json:"namespace,omitempty"`
	// Host is the DNS name that the addresses or pods of an egress entry stand
	// for, so that a connection known by that name is kept to them. For a
	// connection whose address is not known it is the flow's ID, as database.
	Host string `json:"host,omitempty"`
	// Ports as 443, 53/UDP or 8000-8010; for ingressFrom they are the
	// component's own where none is given, and for egress they may be left out
	// where Host is given: the entry then only says where that host is.
	Ports []string `json:"ports,omitempty"`
	// Components are those whose pods connect, or are connected to; the default
	// is the pods that run DAG code for egress and the web server for ingressFrom.
	Components []string `json:"components,omitempty"`
	Why        string   `json:"why"`
}

// PeerEnd is what a Peer comes to.
type PeerEnd struct {
	// End is a Range, a Host or Pods.
	End   End
	Ports []Port
	// Components are never empty: the default stands where the profile names none.
	Components []Component
}

// PeerError is a mistake in one field of a Peer.
type PeerError struct{ field, what string }

// Field is the field's name as a profile writes it: "to", "ports[1]".
func (e *PeerError) Field() string { return e.field }

// What says what is wrong with the field: "is missing".
func (e *PeerError) What() string { return e.what }

func (e *PeerError) Error() string { return e.field + " " + e.what }

// Egress reads an entry of parameters.egress; namespace is the release's own.
// The error is a *PeerError.
func (p Peer) Egress(namespace string) (PeerEnd, error) {
	return p.parse(peerSide{"to", p.To, "from", p.From, dagCode}, namespace)
}

// Ingress reads an entry of parameters.ingressFrom; namespace is the release's
// own. The error is a *PeerError.
func (p Peer) Ingress(namespace string) (PeerEnd, error) {
	return p.parse(peerSide{"from", p.From, "to", p.To, []Component{Webserver, APIServer}}, namespace)
}

// dagCode are the components that run DAG authors' code, in the order of Components.
var dagCode = componentsThat(Component.RunsDagCode)

func componentsThat(do func(Component) bool) []Component {
	var out []Component
	for _, c := range Components {
		if do(c) {
			out = append(out, c)
		}
	}
	return out
}
