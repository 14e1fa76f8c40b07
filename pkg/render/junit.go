package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// The parts of the JUnit XML format that CI systems agree on. It has no
// official standard; this is the subset of https://github.com/testmoapp/junitxml.
type (
	junitRoot struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`

		component string
	}
	junitCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		File    string     `xml:"file,attr,omitempty"`
		Failure *junitNote `xml:"failure,omitempty"`
		Error   *junitNote `xml:"error,omitempty"`
		Skipped *junitNote `xml:"skipped,omitempty"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junitReports writes a suite for each component, with a case for each rule
// and object, and a suite "release" for the rules that found nothing.
func junitReports(b *bytes.Buffer, reports []*check.Report, _ Options) error {
	root := junitRoot{Name: "kubectl-airflowsec"}
	for _, r := range reports {
		for _, s := range junitSuites(r) {
			root.Tests += s.Tests
			root.Failures += s.Failures
			root.Errors += s.Errors
			root.Skipped += s.Skipped
			root.Suites = append(root.Suites, s)
		}
	}
	b.WriteString(xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", "  ")
	if err := e.Encode(root); err != nil {
		return err
	}
	b.WriteString("\n")
	return nil
}

func junitSuites(r *check.Report) []junitSuite {
	list := junitList{release: plain(r.Release.Namespace + "/" + r.Release.Name)}
	for i := range r.Results {
		result := &r.Results[i]
		if note, ok := ruleCase(result); ok {
			list.add("", note)
		}
		for _, c := range objectCases(result) {
			list.add(c.component, c.junitCase)
		}
	}
	slices.SortStableFunc(list.suites, func(a, b junitSuite) int { return place(a.component) - place(b.component) })
	return list.suites
}

// ruleCase is the case of a rule as a whole: passed, not applicable, or
// without an answer. Rules with findings have one per object instead.
func ruleCase(result *check.Result) (junitCase, bool) {
	c := junitCase{Name: result.Rule + " " + result.Slug}
	switch {
	case result.Outcome == rule.Unknown, result.Incomplete:
		c.Error = &junitNote{Type: string(rule.Unknown), Message: "could not check: " + plain(cmp.Or(result.Reason, "no reason given"))}
	case result.Outcome == rule.NotApplicable:
		c.Skipped = &junitNote{Message: plain("not applicable: " + result.Reason)}
	case result.Outcome != rule.Passed:
		return c, false
	}
	return c, true
}

type objectCase struct {
	component string
	junitCase
}

// objectCases are a rule's findings, one case for each object.
func objectCases(result *check.Result) []objectCase {
	var out []objectCase
	at := map[check.Target]int{}
	for _, f := range result.Findings {
		i, known := at[f.Target]
		if !known {
			i = len(out)
			at[f.Target] = i
			name := result.Rule + " " + result.Slug + ": " + plain(objectName(f.Target))
			out = append(out, objectCase{f.Target.Component, junitCase{Name: name, File: plain(f.File)}})
		}
		out[i].take(f)
	}
	return out
}

// take adds a finding to its object's case: a failure, unless exceptions cover every finding.
func (c *objectCase) take(f check.Finding) {
	if f.Excepted {
		if c.Failure == nil {
			c.Skipped = &junitNote{Message: "accepted by an exception of the profile"}
		}
		return
	}
	c.Skipped = nil
	if c.Failure == nil {
		c.Failure = &junitNote{Type: string(f.Severity), Message: plain(f.Message)}
	}
	c.Failure.Text += fmt.Sprintf("\n%s: %s", f.Severity, plain(f.Message))
	if f.Path != "" {
		c.Failure.Text += "\n  at " + plain(f.Path)
	}
	if fix := allFixes(f.Fixes); fix != "" {
		c.Failure.Text += "\n  fix: " + plain(fix)
	}
	c.Failure.Text += "\n"
}

// junitList gathers cases into suites by component.
type junitList struct {
	release string
	suites  []junitSuite
}

func (l *junitList) add(component string, c junitCase) {
	name := l.release + " " + plain(cmp.Or(component, "release"))
	c.Class = strings.NewReplacer("/", ".", " ", ".").Replace(name)
	i := slices.IndexFunc(l.suites, func(s junitSuite) bool { return s.component == component })
	if i < 0 {
		i, l.suites = len(l.suites), append(l.suites, junitSuite{component: component, Name: name})
	}
	suite := &l.suites[i]
	suite.Tests++
	switch {
	case c.Failure != nil:
		suite.Failures++
	case c.Error != nil:
		suite.Errors++
	case c.Skipped != nil:
		suite.Skipped++
	}
	suite.Cases = append(suite.Cases, c)
}
