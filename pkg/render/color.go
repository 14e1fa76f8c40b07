package render

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// style is a terminal attribute (ECMA-48 SGR parameters).
type style string

const (
	bold  style = "1"
	green style = "32"
)

// severityStyles only help the eye: the word itself is always printed.
var severityStyles = map[rule.Severity]style{
	rule.Critical: "1;31", rule.High: "31", rule.Medium: "33", rule.Low: "36",
}

// paint colours a text where o allows it.
func (o Options) paint(s style, text string) string {
	if !o.Color || text == "" || s == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// paintSeverity colours a line's first word where it is a severity.
func (o Options) paintSeverity(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return o.paint(severityStyles[rule.Severity(word)], word) + line[len(word):]
}
