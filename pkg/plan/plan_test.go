package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var scheduler = snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "team", Name: "af-scheduler"}

func set(rule, path string, value any, findings ...string) Asked {
	a := Asked{Change: change.Change{Target: scheduler, Op: change.Set, Path: path, Value: value}, Rule: rule}
	if len(findings) > 0 {
		a.Fingerprint = findings[0]
	}
	return a
}

func TestEqualChangesMerge(t *testing.T) {
	p, err := Of([]Asked{set("AS106", "/b", true, "2"), set("AS104", "/a", int64(1), "1"), set("AS103", "/b", true, "3")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 2 || p.Steps[0].Path != "/a" || strings.Join(p.Steps[1].Rules, " ") != "AS103 AS106" || len(p.Steps[1].Fingerprints) != 2 {
		t.Errorf("got %+v", p.Steps)
	}
	if targets := p.Targets(); len(targets) != 1 || targets[0] != scheduler || len(p.For(scheduler)) != 2 {
		t.Errorf("targets %v", targets)
	}
}

func TestContradictionsNameBothRules(t *testing.T) {
	for name, asked := range map[string][]Asked{
		"values":    {set("AS103", "/a", true), set("AS104", "/a", false)},
		"ops":       {set("AS103", "/a", true), {Change: change.Change{Target: scheduler, Op: change.Remove, Path: "/a"}, Rule: "AS104"}},
		"a part":    {set("AS103", "/a", map[string]any{"b": true}), set("AS104", "/a/b", false)},
		"more than": {set("AS103", "/a", map[string]any{"b": true}), set("AS104", "/a/c", false)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Of(asked, nil)
			var conflict *ConflictError
			if !errors.As(err, &conflict) || !strings.Contains(err.Error(), "AS103") || !strings.Contains(err.Error(), "AS104") || !strings.Contains(err.Error(), "deployment/af-scheduler") {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Of([]Asked{set("AS103", "/a", map[string]any{"b": true}), set("AS104", "/a/b", true)}, nil); err != nil {
		t.Errorf("what says the same is no contradiction: %v", err)
	}
}

func TestOnlyDropsWhatAFindingNeedsWhole(t *testing.T) {
	p, err := Of([]Asked{
		set("AS104", "/runAsNonRoot", true, "root"), set("AS104", "/runAsUser", int64(999), "root"),
		set("AS106", "/seccompProfile", "x", "seccomp"),
		set("AS104", "/shared", true, "root"), set("AS105", "/shared", true, "other"),
		set("AS301", "/alone", true),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, dropped := p.Only(func(s Step) string {
		if s.Path == "/runAsUser" {
			return "Helm puts it back"
		}
		return ""
	})
	var kept []string
	for _, s := range got.Steps {
		kept = append(kept, s.Path)
	}
	if strings.Join(kept, " ") != "/alone /seccompProfile /shared" {
		t.Errorf("kept %v", kept)
	}
	for _, d := range dropped {
		if d.Why != "Helm puts it back" {
			t.Errorf("%s dropped because of %q", d.Path, d.Why)
		}
	}
	if len(dropped) != 2 {
		t.Errorf("dropped %+v", dropped)
	}
}
