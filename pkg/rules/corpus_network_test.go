package rules_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kjson "sigs.k8s.io/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// network runs one rule over a rendered chart.
func network(s *snapshot.Snapshot, id string) *rule.Pass {
	p := rule.NewPass(airflow.New(s), rule.Restricted, rule.Parameters{})
	rules.Find(id).Check(p)
	return p
}

func renderedChart(t *testing.T, name string) *snapshot.Snapshot {
	t.Helper()
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	return corpusSnapshot(t, filepath.Join(folder, filepath.FromSlash(name), "manifest.yaml"))
}

const cutWorkers = "worker cannot reach api-server on port 8080"

// TestCorpusCutWorkers knows the trap of the official chart's own policies:
// with Airflow 3 they cut the workers off, unless the values say otherwise.
func TestCorpusCutWorkers(t *testing.T) {
	for name, cut := range map[string]bool{
		"official-1.22.0/13-networkpolicies":     true,
		"official-1.15.0/13-networkpolicies":     false,
		"official-1.22.0/14-networkpolicies-af3": false,
		"community-8.9.0/00-defaults":            false,
	} {
		p := network(renderedChart(t, name), "AS203")
		if !cut {
			if len(p.Findings)+len(p.Unknowns) > 0 {
				t.Errorf("%s: %v %v", name, p.Findings, p.Unknowns)
			}
			continue
		}
		if len(p.Findings) != 1 {
			t.Fatalf("%s: %d findings: %v", name, len(p.Findings), p.Findings)
		}
		f := p.Findings[0]
		empty := strings.HasPrefix(f.Path, "/spec/policyTypes") && strings.HasSuffix(f.Message, "has no rule")
		if f.Target.Name != "rel-api-server-policy" || !strings.HasPrefix(f.Message, cutWorkers) || !empty {
			t.Errorf("%s: %s %s %s", name, f.Target, f.Path, f.Message)
		}
	}
}

// TestCorpusPlannedPolicies puts the planned policies in force: what AS201 to
// AS205 found before is gone, and comes back without them.
func TestCorpusPlannedPolicies(t *testing.T) {
	for _, name := range []string{
		"community-8.9.0/00-defaults", "community-8.9.0/02-kubernetes-executor", "official-1.15.0/00-defaults",
		"official-1.22.0/00-defaults", "official-1.22.0/02-kubernetes-executor", "official-1.15.0/03-celery-kubernetes",
	} {
		s := renderedChart(t, name)
		before := s.Objects
		for _, id := range []string{"AS201", "AS202", "AS204"} {
			if p := network(s, id); len(p.Findings) == 0 {
				t.Errorf("%s: %s finds nothing without policies", name, id)
			}
		}
		s.Objects = append(slices.Clone(before), plannedObjects(t, s)...)
		for _, id := range []string{"AS201", "AS202", "AS203", "AS204", "AS205", "AS208", "AS211"} {
			if p := network(s, id); len(p.Findings)+len(p.Unknowns) > 0 {
				t.Errorf("%s: %s with the planned policies: %v %v", name, id, p.Findings, p.Unknowns)
			}
		}
	}
}

func plannedObjects(t *testing.T, s *snapshot.Snapshot) []snapshot.Object {
	t.Helper()
	m := airflow.New(s)
	var out []snapshot.Object
	for _, planned := range harden.Network(m, netpol.Of(m), m.Flows(airflow.Declarations{}), harden.ReleaseLabel(m.Release)).Policies {
		o := snapshot.Object{Ref: planned.Ref(), Origin: snapshot.Rendered, Content: map[string]any{}}
		text, err := json.Marshal(planned.NetworkPolicy)
		if err != nil {
			t.Fatal(err)
		}
		if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &o.Content); err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// TestCorpusBlastRadius holds AS310's bound to what it says: defaults lie
// above it, and Airflow 3 with least rights and the planned policies below.
func TestCorpusBlastRadius(t *testing.T) {
	for _, name := range []string{"community-8.9.0/00-defaults", "official-1.15.0/00-defaults", "official-1.22.0/00-defaults"} {
		s := renderedChart(t, name)
		p := network(s, "AS310")
		if len(p.Findings) != p.Subjects || p.Subjects == 0 {
			t.Errorf("%s: %d of %d lie above the bound", name, len(p.Findings), p.Subjects)
		}
	}
	s := renderedChart(t, "official-1.22.0/21-hardened-af3")
	if p := network(s, "AS310"); len(p.Findings) == 0 {
		t.Error("hardened pods without policies lie below the bound")
	}
	s.Objects = append(s.Objects, plannedObjects(t, s)...)
	if p := network(s, "AS310"); len(p.Findings)+len(p.Unknowns) > 0 {
		t.Errorf("hardened pods with policies: %v %v", p.Findings, p.Unknowns)
	}
}
