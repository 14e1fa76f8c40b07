package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// flawReport gathers the records that cover one version of one package, and says
// them shortly: the bad ones each by itself, the others by how bad they are.
type flawReport struct {
	pass    *rule.Pass
	on      software
	version advisory.Version

	alone       []flaw // high and critical
	medium, low []flaw
	only3       []flaw // cover Airflow 2 by their letter only
	off         []flaw // what enables them is off

	fix string // closes what it can of them
}

// flaw is a record with its weight in this release.
type flaw struct {
	advisory.Record
	severity rule.Severity
	needs    string // what enables it; empty where it needs nothing
	seen     reach
}

// ranked are the severities by a record's rank.
var ranked = [...]rule.Severity{1: rule.Low, 2: rule.Medium, 3: rule.High, 4: rule.Critical}

// weigh puts a record where it belongs. One that is used in attacks is
// critical, one whose setting is on at least medium.
func (c *flawReport) weigh(r advisory.Record) {
	f := flaw{Record: r, severity: ranked[r.Rank()]}
	if r.Exploited != "" {
		f.severity = rule.Critical
	}
	if needed := conditionNamed(r.When); needed != nil {
		f.needs, f.seen = needed.Words, needed.holds(c.pass)
	}
	if f.seen == reached && f.severity == rule.Low {
		f.severity = rule.Medium
	}
	switch {
	case f.seen == notReached && f.needs != "":
		c.off = append(c.off, f)
	case r.Only3 && c.version.Major() < 3:
		c.only3 = append(c.only3, f)
	case f.severity.Rank() >= rule.High.Rank():
		c.alone = append(c.alone, f)
	case f.severity == rule.Medium:
		c.medium = append(c.medium, f)
	default:
		c.low = append(c.low, f)
	}
}

func (c *flawReport) report() {
	c.fix = c.upgrade()
	for _, f := range c.alone {
		c.finding(f.ID, f.severity, c.one(f))
	}
	c.group("medium", rule.Medium, "of medium severity ", c.medium)
	c.group("low", rule.Low, "of low severity ", c.low)
	if len(c.only3) > 0 {
		c.finding("only Airflow 3", rule.Medium, fmt.Sprintf(
			"%s %s by the letter of the record, but %s about parts that only Airflow 3 is known to have; whether they are reached in Airflow %d is not known: %s",
			flawsCover(c.only3), c.on.words, flawsAre(c.only3), c.version.Major(), c.list(c.only3)))
	}
	if len(c.off) > 0 {
		c.finding("not reached", rule.Low, fmt.Sprintf(
			"%s %s, but what enables %s is off here: %s", flawsCover(c.off), c.on.words, flawsThem(c.off), c.list(c.off)))
	}
}

func (c *flawReport) group(aspect string, severity rule.Severity, words string, list []flaw) {
	if len(list) == 1 {
		c.finding(aspect, severity, c.one(list[0]))
	} else if len(list) > 1 {
		c.finding(aspect, severity, fmt.Sprintf("%d CVEs %scover %s: %s", len(list), words, c.on.words, c.list(list)))
	}
}

func (c *flawReport) finding(aspect string, severity rule.Severity, message string) {
	w := c.on.workload
	f := rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: w.SpecPath(), Aspect: c.on.name + " " + aspect,
		Message: message, Severity: severity, Fixes: []rule.Fix{{Kind: rule.Manual, Summary: c.fix}},
	}
	if main, ok := w.Main(); ok {
		f.Container, f.Path = main.Name, main.Path+"/image"
	}
	c.pass.Report(f)
}

// one tells a single record whole.
func (c *flawReport) one(f flaw) string {
	message := fmt.Sprintf("%s (%s) covers %s: %s", f.ID, said(f), c.on.words, strings.TrimSuffix(f.Summary, "."))
	if fixed := f.FixedIn(c.version); fixed != "" {
		message += "; fixed in " + fixed
	}
	if f.Exploited != "" {
		message += "; used in attacks, on CISA's list since " + f.Exploited
	}
	switch {
	case f.needs == "":
	case f.seen == reached:
		message += "; it needs " + f.needs + ", which is so here"
	default:
		message += "; it needs " + f.needs + ": whether that is so could not be told"
	}
	return message
}

// list names records, those that are equally bad and need the same together, the worst first.
func (c *flawReport) list(list []flaw) string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b flaw) int { return cmp.Or(b.Rank()-a.Rank(), cmp.Compare(flawLabel(a), flawLabel(b))) })
	var b strings.Builder
	for i, f := range list {
		switch {
		case i > 0 && flawLabel(f) == flawLabel(list[i-1]):
			b.WriteString(", " + f.ID)
		case i > 0:
			b.WriteString("; " + flawLabel(f) + ": " + f.ID)
		default:
			b.WriteString(flawLabel(f) + ": " + f.ID)
		}
	}
	return b.String()
}

// flawLabel is what a list says of a record beside its ID.
func flawLabel(f flaw) string {
	text := said(f)
	switch {
	case f.needs == "":
	case f.seen == reachUnknown:
		text += ", needs " + f.needs + " (could not be told)"
	case f.seen == reached:
		text += ", needs " + f.needs + " (so here)"
	default:
		text += ", needs " + f.needs
	}
	if f.Exploited != "" {
		text += ", used in attacks"
	}
	return text
}

// said is how bad the makers and the score say it is: they differ strongly.
func said(f flaw) string {
	words := f.Severity
	if words == "" {
		words = "no severity given"
	}
	if f.CVSS > 0 {
		words += fmt.Sprintf(", CVSS %.1f", f.CVSS)
	}
	return words
}

// upgrade is the fix of all findings of one version: the lowest version of the
// own line that closes the most, and the lowest that closes all that can be closed.
func (c *flawReport) upgrade() string {
	asked := records(c.alone, c.medium, c.low, c.off)
	own, _ := advisory.Upgrades(asked, c.version)
	_, all := advisory.Upgrades(append(slices.Clone(asked), records(c.only3)...), c.version)
	if all.Version == "" {
		return "no fixed version is published: keep what the flaw needs away from those you do not trust"
	}
	product := "Airflow"
	if c.on.name != advisory.Airflow {
		product = c.on.name
	}
	text := fmt.Sprintf("upgrade %s to %s or later, which closes all of these CVEs", product, all.Version)
	if len(all.Open) > 0 {
		text += " but " + strings.Join(all.Open, ", ") + " (no fixed version is published)"
	}
	switch {
	case c.on.name != advisory.Airflow || own.Version == all.Version:
	case own.Version != "":
		text += fmt.Sprintf("; in its own line %s closes %d of %d", own.Version, own.Closes, len(asked))
	case len(asked) > 0:
		text += "; no version of its own line closes any"
	}
	if major, _, _ := strings.Cut(all.Version, "."); major == "3" && c.pass.Airflow().Dialect == airflow.Community {
		text += ". The community chart runs no Airflow 3: move to the official chart"
	}
	return text
}

func records(lists ...[]flaw) []advisory.Record {
	var out []advisory.Record
	for _, f := range slices.Concat(lists...) {
		out = append(out, f.Record)
	}
	return out
}

func flawsCover(list []flaw) string {
	if len(list) == 1 {
		return "1 CVE covers"
	}
	return fmt.Sprintf("%d CVEs cover", len(list))
}

func flawsAre(list []flaw) string {
	if len(list) == 1 {
		return "is"
	}
	return "are"
}

func flawsThem(list []flaw) string {
	if len(list) == 1 {
		return "it"
	}
	return "them"
}
