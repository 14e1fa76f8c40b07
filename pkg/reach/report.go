package reach

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// APIVersion of a Report; see docs/schema/reach.json.
const APIVersion = "airflowsec.io/v1alpha1"

// Report is the answer of one reach, as others script against it.
type Report struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"` // always "Reach"
	Release    Release `json:"release"`
	Profile    string  `json:"profile"`
	// Asked are the words of one question; nil where all pairs were asked.
	Asked *Asked `json:"asked,omitempty"`
	// Coverage is how well NetworkPolicy objects were read. Unless it is read, every verdict is unknown.
	Coverage snapshot.Coverage `json:"coverage"`
	// Policies are those that were evaluated, in the order in which they count.
	Policies []Policy `json:"policies"`
	// Problems are the parts of policies that the API server would refuse; they match nothing here.
	Problems  []string   `json:"problems,omitempty"`
	Ends      []End      `json:"ends"`
	Summary   Summary    `json:"summary"`
	Questions []Question `json:"questions"`
}

// Release is what was asked about.
type Release struct {
	Name           string `json:"name"`
	Namespace      string `json:"namespace"`
	Revision       int    `json:"revision,omitempty"`
	AirflowVersion string `json:"airflowVersion"`
	Executor       string `json:"executor"`
}

// Asked are the words of a question as they were typed.
type Asked struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Policy is one NetworkPolicy that was evaluated.
type Policy struct {
	snapshot.Ref `json:",inline"`
	// Proposed says that it is not applied yet; Replaces, that it stands for one that is.
	Proposed bool `json:"proposed,omitempty"`
	Replaces bool `json:"replaces,omitempty"`
}

// EndKind says what an end is.
type EndKind string

// Inside the release: a component, one workload, one pod. Outside it: an
// address or range that was asked for, or a place that Airflow's flows name.
const (
	OfComponent EndKind = "component"
	OfWorkload  EndKind = "workload"
	OfPod       EndKind = "pod"
	OfAddress   EndKind = "address"
	OfPlace     EndKind = "place"
)

// End is one side of questions.
type End struct {
	Name string  `json:"name"`
	Kind EndKind `json:"kind"`
	// Component is Airflow's word for the part of the release; empty outside.
	Component airflow.Component `json:"component,omitempty"`
	// Place is the kind of place outside; empty inside.
	Place airflow.Place `json:"place,omitempty"`
	// Pods are the names of the pods, live ones and those that workloads will make.
	Pods []string `json:"pods"`
}

// Inside says whether the end is of the release's own namespace, as pods.
func (e End) Inside() bool { return len(e.Pods) > 0 }

// Verdict is what policies do to a connection.
type Verdict string

// Partly: some pods may and others may not. Unknown: policies could not be
// read, or the far end is not known well enough.
const (
	Allowed Verdict = "allowed"
	Denied  Verdict = "denied"
	Partly  Verdict = "partly"
	Unknown Verdict = "unknown"
)

// Question is one connection and the answer.
type Question struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Port is the pods' own; nil stands for any port, and then one that passes is enough.
	Port    *airflow.Port `json:"port,omitempty"`
	Verdict Verdict       `json:"verdict"`
	// Needs are the flows of Airflow that this connection is part of; none means that it is not needed.
	Needs     []Need     `json:"needs"`
	Decisions []Decision `json:"decisions"`
	// Losses are the pods that may not connect, for each side that refuses.
	Losses  []Loss   `json:"losses"`
	Changes []Change `json:"changes"`
	// Reason says why the verdict is unknown; else empty.
	Reason string `json:"reason,omitempty"`
	// Note says what became of the words, as a Service's port that was translated; often empty.
	Note string `json:"note,omitempty"`
}

// Need is one flow of Airflow that needs a connection.
type Need struct {
	Flow   string         `json:"flow"` // the row of the table of flows
	Demand airflow.Demand `json:"demand"`
	State  netpol.State   `json:"state"`
	Why    string         `json:"why"`
	Source string         `json:"source"`
	// Evidence is the object of this release that shows the need, and Path the field.
	Evidence *snapshot.Ref `json:"evidence,omitempty"`
	Path     string        `json:"path,omitempty"`
	Note     string        `json:"note,omitempty"`
	// Reason says why the state is unclear; else empty.
	Reason string `json:"reason,omitempty"`
}

// Because says why a direction is allowed or denied.
type Because string

// ByRule: a rule allows it. NotIsolated: no policy selects the pod in this
// direction. NoRule: policies select the pod and no rule of theirs allows it.
// The last two are netpol's notes.
const (
	ByRule      Because = "rule"
	NotIsolated Because = "not-isolated"
	NoRule      Because = "no-rule"
	SamePod     Because = Because(netpol.SamePod)
	HostNetwork Because = Because(netpol.HostNetwork)
)

// Decision is what decided one direction, for all pods or some.
type Decision struct {
	Direction netpol.Direction `json:"direction"`
	Allowed   bool             `json:"allowed"`
	Because   Because          `json:"because"`
	// Policy and Rule (from 0) are what allows; Path is the rule's JSON pointer and Text the rule in words.
	Policy *Policy `json:"policy,omitempty"`
	Rule   *int    `json:"rule,omitempty"`
	Path   string  `json:"path,omitempty"`
	Text   string  `json:"text,omitempty"`
	// Isolating are the policies that select the pods and do not let this pass.
	Isolating []Policy `json:"isolating,omitempty"`
	// Pods are those it holds for; empty where it holds for all that were asked.
	Pods []string `json:"pods,omitempty"`
}

// Loss is a connection that is refused.
type Loss struct {
	From      []string         `json:"from"`
	To        []string         `json:"to"`
	Direction netpol.Direction `json:"direction"`
	Policies  []Policy         `json:"policies"`
}

// Action is what a change does.
type Action string

// The actions: a rule more in a policy that is there, a policy more, or all
// the policies that this plugin generates.
const (
	AddRule   Action = "add-rule"
	AddPolicy Action = "add-policy"
	Generate  Action = "generate"
)

// Change is what to do about an answer.
type Change struct {
	Action    Action           `json:"action"`
	Summary   string           `json:"summary"`
	Direction netpol.Direction `json:"direction,omitempty"`
	Policy    *snapshot.Ref    `json:"policy,omitempty"`
	// Rule is the rule to add, or the whole NetworkPolicy.
	Rule any `json:"rule,omitempty"`
}

// Summary counts the questions by verdict, and those that are needed by what became of them.
type Summary struct {
	Questions int    `json:"questions"`
	Allowed   int    `json:"allowed"`
	Denied    int    `json:"denied"`
	Partly    int    `json:"partly"`
	Unknown   int    `json:"unknown"`
	Needed    Counts `json:"needed"`   // required by Airflow, or declared by the profile
	Optional  Counts `json:"optional"` // what Airflow works without
}

// Counts are needed connections by what became of them.
type Counts struct {
	Kept    int `json:"kept"`
	Cut     int `json:"cut"`
	Unclear int `json:"unclear"`
}
