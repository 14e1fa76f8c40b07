package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// ValuesFormat is the format of an overlay for helm upgrade.
const ValuesFormat Format = "values"

// ValuesSet is what generate values has to say: the overlay and its proof.
type ValuesSet struct {
	Release, Namespace, Profile string
	// Changes are the overlay, sorted by key.
	Changes []harden.ValuesChange
	// Network is the trial of the chart's own NetworkPolicies; nil where it was not asked for.
	Network *verify.ValuesProof
	// Overlay is the proof of the rest; nil where it was not asked for or could not be tried.
	Overlay *verify.OverlayProof
	// Untried says why the chart could not be rendered for the rest; empty where it could.
	Untried string
	// Renders is how often the chart was rendered with other values.
	Renders int
	Unread  []snapshot.Coverage
}

// Holds says whether everything that was tried holds.
func (s *ValuesSet) Holds() bool {
	return (s.Network == nil || s.Network.Holds()) && (s.Overlay == nil || s.Overlay.Holds())
}

// Incomplete says that something was not read, not decided or not tried.
func (s *ValuesSet) Incomplete() bool {
	return len(s.Unread) > 0 || s.Untried != "" || s.Network != nil && len(s.Network.Unclear) > 0
}

type valuesDocument struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Release    patchRelease        `json:"release"`
	Profile    string              `json:"profile"`
	Values     map[string]any      `json:"values"`
	Keys       []valuesKeyLine     `json:"keys"`
	Left       []valuesLeft        `json:"left"`
	Proof      valuesProofDocument `json:"proof"`
	Unread     []snapshot.Coverage `json:"unread,omitempty"`
}

// valuesKeyLine is one key of the overlay.
type valuesKeyLine struct {
	Key string `json:"key"`
	// Path are the key's parts: a part may hold dots.
	Path  []string `json:"path"`
	Value any      `json:"value"`
	Rules []string `json:"rules"`
	Why   string   `json:"why"`
	// Closes are the fingerprints of the findings that it helps to close.
	Closes []string `json:"closes"`
}

type findingLine struct {
	Rule        string       `json:"rule"`
	Target      check.Target `json:"target"`
	Container   string       `json:"container,omitempty"`
	Message     string       `json:"message"`
	Fingerprint string       `json:"fingerprint"`
}

type valuesLeft struct {
	findingLine
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason"`
}

type valuesProofDocument struct {
	Holds   bool              `json:"holds"`
	Untried string            `json:"untried,omitempty"`
	Renders int               `json:"renders"`
	Closed  []findingLine     `json:"closed"`
	Broken  []findingLine     `json:"claimedAndOpen"`
	New     []findingLine     `json:"new"`
	Strays  []verify.Stray    `json:"alsoChanged"`
	Cut     []flowLine        `json:"cut"`
	Rights  *rightsDocument   `json:"rights,omitempty"`
	Denied  *deniedLine       `json:"podSecurity,omitempty"`
	Minimal *minimalLine      `json:"minimal,omitempty"`
	Network *valuesNetworking `json:"network,omitempty"`
}

// deniedLine counts the workloads that Pod Security refuses at the profile's level.
type deniedLine struct {
	Before int `json:"refusedBefore"`
	After  int `json:"refusedAfter"`
}

// minimalLine tells the keys that were left out once in a rendering from those that only the catalogue says are needed.
type minimalLine struct {
	Confirmed []string `json:"confirmed"`
	Assumed   []string `json:"assumed"`
}

type valuesNetworking struct {
	Flows   int             `json:"neededFlows"`
	Kept    int             `json:"keptFlows"`
	On      []string        `json:"onAlready"`
	Untried []string        `json:"untried"`
	Refused []refusedToggle `json:"refused"`
	Cut     []flowLine      `json:"cut"`
	Unclear []flowLine      `json:"unclear"`
}

type refusedToggle struct {
	Key    string     `json:"key"`
	Reason string     `json:"reason,omitempty"`
	Cut    []flowLine `json:"cut"`
}

// Values prints a set as JSON or YAML; the overlay itself is package emit's.
func Values(w io.Writer, format Format, set *ValuesSet) error {
	return show(w, format, valuesFormats, set, Options{})
}

var valuesFormats = map[Format]func(*bytes.Buffer, *ValuesSet, Options) error{
	JSON: asJSON((*ValuesSet).document),
	YAML: asYAML((*ValuesSet).document),
}

func (s *ValuesSet) document() valuesDocument {
	doc := valuesDocument{
		APIVersion: check.APIVersion, Kind: "ValuesOverlay", Release: patchRelease{s.Release, s.Namespace}, Profile: s.Profile,
		Values: harden.Overlay(s.Changes), Keys: []valuesKeyLine{}, Left: []valuesLeft{}, Unread: s.Unread,
		Proof: valuesProofDocument{
			Holds: s.Holds(), Untried: s.Untried, Renders: s.Renders, Network: networkingOf(s.Network),
			Closed: []findingLine{}, Broken: []findingLine{}, New: []findingLine{}, Strays: []verify.Stray{}, Cut: []flowLine{},
		},
	}
	for _, c := range s.Changes {
		doc.Keys = append(doc.Keys, valuesKeyLine{c.Key(), c.Path, c.Value, append([]string{}, c.Rules...), c.Why, append([]string{}, c.Fingerprints...)})
	}
	p := s.Overlay
	if p == nil {
		return doc
	}
	for _, l := range p.Left {
		doc.Left = append(doc.Left, valuesLeft{findingOf(l.Fact), l.Key, l.Reason})
	}
	doc.Proof.Closed, doc.Proof.Broken, doc.Proof.New = overlayLines(p.Closed), overlayLines(p.Broken), overlayLines(p.New)
	doc.Proof.Strays, doc.Proof.Cut = append(doc.Proof.Strays, p.Strays...), judgedLines(p.Cuts)
	doc.Proof.Rights = rightsOf(p.Access, nil)
	doc.Proof.Denied = &deniedLine{p.DeniedBefore, p.DeniedAfter}
	doc.Proof.Minimal = &minimalLine{append([]string{}, p.Confirmed...), append([]string{}, p.Assumed...)}
	return doc
}

func findingOf(f verify.Fact) findingLine {
	return findingLine{f.Rule, f.Target, f.Container, f.Message, f.Fingerprint}
}

func overlayLines(list []verify.Fact) []findingLine {
	out := []findingLine{}
	for _, f := range list {
		out = append(out, findingOf(f))
	}
	return out
}

func networkingOf(p *verify.ValuesProof) *valuesNetworking {
	if p == nil {
		return nil
	}
	out := &valuesNetworking{Flows: p.Flows, Kept: p.Kept, On: []string{}, Untried: []string{}, Refused: []refusedToggle{}, Cut: []flowLine{}, Unclear: judgedLines(p.Unclear)}
	for _, t := range p.On {
		out.On = append(out.On, t.Key)
	}
	for _, t := range p.Untried {
		out.Untried = append(out.Untried, t.Key)
	}
	for _, t := range p.Refused {
		out.Refused = append(out.Refused, refusedToggle{t.Key, t.Reason, cutLines(t.Cuts)})
	}
	out.Cut = cutLines(p.Cuts)
	return out
}

func cutLines(list []verify.Cut) []flowLine {
	var judged []verify.Judged
	for _, c := range list {
		judged = append(judged, c.Judged)
	}
	return judgedLines(judged)
}

// OverlayProof prints what an overlay closes, leaves and changes beside, for people.
func OverlayProof(w io.Writer, s *ValuesSet) error {
	var b bytes.Buffer
	if s.Untried != "" {
		fmt.Fprintf(&b, "Not tried: values for Pod Security and rights: %s.\n", plain(s.Untried))
	}
	if p := s.Overlay; p != nil {
		word := "holds"
		if !p.Holds() {
			word = "does NOT hold"
		}
		fmt.Fprintf(&b, "The proof %s: the overlay closes %s; Pod Security refuses %d workloads before and %d after. The chart was rendered %d times.\n",
			word, counted(len(p.Closed), "finding"), p.DeniedBefore, p.DeniedAfter, s.Renders)
		writeFacts(&b, "Claimed and still open", p.Broken)
		writeFacts(&b, "New with these values", p.New)
		for _, stray := range p.Strays {
			fmt.Fprintf(&b, "Also changed: %s: %s\n", plain(stray.Target.String()+containerOf(stray.Container)), plain(stray.Message))
		}
		writeCuts(&b, "Cut by these values", p.Cuts)
		writeAccess(&b, p.Access)
		if len(p.Assumed) > 0 {
			fmt.Fprintf(&b, "Not left out in a rendering, for there are too many: %s\n", plain(strings.Join(p.Assumed, ", ")))
		}
		writeValuesLeft(&b, p.Left)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeAccess names what pods need and do not have.
func writeAccess(b *bytes.Buffer, p verify.RightsProof) {
	for _, r := range p.Missing {
		fmt.Fprintf(b, "Missing%s: a right that %s needs: %s\n", already(r), plain(r.Workload.String()), plain(r.Why))
	}
	for _, r := range p.Tokenless {
		fmt.Fprintf(b, "Missing%s: a token that %s needs\n", already(r), plain(r.Workload.String()))
	}
}

func containerOf(name string) string {
	if name == "" {
		return ""
	}
	return " container " + name
}

// writeValuesLeft names what stays open, findings of one rule with one reason together.
func writeValuesLeft(b *bytes.Buffer, list []verify.LeftFact) {
	type group struct{ rule, reason string }
	var order []group
	names, keys := map[group][]string{}, map[group][]string{}
	for _, l := range list {
		at := group{l.Rule, l.Reason}
		if names[at] == nil {
			order = append(order, at)
		}
		names[at] = once(names[at], strings.ToLower(l.Target.Kind)+"/"+l.Target.Name+containerOf(l.Container))
		if l.Key != "" && !strings.Contains(l.Reason, l.Key) {
			keys[at] = once(keys[at], l.Key)
		}
	}
	for _, at := range order {
		text := at.reason
		if len(keys[at]) > 0 {
			text += " (" + someOf(keys[at]) + ")"
		}
		fmt.Fprintf(b, "Left: %s on %s: %s\n", at.rule, plain(someOf(names[at])), plain(text))
	}
}

func once(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// someOf is a list as far as a line holds it.
func someOf(list []string) string {
	const most = 4
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most-1], ", "), len(list)-most+1)
}
