package render

import (
	"slices"
)

// Measures of the picture, in pixels.
const (
	boxWidth   = 160
	boxHeight  = 30 // with no note
	noteHeight = 14
	layerGap   = 190
	boxGap     = 26
	laneHeight = 16
	margin     = 24
	headHeight = 70 // title and legend
	charWidth  = 6.2
)

// box is where a node stands, or a lane that edges take between two nodes of a layer.
type box struct {
	node       int // -1 for a lane
	x, y, w, h float64
}

func (b box) middle() float64 { return b.y + b.h/2 }

// hop is one step of an edge: from the side of one box to the side of the next.
type hop struct{ from, to int } // boxes

// layout is a picture's geometry: boxes in columns, and each edge as hops from column to column.
type layout struct {
	boxes  []box
	layers [][]int // boxes from top to bottom
	paths  [][]hop // by edge; none for an edge within a column
	width  float64
	height float64
}

// lane is a way through a layer; edges of one kind to one node share it.
type lane struct {
	to    int
	line  line
	layer int
	back  bool
}

// sweeps is how often columns are sorted by their neighbours; more changes nothing to see.
const sweeps = 6

// arrange places nodes so that edges are short and cross little. It is the
// layered drawing of Sugiyama, Tagawa and Toda (1981).
func arrange(g *graph) *layout {
	l := &layout{layers: make([][]int, targetLayer+1), paths: make([][]hop, len(g.edges))}
	for i, n := range g.nodes {
		l.add(n.layer, box{node: i, w: boxWidth, h: boxHeight + float64(len(n.notes))*noteHeight})
	}
	lanes := map[lane]int{}
	for i, e := range g.edges {
		l.paths[i] = l.route(g, e, lanes)
	}
	for range sweeps {
		for layer := range l.layers {
			l.sort(l.layers[layer])
		}
	}
	l.place()
	return l
}

func (l *layout) add(layer int, b box) int {
	l.boxes = append(l.boxes, b)
	l.layers[layer] = append(l.layers[layer], len(l.boxes)-1)
	return len(l.boxes) - 1
}

// route gives an edge a lane in each layer that it crosses.
func (l *layout) route(g *graph, e edge, lanes map[lane]int) []hop {
	from, to := g.nodes[e.from].layer, g.nodes[e.to].layer
	step := 1
	if to < from {
		step = -1
	}
	var out []hop
	at := e.from
	for layer := from + step; from != to && layer != to; layer += step {
		if len(l.layers[layer]) == 0 {
			continue
		}
		key := lane{e.to, e.line, layer, step < 0}
		if _, made := lanes[key]; !made {
			lanes[key] = l.add(layer, box{node: -1, w: boxWidth, h: laneHeight})
		}
		out = append(out, hop{at, lanes[key]})
		at = lanes[key]
	}
	if from == to {
		return nil
	}
	return append(out, hop{at, e.to})
}

// sort orders one column by the mean place of what each box is joined to.
func (l *layout) sort(column []int) {
	place := make([]float64, len(l.boxes))
	for _, layer := range l.layers {
		for i, b := range layer {
			place[b] = (float64(i) + 0.5) / float64(len(layer))
		}
	}
	sum, n := make([]float64, len(l.boxes)), make([]float64, len(l.boxes))
	for _, path := range l.paths {
		for _, h := range path {
			sum[h.from], n[h.from] = sum[h.from]+place[h.to], n[h.from]+1
			sum[h.to], n[h.to] = sum[h.to]+place[h.from], n[h.to]+1
		}
	}
	mean := func(b int) float64 {
		if n[b] == 0 {
			return place[b]
		}
		return sum[b] / n[b]
	}
	slices.SortStableFunc(column, func(a, b int) int {
		switch x, y := mean(a), mean(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}

// place turns columns into coordinates, each column centred.
func (l *layout) place() {
	heights := make([]float64, len(l.layers))
	for i, layer := range l.layers {
		for _, b := range layer {
			heights[i] += l.boxes[b].h + boxGap
		}
		l.height = max(l.height, heights[i])
	}
	x := float64(margin)
	for i, layer := range l.layers {
		if len(layer) == 0 {
			continue
		}
		y := headHeight + (l.height-heights[i])/2
		for _, b := range layer {
			l.boxes[b].x, l.boxes[b].y = x, y
			y += l.boxes[b].h + boxGap
		}
		x += boxWidth + layerGap
	}
	l.width = max(x-layerGap+margin, 760)
	l.height += headHeight + margin
}
