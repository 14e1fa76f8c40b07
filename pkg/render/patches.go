package render

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// Apply is the format of patches for kubectl apply.
const Apply Format = "apply"

// PatchSet is what generate patches has to say: the steps and the proof.
type PatchSet struct {
	Model *airflow.Model
	Label harden.Label
	Kinds []string
	// Before is the report of the release as it stands.
	Before *check.Report
	// Network and Flows are the plan of NetworkPolicies and its proof; nil where the set is of other kinds.
	Network *harden.NetworkPlan
	Flows   *verify.NetworkProof
	// Rights is the plan of accounts, roles and tokens; nil where the set is of other kinds.
	Rights *harden.RBACPlan
	// Access is the proof that what is needed stays covered; nil where Rights is.
	Access *verify.RightsProof
	// Plan is what the form that is written holds; Dropped what it cannot hold.
	Plan    *plan.Plan
	Dropped []plan.Dropped
	Proof   *verify.PlanProof
	// Admissions are what the API server says of the plan in a dry run; nil where it was not asked.
	Admissions []snapshot.Admission
	// Comments are lines above objects in forms for people, by their Ref.String().
	Comments map[string][]string
	// Objects are what is applied: new ones whole, others as minimal apply configurations.
	Objects []map[string]any
	// Stale are objects of an older set that this one does not hold.
	Stale []snapshot.Ref
	// Unread are kinds the proof stands on that were not read completely.
	Unread []snapshot.Coverage
}

// Holds says whether both proofs do, and the API server, where it was asked, takes everything.
func (set *PatchSet) Holds() bool {
	refused := slices.ContainsFunc(set.Admissions, func(a snapshot.Admission) bool { return a.Asked && !a.Accepted })
	return set.Proof.Holds() && (set.Access == nil || set.Access.Holds()) && (set.Flows == nil || set.Flows.Holds()) && !refused
}

// Incomplete says that something the proof stands on was not read or not
// answered, or that pods of others are held whose needs were not asked.
func (set *PatchSet) Incomplete() bool {
	unasked := slices.ContainsFunc(set.Admissions, func(a snapshot.Admission) bool { return !a.Asked })
	return unasked || len(set.Unread)+len(set.Proof.Unknown) > 0 || set.Flows != nil && len(set.Flows.Unread)+len(set.Flows.Beside) > 0
}

// Makes says whether the set makes an object that is not there yet.
func (set *PatchSet) Makes(kind snapshot.Kind, namespace, name string) bool {
	return slices.ContainsFunc(set.Plan.Steps, func(s plan.Step) bool {
		return s.Op == change.Put && s.Target.Kind == string(kind) && s.Target.Namespace == namespace && s.Target.Name == name
	}) && set.Model.Snapshot.Find(kind, namespace, name) == nil
}

type patchDocument struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Release    patchRelease        `json:"release"`
	Objects    []any               `json:"objects"`
	Steps      []stepLine          `json:"steps"`
	Left       []leftLine          `json:"left"`
	Stale      []snapshot.Ref      `json:"stale,omitempty"`
	Proof      proofDocument       `json:"proof"`
	Unread     []snapshot.Coverage `json:"unread,omitempty"`
}

type patchRelease struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type proofDocument struct {
	Holds    bool             `json:"holds"`
	Findings findingsDocument `json:"findings"`
	// Admissions are what the API server says in a dry run; only where it was asked.
	Admissions []snapshot.Admission `json:"admissions,omitempty"`
	Rights     *rightsDocument      `json:"rights,omitempty"`
	Flows      *flowsDocument       `json:"flows,omitempty"`
}

// rightsDocument counts needs, each of one workload in one namespace.
type rightsDocument struct {
	Needed    int            `json:"needed"`
	Covered   int            `json:"covered"`
	Missing   []verify.Right `json:"missing"`
	Tokenless []verify.Right `json:"withoutToken"`
	Beyond    []verify.Right `json:"beyondNeed"`
	Notes     []string       `json:"notes,omitempty"`
}

func rightsOf(p verify.RightsProof, notes []string) *rightsDocument {
	return &rightsDocument{
		Needed: p.Needed, Covered: p.Covered, Missing: append([]verify.Right{}, p.Missing...),
		Tokenless: append([]verify.Right{}, p.Tokenless...), Beyond: append([]verify.Right{}, p.Beyond...), Notes: notes,
	}
}

type flowsDocument struct {
	Holds bool `json:"holds"`
	// Flows are those that Airflow needs, Kept of them pass; Pairs are the other connections between its pods.
	Flows  int            `json:"neededFlows"`
	Kept   int            `json:"keptFlows"`
	Pairs  int            `json:"otherPairs"`
	Denied int            `json:"deniedPairs"`
	Cut    []flowLine     `json:"cut"`
	Unsure []flowLine     `json:"unclear"`
	Unread []flowLine     `json:"unread"`
	Open   []openLine     `json:"open"`
	Closed []openLine     `json:"closed"`
	Pass   []openPair     `json:"stillOpen"`
	Left   []snapshot.Ref `json:"left"`
	Beside []besideLine   `json:"beside"`
}

// besideLine is a pod of others that the policies isolate.
type besideLine struct {
	Pod      string   `json:"pod"`
	Policies []string `json:"policies"`
}

type flowLine struct {
	ID     string         `json:"id"`
	From   string         `json:"from"`
	To     string         `json:"to"`
	Ports  []airflow.Port `json:"ports"`
	Demand airflow.Demand `json:"demand"`
	Why    string         `json:"why"`
	Reason string         `json:"reason,omitempty"`
}

type openLine struct {
	flowLine
	Policy string `json:"policy,omitempty"`
	Close  string `json:"close"`
}

type openPair struct {
	From   string       `json:"from"`
	To     string       `json:"to"`
	Port   airflow.Port `json:"port"`
	Policy string       `json:"policy,omitempty"`
}

// Patches prints a set as JSON or YAML; the apply stream is package emit's.
func Patches(w io.Writer, format Format, set *PatchSet) error {
	return show(w, format, patchFormats, set, Options{})
}

var patchFormats = map[Format]func(*bytes.Buffer, *PatchSet, Options) error{
	JSON: asJSON((*PatchSet).document),
	YAML: asYAML((*PatchSet).document),
}

func (set *PatchSet) document() patchDocument {
	doc := patchDocument{
		APIVersion: check.APIVersion, Kind: "PatchSet",
		Release: patchRelease{set.Model.Release, set.Model.Namespace}, Objects: []any{}, Stale: set.Stale, Unread: set.Unread,
		Steps: stepLines(set), Left: leftLines(set.Proof.Left),
		Proof: proofDocument{Holds: set.Holds(), Findings: findingsOf(set.Proof), Admissions: set.Admissions},
	}
	for _, o := range set.Objects {
		doc.Objects = append(doc.Objects, o)
	}
	if set.Access != nil {
		doc.Proof.Rights = rightsOf(*set.Access, set.Rights.Notes)
	}
	if set.Flows != nil {
		doc.Proof.Flows = flowsOf(*set.Flows)
	}
	return doc
}

func flowsOf(p verify.NetworkProof) *flowsDocument {
	doc := &flowsDocument{
		Holds: p.Holds(), Flows: p.Flows, Kept: p.Kept, Pairs: p.Pairs, Denied: p.Denied,
		Cut: judgedLines(p.Cuts), Unsure: judgedLines(p.Unclear), Unread: judgedLines(p.Unread), Open: openLines(p.Open), Closed: openLines(p.Closed),
		Pass: []openPair{}, Left: []snapshot.Ref{}, Beside: []besideLine{},
	}
	for _, pair := range p.StillOpen {
		doc.Pass = append(doc.Pass, openPair{string(pair.From.Component), string(pair.To.Component), pair.Port, pair.Policy})
	}
	for _, b := range p.Beside {
		doc.Beside = append(doc.Beside, besideLine{b.Pod.Name, b.Policies})
	}
	for _, w := range p.Left {
		doc.Left = append(doc.Left, w.Ref)
	}
	return doc
}

func lineOf(f airflow.Flow) flowLine {
	ports := append([]airflow.Port{}, f.Ports...) // never null
	return flowLine{ID: f.ID, From: f.From.Name, To: f.To.Name, Ports: ports, Demand: f.Demand, Why: f.Why}
}

func judgedLines(list []verify.Judged) []flowLine {
	out := []flowLine{}
	for _, j := range list {
		line := lineOf(j.Flow)
		line.Reason = strings.TrimPrefix(reasonText(j.Verdict), ": ")
		out = append(out, line)
	}
	return out
}

func openLines(list []harden.Open) []openLine {
	out := []openLine{}
	for _, o := range list {
		line := openLine{flowLine: lineOf(o.Flow), Policy: o.Policy, Close: o.Close}
		line.Reason = o.Reason
		out = append(out, line)
	}
	return out
}
