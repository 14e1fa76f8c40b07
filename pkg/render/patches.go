package render

import (
	"bytes"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// Apply is the format of patches for kubectl apply.
const Apply Format = "apply"

// PatchSet is what generate patches has to say: the objects and the proof.
type PatchSet struct {
	Model *airflow.Model
	Label harden.Label
	Plan  harden.NetworkPlan
	Proof verify.NetworkProof
	// Stale are policies of an older set that this one does not hold.
	Stale []snapshot.Ref
	// Unread are kinds the proof stands on that were not read completely.
	Unread []snapshot.Coverage
}

type patchDocument struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Release    patchRelease        `json:"release"`
	Objects    []any               `json:"objects"`
	Stale      []snapshot.Ref      `json:"stale,omitempty"`
	Proof      proofDocument       `json:"proof"`
	Unread     []snapshot.Coverage `json:"unread,omitempty"`
}

type patchRelease struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type proofDocument struct {
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
	JSON: func(b *bytes.Buffer, set *PatchSet, _ Options) error { return writeJSON(b, set.document()) },
	YAML: func(b *bytes.Buffer, set *PatchSet, _ Options) error { return writeYAML(b, set.document()) },
}

func (set *PatchSet) document() patchDocument {
	p := set.Proof
	doc := patchDocument{
		APIVersion: check.APIVersion, Kind: "PatchSet",
		Release: patchRelease{set.Model.Release, set.Model.Namespace}, Objects: []any{}, Stale: set.Stale, Unread: set.Unread,
		Proof: proofDocument{
			Holds: p.Holds(), Flows: p.Flows, Kept: p.Kept, Pairs: p.Pairs, Denied: p.Denied,
			Cut: judgedLines(p.Cuts), Unsure: judgedLines(p.Unclear), Unread: judgedLines(p.Unread), Open: openLines(p.Open), Closed: openLines(p.Closed),
			Pass: []openPair{}, Left: []snapshot.Ref{}, Beside: []besideLine{},
		},
	}
	for _, policy := range set.Plan.Policies {
		doc.Objects = append(doc.Objects, policy.NetworkPolicy)
	}
	for _, pair := range p.StillOpen {
		doc.Proof.Pass = append(doc.Proof.Pass, openPair{string(pair.From.Component), string(pair.To.Component), pair.Port, pair.Policy})
	}
	for _, b := range p.Beside {
		doc.Proof.Beside = append(doc.Proof.Beside, besideLine{b.Pod.Name, b.Policies})
	}
	for _, w := range p.Left {
		doc.Proof.Left = append(doc.Proof.Left, w.Ref)
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
