package airflow

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Port is one port of a connection's far end, as the pod has it: a Service's
// own port is already translated.
type Port struct {
	Number int32 `json:"port"`
	// End is the last of a range that begins with Number; 0 means one port.
	End      int32           `json:"end,omitempty"`
	Protocol corev1.Protocol `json:"protocol"` // TCP, UDP or SCTP; never empty
}

// String is "8080" for TCP, "9125/UDP" for the others, "8000-8010" for a range.
func (p Port) String() string {
	text := strconv.Itoa(int(p.Number))
	if p.End != 0 {
		text += fmt.Sprintf("-%d", p.End)
	}
	if p.Protocol == corev1.ProtocolTCP {
		return text
	}
	return fmt.Sprintf("%s/%s", text, p.Protocol)
}

// PortList are ports for people, after the name of an end: ":53,53/UDP"; empty for all ports.
func PortList(ports []Port) string {
	if len(ports) == 0 {
		return ""
	}
	out := make([]string, len(ports))
	for i, p := range ports {
		out[i] = p.String()
	}
	return ":" + strings.Join(out, ",")
}

// Demand says how badly a flow is needed.
type Demand string

// Required: something of Airflow stops without it. Optional: Airflow works
// without it, and something beside it (metrics, telemetry) does not. Declared:
// the profile says so.
const (
	Required Demand = "required"
	Optional Demand = "optional"
	Declared Demand = "declared"
)

// Place is the kind of an end outside the release.
type Place string

// The places. Host has a DNS name, Range is addresses that are known, and
// Pods are pods outside the release that labels tell. Anywhere is what DAG
// code talks to, which no manifest shows. EntryPoint (ingress controllers,
// gateways, load balancers, login proxies) and Scraper (Prometheus) are
// sources whose whereabouts no manifest of the release shows.
const (
	Host       Place = "host"
	Range      Place = "range"
	Pods       Place = "pods"
	Anywhere   Place = "anywhere"
	EntryPoint Place = "entry-point"
	Scraper    Place = "scraper"
)

// End is one end of a flow: a workload of the release, or a place outside it.
type End struct {
	// Workload is nil outside the release.
	Workload *Workload
	// Place is empty inside the release.
	Place Place
	// Name is what a person calls the end: a component, kube-dns, db.example.com.
	Name string
	// Host is the DNS name of a Host.
	Host string
	// Addresses are what is known of where the end is: all of a Range, perhaps some of Pods.
	Addresses []netip.Prefix
	// Namespaces and Labels select Pods, as in a NetworkPolicy's peer.
	Namespaces *metav1.LabelSelector
	Labels     *metav1.LabelSelector
}

// Component is the end's component; empty outside the release.
func (e End) Component() Component {
	if e.Workload == nil {
		return ""
	}
	return e.Workload.Component
}

// Flow is one connection that Airflow makes, from the end that opens it.
type Flow struct {
	// ID names the row of the table: database, broker, execution-api, dns, …
	ID       string
	From, To End
	// Ports are all needed, at each of the far end's addresses.
	Ports  []Port
	Demand Demand
	// Why says what stops without it.
	Why string
	// Source says where the fact comes from: a chart template, Airflow's code, the profile.
	Source string
	// Evidence is the object and field of this release that shows it, where one does; Ref is empty where none does.
	Evidence     snapshot.Ref
	EvidencePath string
	// Note is a reservation, as that an address stands behind a Secret that could not be read; often empty.
	Note string
}

// Declarations are what a profile says of connections and functions that no manifest shows.
type Declarations struct {
	Functions   []Function
	Egress      []Peer
	IngressFrom []Peer
}

// Pod is a pod that policies may select: a live one, one that a workload will
// make, or the KubernetesExecutor's with the labels that the executor stamps.
type Pod struct {
	// Workload is nil for a pod of the namespace that is not of the release.
	Workload        *Workload
	Namespace, Name string
	Labels          map[string]string
	Addresses       []netip.Addr // empty where not known
	HostNetwork     bool
	Ports           []NamedPort
	// Live says that the pod exists; else it is what its workload's template makes.
	Live bool
}

// NamedPort is a port that a container of a pod declares; Name may be empty.
type NamedPort struct {
	Name string
	Port
}
