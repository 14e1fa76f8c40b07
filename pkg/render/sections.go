package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// writeSections prints what stands below the findings. Quiet keeps what is
// missing: silence must not look like a pass.
func writeSections(b *bytes.Buffer, r *check.Report, o Options) error {
	sections := []grid{unreadGrid(r), unansweredGrid(r)}
	if !o.Quiet {
		sections = append([]grid{valuesGrid(r)}, sections...)
		sections = append(sections, exceptionsGrid(r))
	}
	for _, g := range sections {
		if len(g.rows) == 0 {
			continue
		}
		if err := g.print(b, o); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	if ids := unjudged(r); len(ids) > 0 && !o.Quiet {
		text := fmt.Sprintf("Not judged, only a cluster can tell: %s.", strings.Join(ids, ", "))
		b.WriteString(strings.Join(wrap(text, o.Width), "\n") + "\n\n")
	}
	return nil
}

// unread are the kinds that should have been read and were not.
func unread(r *check.Report) []snapshot.Coverage {
	var out []snapshot.Coverage
	for _, c := range r.Coverage {
		if c.State == snapshot.Forbidden || c.State == snapshot.NotCollected {
			out = append(out, c)
		}
	}
	return out
}

var stateWords = map[snapshot.State]string{
	snapshot.Forbidden: "forbidden", snapshot.NotCollected: "not read",
}

// unreadGrid has a row for each reason, with all kinds it holds for.
func unreadGrid(r *check.Report) grid {
	g := grid{head: []string{"COULD NOT READ", "STATE", "REASON"}, flexible: map[int]int{0: 1, 2: 1}}
	kinds := map[snapshot.Coverage][]snapshot.Kind{}
	var order []snapshot.Coverage
	for _, c := range unread(r) {
		kind := c.Kind
		c.Kind = ""
		if kinds[c] == nil {
			order = append(order, c)
		}
		kinds[c] = append(kinds[c], kind)
	}
	for _, c := range order {
		g.add(words(kinds[c]), stateWords[c.State], c.Reason)
	}
	return g
}

// unanswered are reasons why rules have no answer, each with its rules.
func unanswered(r *check.Report) (reasons []string, rules map[string][]string) {
	rules = map[string][]string{}
	for _, result := range r.Results {
		if !result.Incomplete && result.Outcome != rule.Unknown {
			continue
		}
		id := result.Rule
		if result.Outcome != rule.Unknown {
			id += " (partly)"
		}
		if rules[result.Reason] == nil {
			reasons = append(reasons, result.Reason)
		}
		rules[result.Reason] = append(rules[result.Reason], id)
	}
	return reasons, rules
}

func unansweredGrid(r *check.Report) grid {
	g := grid{head: []string{"NO ANSWER", "BECAUSE"}, flexible: map[int]int{0: 1, 1: 1}}
	reasons, rules := unanswered(r)
	for _, reason := range reasons {
		g.add(strings.Join(rules[reason], ", "), reason)
	}
	return g
}

// unjudged are the rules that an offline source can never answer.
func unjudged(r *check.Report) []string {
	var ids []string
	for _, result := range r.Results {
		if result.Outcome == rule.NotApplicable && strings.HasPrefix(result.Reason, "only a cluster can tell") {
			ids = append(ids, result.Rule)
		}
	}
	return ids
}

func exceptionsGrid(r *check.Report) grid {
	g := grid{head: []string{"EXCEPTION", "RULE", "SCOPE", "OWNER", "UNTIL", "REASON"}, flexible: map[int]int{2: 1, 3: 1, 5: 1}}
	for _, e := range r.Exceptions {
		g.add(string(e.State), e.Rule, e.Scope, e.Owner, e.Expires, e.Reason)
	}
	return g
}

// key is one values path, or one command, and what it closes.
type key struct {
	path     string
	findings int
	worst    rule.Severity
	what     []string
}

// lever is what closes a finding together with others: a values path, or the
// command that writes new objects; empty where its fix is for it alone.
func lever(fix *check.Fix) (path, what string) {
	switch {
	case fix == nil:
		return "", ""
	case fix.Kind == rule.Values:
		return fix.ValuesKey, fix.Summary
	case fix.Writes:
		return "generate patches", "apply what it writes: the proof that nothing needed is cut comes with it"
	}
	return "", ""
}

// valuesKeys are the values paths that findings name first, those that close the worst and the most first.
func valuesKeys(r *check.Report) []key {
	var keys []key
	for _, result := range r.Results {
		for _, f := range result.Findings {
			fix := firstFix(f.Fixes)
			path, what := lever(fix)
			if f.Excepted || path == "" {
				continue
			}
			at := slices.IndexFunc(keys, func(k key) bool { return k.path == path })
			if at < 0 {
				at, keys = len(keys), append(keys, key{path: path})
			}
			k := &keys[at]
			k.findings++
			k.what = union(k.what, []string{what})
			if f.Severity.Rank() > k.worst.Rank() {
				k.worst = f.Severity
			}
		}
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		return cmp.Or(b.worst.Rank()-a.worst.Rank(), b.findings-a.findings, cmp.Compare(a.path, b.path))
	})
	return keys
}

// valuesGrid is where to begin: the values that close the worst findings.
func valuesGrid(r *check.Report) grid {
	const shown = 8
	keys := valuesKeys(r)
	g := grid{head: []string{"BEGIN WITH", "CLOSES", "WORST", "DO"}, flexible: map[int]int{0: 1, 3: 1}}
	for _, k := range keys[:min(shown, len(keys))] {
		g.add(k.path, count(k.findings, "finding"), string(k.worst), orders(k.what))
	}
	if more := keys[len(g.rows):]; len(more) > 0 {
		findings := 0
		for _, k := range more {
			findings += k.findings
		}
		g.add(count(len(more), "more key"), count(findings, "finding"), string(more[0].worst), "see the findings above")
	}
	return g
}

// orders joins what to do; a remark in brackets that all share stands once, at the end.
func orders(list []string) string {
	_, remark, _ := strings.Cut(list[0], " (")
	short := make([]string, len(list))
	for i, order := range list {
		rest, found := strings.CutSuffix(order, " ("+remark)
		if !found {
			return strings.Join(list, "; ")
		}
		short[i] = rest
	}
	return strings.Join(short, "; ") + " (" + remark
}
