package render_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const reachSchema = "../../docs/schema/reach.json"

func printedReach(t *testing.T, format render.Format, r *reach.Report, o render.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Reach(&b, format, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReachGolden(t *testing.T) {
	cut := single(refused(network(), question(network(), "worker", "api-server", tcp(8080))))
	for _, c := range []struct {
		name    string
		format  render.Format
		report  *reach.Report
		options render.Options
	}{
		{"reach_matrix.txt", render.Table, network(), render.Options{}},
		{"reach_matrix_60.txt", render.Table, network(), render.Options{Width: 60}},
		{"reach_matrix_all.txt", render.Table, network(), render.Options{Width: 140, All: true}},
		{"reach_matrix_color.txt", render.Table, network(), render.Options{Color: true, Quiet: true}},
		{"reach_matrix_unread.txt", render.Table, unreadNetwork(), render.Options{}},
		{"reach_question.txt", render.Table, cut, render.Options{Width: 90}},
		{"reach.json", render.JSON, cut, render.Options{}},
		{"reach.yaml", render.YAML, cut, render.Options{}},
		{"reach.dot", render.Dot, network(), render.Options{}},
		{"reach.mermaid", render.Mermaid, network(), render.Options{}},
		{"reach.svg", render.SVG, network(), render.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, second := printedReach(t, c.format, c.report, c.options), printedReach(t, c.format, c.report, c.options)
			if first != second {
				t.Error("two runs differ")
			}
			golden(t, c.name, []byte(first))
		})
	}
}

func unreadNetwork() *reach.Report {
	r := network()
	r.Coverage = snapshot.Coverage{Kind: snapshot.NetworkPolicy, State: snapshot.Forbidden, Reason: "networkpolicies is forbidden"}
	r.Policies = []reach.Policy{}
	for i := range r.Questions {
		r.Questions[i].Verdict, r.Questions[i].Needs, r.Questions[i].Losses = reach.Unknown, []reach.Need{}, []reach.Loss{}
	}
	return r
}

func TestReachKeepsItsSchema(t *testing.T) {
	schema := compile(t, reachSchema)
	for name, r := range map[string]*reach.Report{
		"matrix": network(), "unread": unreadNetwork(), "one": single(refused(network(), question(network(), "worker", "api-server", tcp(8080)))),
	} {
		if err := schema.Validate(parsed(t, printedReach(t, render.JSON, r, render.Options{}))); err != nil {
			t.Errorf("%s as JSON: %v", name, err)
		}
		asJSON, err := yaml.YAMLToJSONStrict([]byte(printedReach(t, render.YAML, r, render.Options{})))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
			t.Errorf("%s as YAML: %v", name, err)
		}
	}
}

// TestReachSchemaRefuses makes sure that the schema says no to what a Reach never is.
func TestReachSchemaRefuses(t *testing.T) {
	schema := compile(t, reachSchema)
	first := func(r map[string]any) map[string]any { return r["questions"].([]any)[0].(map[string]any) }
	decision := func(r map[string]any, i int) map[string]any {
		return first(r)["decisions"].([]any)[i].(map[string]any)
	}
	for name, change := range map[string]func(r map[string]any){
		"an unknown field":          func(r map[string]any) { r["extra"] = 1 },
		"no questions":              func(r map[string]any) { delete(r, "questions") },
		"an unknown verdict":        func(r map[string]any) { first(r)["verdict"] = "maybe" },
		"an unknown state":          func(r map[string]any) { first(r)["needs"].([]any)[0].(map[string]any)["state"] = "lost" },
		"a need without a why":      func(r map[string]any) { delete(first(r)["needs"].([]any)[0].(map[string]any), "why") },
		"a port of none":            func(r map[string]any) { first(r)["port"].(map[string]any)["port"] = 0 },
		"a rule without its policy": func(r map[string]any) { delete(decision(r, 0), "policy") },
		"a denial by a rule":        func(r map[string]any) { decision(r, 1)["because"] = "rule" },
		"a change of nothing":       func(r map[string]any) { first(r)["changes"].([]any)[0].(map[string]any)["action"] = "pray" },
		"an end of no kind":         func(r map[string]any) { delete(r["ends"].([]any)[0].(map[string]any), "kind") },
	} {
		q := refused(network(), question(network(), "worker", "api-server", tcp(8080)))
		r := parsed(t, printedReach(t, render.JSON, single(q), render.Options{})).(map[string]any)
		change(r)
		if schema.Validate(r) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestReachFitsTheTerminal holds the matrix to its width.
func TestReachFitsTheTerminal(t *testing.T) {
	for _, width := range []int{0, 60, 80, 100, 200} {
		limit := width
		if limit == 0 {
			limit = 100
		}
		for line := range strings.Lines(printedReach(t, render.Table, network(), render.Options{Width: width})) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > limit {
				t.Errorf("at %d columns a line has %d: %s", width, n, line)
			}
		}
	}
}

// hostileNetwork has names that no API server would take.
func hostileNetwork() *reach.Report {
	r := network()
	const bad = "a\"<b>&]]>\x1b[31m\n--> x|`;#"
	for i := range r.Ends {
		if r.Ends[i].Name == "worker" {
			r.Ends[i].Name = bad
		}
	}
	for i := range r.Questions {
		q := &r.Questions[i]
		if q.From == "worker" {
			q.From = bad
		}
		if q.To == "worker" {
			q.To = bad
		}
	}
	r.Release.Name = bad
	return r
}

func TestPicturesEscapeNames(t *testing.T) {
	r := hostileNetwork()
	svg := printedReach(t, render.SVG, r, render.Options{All: true})
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
	}
	for _, format := range render.ReachFormats() {
		text := printedReach(t, format, r, render.Options{All: true})
		if strings.ContainsRune(text, '\x1b') {
			t.Errorf("%s holds an escape sequence", format)
		}
	}
	for _, line := range strings.Split(printedReach(t, render.Mermaid, r, render.Options{}), "\n") {
		if strings.Count(line, `"`)%2 != 0 || strings.Contains(line, "<b>") {
			t.Errorf("a name gets out of its quotes: %s", line)
		}
	}
}

// TestPicturesShowTheSameAnswers compares each picture's cuts with the matrix's.
func TestPicturesShowTheSameAnswers(t *testing.T) {
	r := network()
	cuts := 0
	for i := range r.Questions {
		if r.Questions[i].Mark() == reach.Cut {
			cuts++
		}
	}
	if cuts != 1 {
		t.Fatalf("the sample has %d cuts", cuts)
	}
	for format, cut := range map[render.Format]string{render.Dot: `label="CUT 8080"`, render.Mermaid: `"CUT 8080"`, render.SVG: ">CUT 8080<"} {
		for _, all := range []bool{true, false} {
			if got := strings.Count(printedReach(t, format, r, render.Options{All: all}), cut); got != cuts {
				t.Errorf("%s draws %d cuts", format, got)
			}
		}
	}
	if !slices.Contains(render.ReachFormats(), render.SVG) {
		t.Error("svg is no format")
	}
}
