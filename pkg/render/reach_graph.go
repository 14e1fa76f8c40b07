package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// graph is what all pictures draw: the same answers as the table's.
type graph struct {
	title string
	nodes []node
	edges []edge
}

// node is one end. A place outside may be two: where connections come from, and where they go.
type node struct {
	name  string
	layer int
	away  bool     // outside the release
	notes []string // what would be an edge from everywhere
}

// line is how an edge is drawn.
type line int

// The lines, from the least to the most important.
const (
	openLink line = iota
	keptLink
	unclearLink
	missedLink
	cutLink
)

// edge is all connections of one kind between two nodes.
type edge struct {
	from, to int // nodes
	line     line
	ports    []string
}

// links are the lines that marks are drawn as; what is denied and not needed is not drawn.
var links = map[reach.Mark]line{
	reach.Kept: keptLink, reach.Cut: cutLink, reach.Missed: missedLink, reach.Unclear: unclearLink, reach.Open: openLink, reach.Some: openLink,
}

// linkWords are what a legend says of each line.
var linkWords = map[line]string{
	keptLink: "needed and allowed", cutLink: "needed and cut", missedLink: "optional and cut", unclearLink: "not known", openLink: "open without need",
}

// layers is the way of a request: entry, web, the rest of Airflow, stores, outside.
var layers = map[airflow.Component]int{
	airflow.Webserver: 1, airflow.APIServer: 1, airflow.RPCServer: 1, airflow.Flower: 1,
	airflow.PgBouncer: 3, airflow.Broker: 3, airflow.Statsd: 3, airflow.OtelCollector: 3,
	airflow.Database: 4,
}

const (
	sourceLayer  = 0
	airflowLayer = 2
	targetLayer  = 5
)

// drawn sorts a report's questions into nodes and edges. Where everything goes
// to one end, a note at the end says so; o.All draws each edge.
func drawn(r *reach.Report, o Options) *graph {
	g := &graph{title: r.Release.Namespace + "/" + r.Release.Name}
	ends := map[string]reach.End{}
	for _, e := range r.Ends {
		ends[e.Name] = e
		if e.Inside() {
			g.node(e, airflowLayer)
		}
	}
	for i := range r.Questions {
		q := &r.Questions[i]
		l, shown := links[q.Mark()]
		if shown && q.From != q.To {
			g.connect(g.node(ends[q.From], sourceLayer), g.node(ends[q.To], targetLayer), l, portWord(q))
		}
	}
	if !o.All && r.Asked == nil {
		g.fold()
	}
	g.dropLonely()
	return g
}

// node finds an end's node, or makes it.
func (g *graph) node(e reach.End, layer int) int {
	if e.Inside() {
		if layer = airflowLayer; layers[e.Component] > 0 {
			layer = layers[e.Component]
		}
	}
	at := slices.IndexFunc(g.nodes, func(n node) bool { return n.name == e.Name && n.layer == layer })
	if at < 0 {
		at = len(g.nodes)
		g.nodes = append(g.nodes, node{name: e.Name, layer: layer, away: !e.Inside()})
	}
	return at
}

func (g *graph) connect(from, to int, l line, port string) {
	at := slices.IndexFunc(g.edges, func(e edge) bool { return e.from == from && e.to == to && e.line == l })
	if at < 0 {
		at = len(g.edges)
		g.edges = append(g.edges, edge{from: from, to: to, line: l})
	}
	if !slices.Contains(g.edges[at].ports, port) {
		g.edges[at].ports = append(g.edges[at].ports, port)
	}
}

// fewOpen is up to how many ends may stand open towards one and still be drawn one by one.
const fewOpen = 2

// fold turns edges into notes: those to an end that all others need alike, and
// those that are open from many.
func (g *graph) fold() {
	inside := 0
	for _, n := range g.nodes {
		if !n.away {
			inside++
		}
	}
	for to := range g.nodes {
		others := inside
		if !g.nodes[to].away {
			others--
		}
		needed := g.into(to, keptLink)
		if others > 2 && len(needed) == others && alikePorts(needed) {
			g.note(to, keptLink, "needed by all: "+strings.Join(needed[0].ports, ", "))
		}
		if open := g.into(to, openLink); len(open) > fewOpen {
			g.note(to, openLink, fmt.Sprintf("open to %d without need", len(open)))
		}
	}
}

// into are the edges of one kind that lead to a node.
func (g *graph) into(to int, l line) []edge {
	var out []edge
	for _, e := range g.edges {
		if e.to == to && e.line == l {
			out = append(out, e)
		}
	}
	return out
}

func alikePorts(edges []edge) bool {
	return !slices.ContainsFunc(edges, func(e edge) bool { return !slices.Equal(e.ports, edges[0].ports) })
}

func (g *graph) note(to int, l line, text string) {
	g.nodes[to].notes = append(g.nodes[to].notes, text)
	g.edges = slices.DeleteFunc(g.edges, func(e edge) bool { return e.to == to && e.line == l })
}

// dropLonely leaves out places that nothing is said of.
func (g *graph) dropLonely() {
	place := make([]int, len(g.nodes))
	var kept []node
	for i, n := range g.nodes {
		place[i] = len(kept)
		used := slices.ContainsFunc(g.edges, func(e edge) bool { return e.from == i || e.to == i })
		if !n.away || used || len(n.notes) > 0 {
			kept = append(kept, n)
		}
	}
	g.nodes = kept
	for i := range g.edges {
		g.edges[i].from, g.edges[i].to = place[g.edges[i].from], place[g.edges[i].to]
	}
	slices.SortStableFunc(g.edges, func(a, b edge) int { return int(a.line) - int(b.line) })
}

// label is what an edge says: its ports, and in a word where it is not allowed.
func (e edge) label() string {
	const shown = 3
	text := strings.Join(e.ports[:min(shown, len(e.ports))], ", ")
	if more := len(e.ports) - shown; more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	switch e.line {
	case cutLink:
		return "CUT " + text
	case missedLink:
		return "cut " + text
	case unclearLink:
		return "? " + text
	}
	return text
}
