package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// svgLine is how a line looks.
type svgLine struct {
	color, dash string
	width       float64
}

var svgLines = map[line]svgLine{
	keptLink: {"#2e7d32", "", 1.6}, cutLink: {"#c62828", "", 3.2}, missedLink: {"#ef6c00", "6 4", 2},
	unclearLink: {"#6a1b9a", "2 4", 2}, openLink: {"#bdbdbd", "", 0.8},
}

// svgReach draws the picture itself, so that no other program is needed.
func svgReach(b *bytes.Buffer, r *reach.Report, o Options) error {
	g := drawn(r, o)
	d := draw(g)
	fmt.Fprintf(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">\n", d.width, d.height, d.width, d.height)
	fmt.Fprintf(b, "<title>Connections of %s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n", escapeXML(g.title))
	writeArrowheads(b)
	writeSVGLegend(b, g)
	for i, e := range g.edges {
		s := svgLines[e.line]
		fmt.Fprintf(b, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s marker-end=\"url(#arrow%d)\"><title>%s</title></path>\n",
			pathData(d.curves[i]), s.color, s.width, dashes(s), e.line, escapeXML(g.words(e)))
	}
	for _, box := range d.boxes {
		if box.node >= 0 {
			writeBox(b, box, g.nodes[box.node])
		}
	}
	for i, e := range g.edges {
		if l := d.labels[i]; l.text != "" {
			fmt.Fprintf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#ffffff\" fill-opacity=\"0.9\"/>", l.x, l.y, l.w, l.h)
			fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"%s\">%s</text>\n", l.x+l.w/2, l.y+11, textColor(e.line), escapeXML(l.text))
		}
	}
	b.WriteString("</svg>\n")
	return nil
}

// words say in full what an edge is.
func (g *graph) words(e edge) string {
	return fmt.Sprintf("%s to %s: %s, %s", g.nodes[e.from].name, g.nodes[e.to].name, strings.Join(e.ports, ", "), linkWords[e.line])
}

// textColor is darker than an open edge's line, which would be hard to read.
func textColor(l line) string {
	if l == openLink {
		return "#757575"
	}
	return svgLines[l].color
}

func dashes(s svgLine) string {
	if s.dash == "" {
		return ""
	}
	return ` stroke-dasharray="` + s.dash + `"`
}

func writeArrowheads(b *bytes.Buffer) {
	b.WriteString("<defs>\n")
	for l := openLink; l <= cutLink; l++ {
		fmt.Fprintf(b, "<marker id=\"arrow%d\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"%s\"/></marker>\n", l, svgLines[l].color)
	}
	b.WriteString("</defs>\n")
}

// writeSVGLegend names the release and the lines that the picture has.
func writeSVGLegend(b *bytes.Buffer, g *graph) {
	fmt.Fprintf(b, "<text x=\"%d\" y=\"26\" font-size=\"16\" font-weight=\"bold\">%s</text>\n", margin, escapeXML(g.title))
	x := margin
	for _, l := range []line{cutLink, keptLink, missedLink, unclearLink, openLink} {
		if !slices.ContainsFunc(g.edges, func(e edge) bool { return e.line == l }) {
			continue
		}
		s := svgLines[l]
		fmt.Fprintf(b, "<path d=\"M%d 46 L%d 46\" stroke=\"%s\" stroke-width=\"%.1f\"%s/><text x=\"%d\" y=\"50\">%s</text>\n",
			x, x+28, s.color, s.width, dashes(s), x+34, linkWords[l])
		x += 160
	}
}

func writeBox(b *bytes.Buffer, at box, n node) {
	fill, dash := "#e3f2fd", ""
	if n.away {
		fill, dash = "#fafafa", ` stroke-dasharray="4 3"`
	}
	fmt.Fprintf(b, "<g><title>%s</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\" fill=\"%s\" stroke=\"#455a64\"%s/>", escapeXML(n.name), at.x, at.y, at.w, at.h, fill, dash)
	fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"12\" font-weight=\"bold\">%s</text>", at.x+at.w/2, at.y+19, escapeXML(shortened(n.name)))
	for i, note := range n.notes {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10\" fill=\"#546e7a\">%s</text>", at.x+at.w/2, at.y+33+float64(i)*noteHeight, escapeXML(note))
	}
	b.WriteString("</g>\n")
}

// shortened is a name that fits a box; the box's tooltip has it whole.
func shortened(name string) string {
	const fits = 20
	letters := []rune(name)
	if len(letters) <= fits {
		return name
	}
	return string(letters[:fits-9]) + "…" + string(letters[len(letters)-8:])
}

func escapeXML(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(plain(text))); err != nil {
		return ""
	}
	return b.String()
}
