package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// dotStyles are the lines in Graphviz' words.
var dotStyles = map[line]string{
	keptLink: `color="#2e7d32"`, cutLink: `color="#c62828", fontcolor="#c62828", penwidth=3`, missedLink: `color="#ef6c00", style=dashed`,
	unclearLink: `color="#6a1b9a", style=dotted`, openLink: `color="#bdbdbd", fontcolor="#757575", penwidth=0.7`,
}

// dotReach writes the picture for Graphviz and whatever reads its language.
func dotReach(b *bytes.Buffer, r *reach.Report, o Options) error {
	g := drawn(r, o)
	fmt.Fprintf(b, "digraph %s {\n", quoteDot(g.title))
	b.WriteString("  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n")
	for i, n := range g.nodes {
		shape := ""
		if n.away {
			shape = ", style=dashed"
		}
		fmt.Fprintf(b, "  n%d [label=%s%s];\n", i, quoteDot(strings.Join(append([]string{n.name}, n.notes...), "\n")), shape)
	}
	for layer := sourceLayer; layer <= targetLayer; layer++ {
		var same []string
		for i, n := range g.nodes {
			if n.layer == layer {
				same = append(same, fmt.Sprintf("n%d;", i))
			}
		}
		if len(same) > 1 {
			fmt.Fprintf(b, "  { rank=same; %s }\n", strings.Join(same, " "))
		}
	}
	for _, e := range g.edges {
		fmt.Fprintf(b, "  n%d -> n%d [label=%s, %s];\n", e.from, e.to, quoteDot(e.label()), dotStyles[e.line])
	}
	b.WriteString("}\n")
	return nil
}

// quoteDot is a text as Graphviz reads it between quotes; a line break in it stays one.
func quoteDot(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(plain(lines[i]))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
