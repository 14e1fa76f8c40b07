package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// mermaidArrows and mermaidStyles are the lines in Mermaid's words.
var (
	mermaidArrows = map[line]string{keptLink: "-->", cutLink: "==>", missedLink: "-.->", unclearLink: "-.->", openLink: "-->"}
	mermaidStyles = map[line]string{
		keptLink: "stroke:#2e7d32", cutLink: "stroke:#c62828,stroke-width:4px,color:#c62828", missedLink: "stroke:#ef6c00",
		unclearLink: "stroke:#6a1b9a", openLink: "stroke:#bdbdbd,stroke-width:1px,color:#757575",
	}
)

// mermaidReach writes the picture for Markdown that draws Mermaid.
func mermaidReach(b *bytes.Buffer, r *reach.Report, o Options) error {
	g := drawn(r, o)
	b.WriteString("flowchart LR\n")
	for i, n := range g.nodes {
		left, right := "[", "]"
		if n.away {
			left, right = "([", "])"
		}
		var text []string
		for _, part := range append([]string{n.name}, n.notes...) {
			text = append(text, escapeMermaid(part))
		}
		fmt.Fprintf(b, "  n%d%s\"%s\"%s\n", i, left, strings.Join(text, "<br/>"), right)
	}
	for _, e := range g.edges {
		fmt.Fprintf(b, "  n%d %s|\"%s\"| n%d\n", e.from, mermaidArrows[e.line], escapeMermaid(e.label()), e.to)
	}
	for i, e := range g.edges {
		fmt.Fprintf(b, "  linkStyle %d %s\n", i, mermaidStyles[e.line])
	}
	return nil
}

// escapeMermaid writes every character that means something to Mermaid or HTML as an entity.
func escapeMermaid(text string) string {
	return strings.NewReplacer(`&`, "#amp;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "#", "#35;", "`", "#96;", "\\", "#92;", "|", "#124;").Replace(plain(text))
}
