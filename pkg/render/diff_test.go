package render_test

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const diffSchema = "../../docs/schema/diff.json"

var (
	schedulerRef = snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "air", Name: "af-scheduler"}
	denyRef      = snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "air", Name: "deny"}
	spaceRef     = snapshot.Ref{APIVersion: "v1", Kind: "Namespace", Name: "air"}
)

// difference holds all that a comparison with a profile can say.
func difference() *diff.Diff {
	container := "/spec/template/spec/containers/name=scheduler/"
	return &diff.Diff{
		APIVersion: diff.APIVersion, Kind: "Diff", Release: diff.Release{Name: "af", Namespace: "air", Revision: 3},
		From: "live", Against: "profile restricted",
		Objects: []diff.Object{
			{
				Ref: schedulerRef, Component: "scheduler", Status: diff.Changed,
				Rules: []diff.Rule{{ID: "AS101", Slug: "not-privileged"}, {ID: "AS401", Slug: "no-plain-secrets"}},
				Fields: []diff.Field{
					{Path: container + "env/name=TOKEN/value", Container: "scheduler", Before: "[secret]", Rules: []string{"AS401"}},
					{Path: container + "securityContext/privileged", Container: "scheduler", Before: true, After: false, Rules: []string{"AS101"}, Note: "set by a live patch, the next helm upgrade puts it back"},
				},
				Before: "apiVersion: apps/v1\nspec:\n  containers:\n  - name: scheduler\n    env:\n    - name: TOKEN\n      value: '[secret]'\n    securityContext:\n      privileged: true\n",
				After:  "apiVersion: apps/v1\nspec:\n  containers:\n  - name: scheduler\n    env:\n    - name: TOKEN\n    securityContext:\n      privileged: false # AS101\n",
			},
			{
				Ref: spaceRef, Status: diff.Changed, Rules: []diff.Rule{{ID: "AS109"}},
				Fields: []diff.Field{{Path: "/metadata/labels/a", After: "b", Rules: []string{"AS109"}, Note: "nobody may do it"}},
				Before: "kind: Namespace\n", After: "kind: Namespace\nmetadata:\n  labels:\n    a: b\n",
			},
			{
				Ref: denyRef, Status: diff.New, Rules: []diff.Rule{{ID: "AS201", Slug: "ingress-isolated"}},
				Fields: []diff.Field{{After: map[string]any{"kind": "NetworkPolicy"}, Rules: []string{"AS201"}}},
				After:  "kind: NetworkPolicy\n",
			},
		},
		Left:   []diff.Left{{Rule: "AS108", Object: "deployment/af-web", Container: "web", Message: "it writes to its root", Reason: "the image needs it"}},
		Unread: []string{"Pod: forbidden"},
	}
}

// drifted holds what only a comparison with the release says.
func drifted() *diff.Diff {
	d := difference()
	d.Against, d.Left = "release", []diff.Left{}
	d.Objects = d.Objects[:2]
	d.Objects[0].Rules, d.Objects[0].Fields = []diff.Rule{}, []diff.Field{
		{Path: "/spec/replicas", Before: 0, After: 3, Note: "set by kubectl-edit"},
		{Path: "/spec/template/spec/hostPID", Before: true, Security: true, Note: "set by kubectl-edit"},
	}
	d.Objects[1] = diff.Object{Ref: denyRef, Status: diff.Missing, Rules: []diff.Rule{}, Fields: []diff.Field{{After: map[string]any{"kind": "NetworkPolicy"}}}, After: "kind: NetworkPolicy\n"}
	return d
}

func threeWays() *diff.ThreeWay {
	return &diff.ThreeWay{
		APIVersion: diff.APIVersion, Kind: "ThreeWayDiff", Release: diff.Release{Name: "af", Namespace: "air", Revision: 3}, Profile: "restricted",
		Rows: []diff.Row{
			{Ref: schedulerRef, Component: "scheduler", Path: "/spec/replicas", Installed: 3, Live: 0, Wanted: 0, Drifted: true},
			{Ref: schedulerRef, Component: "scheduler", Path: "/spec/template/spec/containers/name=scheduler/securityContext/privileged", Container: "scheduler", Installed: false, Live: true, Wanted: false, Drifted: true, Planned: true, Rules: []string{"AS101"}},
			{Ref: schedulerRef, Component: "scheduler", Path: "/spec/template/spec/hostPID", Live: true, Drifted: true, Planned: true, Rules: []string{"AS102"}},
			{Ref: schedulerRef, Path: "/data/airflow.cfg", Installed: "[core]\na = 1\nb = 2\n", Live: "[core]\na = 1\nb = 3\nc = 4\n", Wanted: "[core]\na = 1\nb = 3\nc = 4\n", Drifted: true},
			{Ref: denyRef, Wanted: map[string]any{"kind": "NetworkPolicy"}, Planned: true, Rules: []string{"AS201", "AS202"}},
			{Ref: spaceRef, Path: "/metadata/labels/a", Wanted: strings.Repeat("long ", 20), Planned: true, Rules: []string{"AS109"}},
		},
		Left: []diff.Left{}, Unread: []string{"Pod: forbidden"},
	}
}

func revisions() *diff.Revisions {
	finding := func(id string, severity rule.Severity, container string) diff.Finding {
		return diff.Finding{Rule: id, Slug: "a-slug", Finding: check.Finding{
			Target: check.Target{APIVersion: "v1", Kind: "Service", Namespace: "air", Name: "af-web"}, Container: container,
			Message: "it is open", Severity: severity, Fingerprint: "0123456789abcdef0123", Fixes: []check.Fix{},
		}}
	}
	worse := finding("AS104", rule.High, "")
	worse.Was = rule.Low
	return &diff.Revisions{
		APIVersion: diff.APIVersion, Kind: "RevisionDiff", Release: diff.Release{Name: "af", Namespace: "air"}, Profile: "restricted",
		From:    diff.Side{Revision: 3, Status: "superseded", ChartVersion: "8.9.0", Airflow: "2.8.4", BySeverity: check.BySeverity{High: 1, Low: 2}},
		To:      diff.Side{Revision: 4, Status: "deployed", ChartVersion: "8.9.0", BySeverity: check.BySeverity{Critical: 1, High: 1, Low: 1}},
		Brought: []diff.Finding{finding("AS206", rule.Critical, "")}, Removed: []diff.Finding{finding("AS101", rule.High, "web")},
		Kept: []diff.Finding{worse, finding("AS105", rule.Low, "")}, Unread: []string{"AS401: Secret could not be read"},
	}
}

// printedDiffs are all comparisons in all formats, by the golden that holds them.
func printedDiffs(t *testing.T, o render.Options) map[string]string {
	t.Helper()
	out := map[string]string{}
	print := func(name string, write func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b.String()
	}
	for format, ending := range map[render.Format]string{render.Unified: ".txt", render.JSON: ".json", render.YAML: ".yaml"} {
		print("diff"+ending, func(b *bytes.Buffer) error { return render.Diff(b, format, difference(), o) })
		print("diff_release"+ending, func(b *bytes.Buffer) error { return render.Diff(b, format, drifted(), o) })
		print("diff_threeway"+ending, func(b *bytes.Buffer) error { return render.ThreeWay(b, format, threeWays(), o) })
		print("diff_revision"+ending, func(b *bytes.Buffer) error { return render.Revisions(b, format, revisions(), o) })
	}
	return out
}

func TestDiffGoldens(t *testing.T) {
	for name, text := range printedDiffs(t, render.Options{}) {
		golden(t, name, []byte(text))
	}
	golden(t, "diff_color.txt", []byte(printedDiffs(t, render.Options{Color: true})["diff.txt"]))
	golden(t, "diff_threeway_100.txt", []byte(printedDiffs(t, render.Options{Width: 100})["diff_threeway.txt"]))
	var b bytes.Buffer
	for _, d := range []*diff.Diff{difference(), drifted(), {From: "live", Against: "release"}} {
		if err := render.DiffSummary(&b, d); err != nil {
			t.Fatal(err)
		}
	}
	if err := render.ThreeWaySummary(&b, threeWays()); err != nil {
		t.Fatal(err)
	}
	golden(t, "diff_summary.txt", b.Bytes())
}

func TestDiffsKeepTheirSchema(t *testing.T) {
	schema := compile(t, diffSchema)
	for name, text := range printedDiffs(t, render.Options{}) {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDiffSchemaRefuses makes sure that the schema says no to what a comparison never is.
func TestDiffSchemaRefuses(t *testing.T) {
	schema := compile(t, diffSchema)
	list := func(of map[string]any, key string) map[string]any { return of[key].([]any)[0].(map[string]any) }
	for name, c := range map[string]struct {
		file   string
		change func(map[string]any)
	}{
		"an unknown field":       {"diff.json", func(d map[string]any) { d["extra"] = 1 }},
		"another kind":           {"diff.json", func(d map[string]any) { d["kind"] = "Report" }},
		"an unknown status":      {"diff.json", func(d map[string]any) { list(d, "objects")["status"] = "odd" }},
		"an object without name": {"diff.json", func(d map[string]any) { delete(list(d, "objects"), "name") }},
		"rules that are missing": {"diff.json", func(d map[string]any) { delete(list(d, "objects"), "rules") }},
		"a row without sides":    {"diff_threeway.json", func(d map[string]any) { delete(list(d, "rows"), "drifted") }},
		"a side without number":  {"diff_revision.json", func(d map[string]any) { delete(d["from"].(map[string]any), "revision") }},
		"an unknown severity":    {"diff_revision.json", func(d map[string]any) { list(d, "brought")["severity"] = "bad" }},
	} {
		d, ok := parsed(t, printedDiffs(t, render.Options{})[c.file]).(map[string]any)
		if !ok {
			t.Fatalf("%s is no object", c.file)
		}
		c.change(d)
		if schema.Validate(d) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// TestNamesCannotForgeADiff: a name from a file steers no terminal and begins no line.
func TestNamesCannotForgeADiff(t *testing.T) {
	d := difference()
	evil := "x\n+++ live: Deployment air/fine\x1b[2J\u202e"
	d.Objects[0].Name, d.Objects[0].Fields[1].Note, d.Objects[0].Component = evil, evil, evil
	d.Objects[0].After = "a: " + strings.ReplaceAll(evil, "\n", " ") + "\n"
	d.Left[0].Message, d.Unread[0] = evil, evil
	var b bytes.Buffer
	if err := render.Diff(&b, render.Unified, d, render.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := render.DiffSummary(&b, d); err != nil {
		t.Fatal(err)
	}
	if out := b.String(); strings.ContainsAny(out, "\x1b\u202e") || strings.Contains(out, "\n+++ live: Deployment air/fine") {
		t.Errorf("a name forged\n%s", out)
	}
}
