package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// point is a place in the picture.
type point struct{ x, y float64 }

// curve is a cubic Bézier curve: its ends and, between them, what pulls it.
type curve [4]point

// at is the point of a curve at t, from 0 to 1.
func (c curve) at(t float64) point {
	u := 1 - t
	mix := func(a, b, c, d float64) float64 { return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d }
	return point{mix(c[0].x, c[1].x, c[2].x, c[3].x), mix(c[0].y, c[1].y, c[2].y, c[3].y)}
}

// drawing is a layout with its curves and labels.
type drawing struct {
	*layout
	curves [][]curve // by edge
	labels []label   // by edge; an empty text where none fits or is wanted
}

// label is an edge's text and the room that it takes.
type label struct {
	text       string
	x, y, w, h float64
}

func (a label) meets(x, y, w, h float64) bool {
	return a.x < x+w && x < a.x+a.w && a.y < y+h && y < a.y+a.h
}

// port is where a curve touches a box: side -1 is left, 1 is right.
type port struct {
	box, side, edge, hop int
	far                  float64 // the height of the other end: sorts the ports of a side
}

// draw makes the curves, with the ports of each side in the order of their
// other ends, and then gives labels their room, the important edges first.
func draw(g *graph) *drawing {
	d := &drawing{layout: arrange(g), curves: make([][]curve, len(g.edges)), labels: make([]label, len(g.edges))}
	ports := d.ports()
	for i, e := range g.edges {
		if len(d.paths[i]) == 0 {
			d.curves[i] = []curve{d.bow(e, i)}
			continue
		}
		for h := range d.paths[i] {
			from, to := ports[[3]int{i, h, 0}], ports[[3]int{i, h, 1}]
			pull := (to.x - from.x) / 2
			d.curves[i] = append(d.curves[i], curve{from, {from.x + pull, from.y}, {to.x - pull, to.y}, to})
		}
	}
	order := make([]int, len(g.edges))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(g.edges[b].line) - int(g.edges[a].line) })
	for _, i := range order {
		d.labels[i] = d.fit(i, g.edges[i].label())
	}
	return d
}

// ports are where each hop leaves (0) and arrives (1): edges share a lane, and spread over the side of a box.
func (d *drawing) ports() map[[3]int]point {
	var all []port
	for i, path := range d.paths {
		for h, step := range path {
			side := 1
			if d.boxes[step.to].x < d.boxes[step.from].x {
				side = -1
			}
			all = append(all,
				port{step.from, side, i, h * 2, d.boxes[step.to].middle()},
				port{step.to, -side, i, h*2 + 1, d.boxes[step.from].middle()})
		}
	}
	out := map[[3]int]point{}
	slices.SortStableFunc(all, func(a, b port) int {
		return cmp.Or(a.box-b.box, a.side-b.side, cmp.Compare(a.far, b.far), a.edge-b.edge)
	})
	for begin := 0; begin < len(all); {
		end := begin
		for end < len(all) && all[end].box == all[begin].box && all[end].side == all[begin].side {
			end++
		}
		b := d.boxes[all[begin].box]
		for i, p := range all[begin:end] {
			at := point{b.x, b.middle()}
			if p.side > 0 {
				at.x += b.w
			}
			if b.node >= 0 {
				at.y = b.y + b.h*float64(i+1)/float64(end-begin+1)
			}
			out[[3]int{p.edge, p.hop / 2, p.hop % 2}] = at
		}
		begin = end
	}
	return out
}

// bow is an edge within a column: it swings out to the right.
func (d *drawing) bow(e edge, i int) curve {
	from, to := d.boxes[e.from], d.boxes[e.to]
	out := float64(40 + 8*(i%5))
	a, b := point{from.x + from.w, from.middle()}, point{to.x + to.w, to.middle()}
	return curve{a, {a.x + out, a.y}, {b.x + out, b.y}, b}
}

// spots are where along a curve a label may stand, the best first: near the
// source, for many curves end at one place.
var spots = []float64{0.34, 0.26, 0.42, 0.5, 0.18, 0.58, 0.66, 0.74, 0.82}

// fit finds a label room that no box and no other label has; the text is empty
// where there is none: the edge's tooltip still says it.
func (d *drawing) fit(edge int, text string) label {
	l := label{text: text, w: float64(utf8.RuneCountInString(text))*charWidth + 6, h: 14}
	for _, c := range d.curves[edge] {
		for _, t := range spots {
			p := c.at(t)
			l.x, l.y = p.x-l.w/2, p.y-l.h/2
			if d.free(l) {
				return l
			}
		}
	}
	return label{}
}

func (d *drawing) free(l label) bool {
	for _, b := range d.boxes {
		if b.node >= 0 && l.meets(b.x-4, b.y-4, b.w+8, b.h+8) {
			return false
		}
	}
	return !slices.ContainsFunc(d.labels, func(o label) bool { return o.text != "" && l.meets(o.x-1, o.y-1, o.w+2, o.h+2) })
}

// pathData is a row of curves in SVG's words, with straight pieces through lanes.
func pathData(curves []curve) string {
	var b strings.Builder
	for i, c := range curves {
		word := "M"
		if i > 0 {
			word = " L"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", word, c[0].x, c[0].y, c[1].x, c[1].y, c[2].x, c[2].y, c[3].x, c[3].y)
	}
	return b.String()
}
