package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// WiringSet is what generate secrets has to say: the plan and its proof.
type WiringSet struct {
	Plan  *wire.Plan
	Proof *wire.Proof // nil where nothing could be rendered
	// Judged are the answers of the rules about secrets after the wiring.
	Judged []check.Result
	// Untried says why the chart could not be rendered; empty where it could.
	Untried string
	Unread  []snapshot.Coverage
}

// failed are the rules that still have findings.
func (s *WiringSet) failed() []check.Result {
	return slices.DeleteFunc(slices.Clone(s.Judged), func(r check.Result) bool { return r.Outcome != rule.Failed })
}

// Holds says that everything that was tried holds.
func (s *WiringSet) Holds() bool {
	if s.Proof == nil {
		return len(s.Plan.Left) == 0
	}
	return s.Proof.Holds() && len(s.failed()) == 0
}

// Incomplete says that something was not read or not tried.
func (s *WiringSet) Incomplete() bool {
	return s.Untried != "" || len(s.Unread) > 0 || len(s.Plan.Unseen()) > 0 || s.Proof != nil && len(s.Proof.Unsure) > 0
}

type wiringDocument struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Release    patchRelease        `json:"release"`
	Backend    wire.Backend        `json:"backend"`
	Sync       wire.Sync           `json:"sync,omitempty"`
	Values     map[string]any      `json:"values"`
	Keys       []wiringKey         `json:"keys"`
	Objects    []wiringObject      `json:"objects"`
	Items      []wiringItem        `json:"items"`
	Moves      []wiringMove        `json:"moves"`
	Left       []wiringLeft        `json:"left"`
	Notes      []string            `json:"notes"`
	Proof      wiringProof         `json:"proof"`
	Unread     []snapshot.Coverage `json:"unread,omitempty"`
}

type wiringKey struct {
	Key   string   `json:"key"`
	Path  []string `json:"path"`
	Value any      `json:"value"`
	Why   string   `json:"why"`
}

type wiringObject struct {
	Object map[string]any `json:"object"`
	Why    string         `json:"why"`
}

type wiringItem struct {
	Name    string       `json:"name"`
	What    string       `json:"what"`
	Carrier wire.Carrier `json:"carrier"`
	Secret  string       `json:"secret,omitempty"`
	Values  []wiringData `json:"values"`
}

type wiringData struct {
	Key   string `json:"key,omitempty"`
	Now   string `json:"now"`
	Name  string `json:"name,omitempty"`
	Field string `json:"field,omitempty"`
}

type wiringMove struct {
	What   string   `json:"what"`
	From   string   `json:"from"`
	To     string   `json:"to"`
	Exists []string `json:"exists"`
	Read   []string `json:"read"`
	Pick   []string `json:"pick,omitempty"`
	Write  []string `json:"write"`
}

type wiringLeft struct {
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason"`
}

type wiringProof struct {
	Holds   bool         `json:"holds"`
	Untried string       `json:"untried,omitempty"`
	Wired   int          `json:"wired"`
	Broken  []string     `json:"broken"`
	Unsure  []string     `json:"unsure,omitempty"`
	Rules   []wiringRule `json:"rules"`
}

type wiringRule struct {
	Rule    string       `json:"rule"`
	Outcome rule.Outcome `json:"outcome"`
	Reason  string       `json:"reason,omitempty"`
}

// Wiring prints a set as JSON or YAML; the files are package emit's.
func Wiring(w io.Writer, format Format, set *WiringSet) error {
	return show(w, format, wiringFormats, set, Options{})
}

var wiringFormats = map[Format]func(*bytes.Buffer, *WiringSet, Options) error{
	JSON: asJSON((*WiringSet).document),
	YAML: asYAML((*WiringSet).document),
}

func (s *WiringSet) document() wiringDocument {
	p := s.Plan
	doc := wiringDocument{
		APIVersion: check.APIVersion, Kind: "SecretsWiring", Release: patchRelease{p.Release, p.Namespace}, Backend: p.Options.Backend, Sync: p.Options.Sync,
		Values: harden.Overlay(p.Changes), Keys: []wiringKey{}, Objects: []wiringObject{}, Items: []wiringItem{}, Moves: []wiringMove{}, Left: []wiringLeft{},
		Notes: append([]string{}, p.Notes...), Unread: s.Unread,
		Proof: wiringProof{Holds: s.Holds(), Untried: s.Untried, Broken: []string{}, Rules: []wiringRule{}},
	}
	for _, c := range p.Changes {
		doc.Keys = append(doc.Keys, wiringKey{c.Key(), c.Path, c.Value, c.Why})
	}
	for _, o := range p.Objects {
		doc.Objects = append(doc.Objects, wiringObject{o.Value, o.Why})
	}
	for _, i := range p.Items {
		item := wiringItem{Name: i.Name, What: i.What, Carrier: i.Carrier, Secret: i.Secret, Values: []wiringData{}}
		for _, d := range i.Data {
			item.Values = append(item.Values, wiringData{d.Key, d.Now.String(), d.There.Name, d.There.Field})
		}
		doc.Items = append(doc.Items, item)
	}
	for _, m := range p.Moves() {
		doc.Moves = append(doc.Moves, wiringMove{m.What, m.From, m.To, m.Exists, m.Read, m.Pick, m.Write})
	}
	for _, l := range p.Left {
		doc.Left = append(doc.Left, wiringLeft{l.Key, l.Reason})
	}
	if s.Proof != nil {
		doc.Proof.Wired, doc.Proof.Broken, doc.Proof.Unsure = s.Proof.Wired, append(doc.Proof.Broken, s.Proof.Broken...), s.Proof.Unsure
	}
	for _, r := range s.Judged {
		doc.Proof.Rules = append(doc.Proof.Rules, wiringRule{r.Rule, r.Outcome, snapshot.Redact(r.Reason)})
	}
	return doc
}

// WiringProof prints what a wiring brings, leaves and breaks, for people.
func WiringProof(w io.Writer, s *WiringSet) error {
	var b bytes.Buffer
	switch {
	case s.Untried != "":
		fmt.Fprintf(&b, "Not tried: %s.\n", plain(s.Untried))
	case s.Holds():
		fmt.Fprintf(&b, "The proof holds: the chart was rendered with these values, and %d places take %s from where they are to come.\n", s.Proof.Wired, counted(len(s.Plan.Items), "credential"))
	default:
		fmt.Fprintf(&b, "The proof does NOT hold: %s to see to.\n", counted(len(s.Proof.Broken)+len(s.failed()), "thing"))
	}
	if s.Proof != nil {
		for _, text := range s.Proof.Broken {
			fmt.Fprintf(&b, "Not wired: %s\n", plain(text))
		}
		for _, text := range s.Proof.Unsure {
			fmt.Fprintf(&b, "Cannot be told: %s\n", plain(text))
		}
	} else {
		for _, l := range s.Plan.Left {
			fmt.Fprintf(&b, "Not wired: %s\n", plain(strings.TrimPrefix(l.Key+": "+l.Reason, ": ")))
		}
	}
	for _, what := range s.Plan.Unseen() {
		fmt.Fprintf(&b, "Not tried: %s: a subchart takes it, and Helm keeps no copy of those: give --chart.\n", plain(what))
	}
	s.writeJudged(&b)
	for _, note := range s.Plan.Notes {
		fmt.Fprintf(&b, "Note: %s\n", plain(note))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeJudged says what the rules about secrets answer afterwards.
func (s *WiringSet) writeJudged(b *bytes.Buffer) {
	var passed, unknown []string
	for _, r := range s.Judged {
		switch r.Outcome {
		case rule.Passed:
			passed = append(passed, r.Rule)
		case rule.Unknown:
			unknown = append(unknown, r.Rule)
		case rule.Failed:
			for _, f := range r.Findings {
				fmt.Fprintf(b, "Still open: %s on %s/%s: %s\n", r.Rule, plain(strings.ToLower(f.Target.Kind)), plain(f.Target.Name), plain(f.Message))
			}
		}
	}
	if len(passed) > 0 {
		fmt.Fprintf(b, "Passed with these values: %s\n", strings.Join(passed, ", "))
	}
	if len(unknown) > 0 {
		fmt.Fprintf(b, "Cannot be told before the Secrets are there: %s\n", strings.Join(unknown, ", "))
	}
}
