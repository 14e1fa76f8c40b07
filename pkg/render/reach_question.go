package render

import (
	"bytes"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// writeQuestion prints one question: the answer, who needs it, what decides, what to change.
func writeQuestion(b *bytes.Buffer, q *reach.Question, o Options) error {
	head := fmt.Sprintf("%s to %s: %s", plain(q.From), plain(target(q)), answerWords(q))
	fmt.Fprintf(b, "%s\n", strings.Join(wrapPainted(o, reachStyles[q.Mark()], head), "\n"))
	for _, text := range []string{q.Reason, q.Note} {
		if text != "" {
			fmt.Fprintf(b, "%s\n", strings.Join(wrap(plain(text)+".", o.Width), "\n"))
		}
	}
	for i := range q.Needs {
		b.WriteString("\n")
		writeNeed(b, &q.Needs[i], o)
	}
	if len(q.Decisions) > 0 {
		b.WriteString("\n")
		if err := decisionGrid(q).print(b, o); err != nil {
			return err
		}
	}
	writeDiffering(b, q, o)
	for _, c := range q.Changes {
		if err := writeChange(b, c, o); err != nil {
			return err
		}
	}
	return nil
}

// answerWords sums a question up in a sentence.
func answerWords(q *reach.Question) string {
	verdict := map[reach.Verdict]string{
		reach.Allowed: "allowed", reach.Denied: "denied", reach.Partly: "allowed for some pods only", reach.Unknown: "not known",
	}[q.Verdict]
	need := "Airflow does not need it"
	switch {
	case q.Needed():
		need = "and Airflow needs it"
		for _, n := range q.Needs {
			if n.Demand == airflow.Declared {
				need = "and the profile declares it"
			}
		}
	case len(q.Needs) > 0:
		need = "optional: Airflow works without it"
	}
	return verdict + ", " + need
}

func writeNeed(b *bytes.Buffer, n *reach.Need, o Options) {
	lines := [][2]string{
		{"Flow", fmt.Sprintf("%s, %s, %s", n.Flow, n.Demand, stateOfNeed(n))}, {"Why", n.Why}, {"Source", n.Source},
		{"Note", n.Note},
	}
	if n.Evidence != nil {
		lines = append(lines, [2]string{"Evidence", strings.TrimSpace(n.Evidence.String() + " " + n.Path)})
	}
	for _, line := range lines {
		if line[1] == "" {
			continue
		}
		for i, text := range wrap(plain(line[1]), max(o.Width-10, 0)) {
			name := line[0] + ":"
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(b, "%-10s%s\n", name, text)
		}
	}
}

func stateOfNeed(n *reach.Need) string {
	if n.State == netpol.Unclear && n.Reason != "" {
		return "unclear: " + n.Reason
	}
	return string(n.State)
}

// decisionGrid has a row for each decision: the side, the answer, the policy and its rule.
func decisionGrid(q *reach.Question) *grid {
	g := &grid{head: []string{"SIDE", "VERDICT", "POLICY", "DECIDED BY"}, flexible: map[int]int{2: 1, 3: 2}}
	for _, d := range q.Decisions {
		verdict := "denied"
		if d.Allowed {
			verdict = "allowed"
		}
		policy, by := decisionWords(d)
		if len(d.Pods) > 0 {
			by += "; holds for " + shortList(d.Pods)
		}
		g.add(string(d.Direction), verdict, policy, by)
	}
	return g
}

func decisionWords(d reach.Decision) (policy, by string) {
	switch d.Because {
	case reach.ByRule:
		return policyName(d.Policy), fmt.Sprintf("%s[%d]: %s", d.Direction, *d.Rule, d.Text)
	case reach.NotIsolated:
		return "-", "no policy selects the pods for " + string(d.Direction)
	case reach.SamePod:
		return "-", "a pod always reaches itself"
	case reach.HostNetwork:
		return "-", "policies do not hold for pods on the host's network"
	}
	var names []string
	for i := range d.Isolating {
		names = append(names, policyName(&d.Isolating[i]))
	}
	switch len(names) {
	case 0:
		return "-", "no rule allows it"
	case 1:
		return names[0], "it selects the pods, and no " + string(d.Direction) + " rule of it allows this"
	}
	return strings.Join(names, ", "), "they select the pods, and no " + string(d.Direction) + " rule of them allows this"
}

// shortList names the first of many.
func shortList(names []string) string {
	const shown = 4
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// writeDiffering says which pods differ where some may connect and others may not.
func writeDiffering(b *bytes.Buffer, q *reach.Question, o Options) {
	if q.Verdict != reach.Partly {
		return
	}
	b.WriteString("\n")
	for _, l := range q.Losses {
		text := fmt.Sprintf("Refused: %s to %s (%s).", shortList(l.From), shortList(l.To), l.Direction)
		fmt.Fprintf(b, "%s\n", strings.Join(wrap(plain(text), o.Width), "\n"))
	}
}

// writeChange prints what to do, with the rule as YAML where there is one.
func writeChange(b *bytes.Buffer, c reach.Change, o Options) error {
	fmt.Fprintf(b, "\n%s\n", strings.Join(wrap("To change: "+plain(c.Summary)+".", o.Width), "\n"))
	if c.Rule == nil {
		return nil
	}
	what := c.Rule
	if c.Action == reach.AddRule {
		what = map[string]any{"spec": map[string]any{string(c.Direction): []any{c.Rule}}}
	}
	text, err := yaml.Marshal(what)
	if err != nil {
		return err
	}
	b.WriteString("\n")
	for line := range strings.Lines(string(text)) {
		b.WriteString("  " + plain(strings.TrimSuffix(line, "\n")) + "\n")
	}
	return nil
}
