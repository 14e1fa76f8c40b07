package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ruleText is a rule as the machine formats show it.
type ruleText struct {
	APIVersion string          `json:"apiVersion,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	ID         string          `json:"id"`
	Slug       string          `json:"slug"`
	Title      string          `json:"title"`
	Why        string          `json:"why"`
	Fix        string          `json:"fix"`
	Severity   rule.Severity   `json:"severity"`
	Level      rule.Level      `json:"level"`
	FixKinds   []rule.FixKind  `json:"fixKinds"`
	Topics     []string        `json:"topics"`
	References []rule.Ref      `json:"references"`
	Needs      []snapshot.Kind `json:"needs,omitempty"`
	Uses       []snapshot.Kind `json:"uses,omitempty"`
}

func textOf(r *rule.Rule) ruleText {
	needs, uses := r.Evidence()
	return ruleText{
		ID: r.ID, Slug: r.Slug, Title: r.Title, Why: r.Why, Fix: r.Fix, Severity: r.Severity, Level: r.Level,
		FixKinds: r.FixKinds, Topics: r.Topics, References: r.Refs, Needs: needs, Uses: uses,
	}
}

var rulesFormats = map[Format]func(*bytes.Buffer, []*rule.Rule, Options) error{
	Table: tableRules, Wide: wideRules,
	JSON: asJSON(ruleList),
	YAML: asYAML(ruleList),
}

// Rules prints a catalogue: Table, Wide, JSON or YAML.
func Rules(w io.Writer, format Format, rules []*rule.Rule, o Options) error {
	return show(w, format, rulesFormats, rules, o)
}

func ruleList(rules []*rule.Rule) list[ruleText] {
	var out []ruleText
	for _, r := range rules {
		out = append(out, textOf(r))
	}
	return newList("RuleList", out)
}

func tableRules(b *bytes.Buffer, rules []*rule.Rule, o Options) error {
	g := grid{head: []string{"RULE", "NAME", "SEVERITY", "PROFILE", "HOLDS WHEN"}, flexible: map[int]int{4: 1}}
	for _, r := range rules {
		g.add(r.ID, r.Slug, string(r.Severity), string(r.Level), r.Title)
	}
	return g.print(b, o)
}

func wideRules(b *bytes.Buffer, rules []*rule.Rule, o Options) error {
	g := grid{head: []string{"RULE", "NAME", "SEVERITY", "PROFILE", "FIX", "TOPICS", "NEEDS", "HOLDS WHEN"}}
	for _, r := range rules {
		g.add(r.ID, r.Slug, string(r.Severity), string(r.Level), words(r.FixKinds),
			strings.Join(r.Topics, ", "), orDash(words(r.Needs)), r.Title)
	}
	return g.print(b, o)
}

var explainFormats = map[Format]func(*bytes.Buffer, *rule.Rule, Options) error{
	Table: explainTable, Markdown: explainMarkdown,
	JSON: asJSON(ruleAnswer),
	YAML: asYAML(ruleAnswer),
}

// Explain prints all that a rule says of itself: Table (prose), Markdown, JSON or YAML.
func Explain(w io.Writer, format Format, r *rule.Rule, o Options) error {
	return show(w, format, explainFormats, r, o)
}

func ruleAnswer(r *rule.Rule) ruleText {
	out := textOf(r)
	out.APIVersion, out.Kind = check.APIVersion, "Rule"
	return out
}

func explainTable(b *bytes.Buffer, r *rule.Rule, o Options) error {
	fmt.Fprintf(b, "%s %s\n%s.\n\n", o.paint(bold, r.ID), o.paint(bold, r.Slug), strings.Join(wrap(r.Title, o.Width), "\n"))
	for _, fact := range ruleFacts(r) {
		fmt.Fprintf(b, "%-10s%s\n", fact[0]+":", indent(fact[1], 10, o))
	}
	for _, part := range [][2]string{{"Why", r.Why}, {"Fix", r.Fix}} {
		fmt.Fprintf(b, "\n%s\n  %s\n", o.paint(bold, part[0]), indent(part[1], 2, o))
	}
	fmt.Fprintf(b, "\n%s\n", o.paint(bold, "References"))
	for _, ref := range r.Refs {
		b.WriteString("  " + refText(ref) + "\n")
		if ref.URL != "" {
			b.WriteString("    " + ref.URL + "\n")
		}
	}
	return nil
}

// indent wraps a text that begins after some blanks.
func indent(text string, blanks int, o Options) string {
	limit := 0
	if o.Width > 0 {
		limit = max(o.Width-blanks, least)
	}
	return strings.Join(wrap(text, limit), "\n"+strings.Repeat(" ", blanks))
}

// ruleFacts are a rule's short fields, name and value.
func ruleFacts(r *rule.Rule) [][2]string {
	facts := [][2]string{
		{"Severity", string(r.Severity)},
		{"Profile", profilesOf(r.Level)},
		{"Fix by", words(r.FixKinds)},
		{"About", topicWords(r.Topics)},
	}
	if needs, uses := r.Evidence(); len(needs)+len(uses) > 0 {
		facts = append(facts, [2]string{"Reads", words(slices.Concat(needs, uses))})
	}
	return facts
}

// profilesOf names the built-in profiles that hold a rule of a level.
func profilesOf(level rule.Level) string {
	at := slices.Index(rule.Levels, level)
	return words(rule.Levels[max(at, 0):])
}

// topicNames spell out the topics of rules.
var topicNames = map[string]string{
	"Web": "webserver and API server", "Sched": "scheduler", "Work": "workers", "Flower": "Flower", "DB": "database",
	"Redis": "broker", "Sec": "secrets management", "Cfg": "configuration values", "Img": "images and registries",
	"Chart": "chart", "Git": "repository and CI", "K8s": "cluster", "Helm": "Helm", "App": "Airflow itself",
}

func topicWords(topics []string) string {
	out := make([]string, len(topics))
	for i, topic := range topics {
		out[i] = topicNames[topic]
		if out[i] == "" {
			out[i] = topic
		}
	}
	return strings.Join(out, ", ")
}

func refText(ref rule.Ref) string {
	if ref.ID == "" {
		return ref.Source
	}
	return ref.Source + ": " + ref.ID
}
