package render_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// networkOf reads a real release.
func networkOf(t testing.TB, file string) *snapshot.Snapshot {
	t.Helper()
	var s *snapshot.Snapshot
	text, err := os.Open(file)
	if err == nil && file == demo {
		s, err = collect.ReadSnapshot(text, file)
	} else if err == nil {
		s, err = collect.FromFiles(context.Background(), collect.Files{Paths: []string{file}, Release: "rel", Namespace: "airflow", Now: time.Unix(0, 0)})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	return s
}

// askedAll asks all pairs of a release.
func askedAll(s *snapshot.Snapshot) *reach.Report {
	m := airflow.New(s)
	return reach.Whole(reach.Setting{Model: m, Flows: m.Flows(airflow.Declarations{}), Profile: "restricted"})
}

// TestRealNetworks draws every release in every format: the same bytes twice,
// data that keeps its schema, lines that fit, and pictures that can be read.
func TestRealNetworks(t *testing.T) {
	schema := compile(t, reachSchema)
	for _, file := range manifests(t) {
		s := networkOf(t, file)
		first, second := askedAll(s), askedAll(s)
		for _, o := range []render.Options{{}, {All: true}} {
			for _, format := range render.ReachFormats() {
				if o.All && (format == render.JSON || format == render.YAML) {
					continue // they always hold all
				}
				text := printedReach(t, format, first, o)
				if text != printedReach(t, format, second, o) {
					t.Errorf("%s: two runs differ as %s", file, format)
				}
				if len(snapshot.MaskedIn(text)) > 0 {
					t.Errorf("%s: a mask token is printed as %s", file, format)
				}
			}
			readable(t, file, printedReach(t, render.SVG, first, o))
		}
		if err := schema.Validate(parsed(t, printedReach(t, render.JSON, first, render.Options{}))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for line := range strings.Lines(printedReach(t, render.Table, first, render.Options{Width: 100})) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
				t.Errorf("%s: a line has %d columns: %s", file, n, line)
			}
		}
	}
}

// area is a rectangle of a picture.
type area struct{ x, y, w, h float64 }

func (a area) meets(b area) bool {
	return a.x < b.x+b.w && b.x < a.x+a.w && a.y < b.y+b.h && b.y < a.y+a.h
}

// readable checks that a picture is XML, that no box covers another, no label
// covers a box or another label, and that all is inside the picture.
func readable(t *testing.T, name, svg string) {
	t.Helper()
	var page area
	var boxes, labels []area
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: the picture is no XML: %v", name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		at := map[string]float64{}
		for _, a := range start.Attr {
			if n, err := strconv.ParseFloat(a.Value, 64); err == nil {
				at[a.Name.Local] = n
			}
		}
		rect := area{at["x"], at["y"], at["width"], at["height"]}
		switch {
		case start.Name.Local == "svg":
			page = rect
		case start.Name.Local == "rect" && at["rx"] > 0:
			boxes = append(boxes, rect)
		case start.Name.Local == "rect" && at["fill-opacity"] > 0:
			labels = append(labels, rect)
		}
	}
	if len(boxes) < 2 {
		t.Errorf("%s: %d boxes are drawn", name, len(boxes))
	}
	apart(t, name, page, append(boxes, labels...))
}

func apart(t *testing.T, name string, page area, all []area) {
	t.Helper()
	for i, a := range all {
		if a.x < 0 || a.y < 0 || a.x+a.w > page.w || a.y+a.h > page.h {
			t.Errorf("%s: %v is outside the picture of %v", name, a, page)
		}
		for _, b := range all[i+1:] {
			if a.meets(b) {
				t.Errorf("%s: %v and %v cover each other", name, a, b)
			}
		}
	}
}

func TestPicturesAreReadable(t *testing.T) {
	for name, r := range map[string]*reach.Report{"sample": network(), "hostile": hostileNetwork()} {
		for _, all := range []bool{true, false} {
			readable(t, name, printedReach(t, render.SVG, r, render.Options{All: all}))
		}
	}
}
