package reach_test

import (
	"context"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// settingOf is a release of testdata, with the policies of other files proposed.
func settingOf(t testing.TB, files []string, proposed ...string) reach.Setting {
	t.Helper()
	f := collect.Files{Paths: files, Release: "rel", Namespace: "airflow", Now: time.Unix(0, 0)}
	s, err := collect.FromFiles(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	out := settingOn(s)
	if len(proposed) == 0 {
		return out
	}
	f.Paths = proposed
	objects, err := collect.ReadPolicies(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	for i := range objects {
		policy, err := reach.PolicyOf(&objects[i])
		if err != nil {
			t.Fatal(err)
		}
		out.Proposed = append(out.Proposed, policy)
	}
	return out
}

func settingOn(s *snapshot.Snapshot) reach.Setting {
	m := airflow.New(s)
	return reach.Setting{Model: m, Flows: m.Flows(airflow.Declarations{}), Profile: "restricted"}
}

const (
	release  = "testdata/release.yaml"
	policies = "testdata/policies.yaml"
)

func asked(t testing.TB, s reach.Setting, from, to string) *reach.Report {
	t.Helper()
	r, err := reach.Ask(s, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one is the only question of a report.
func one(t testing.TB, r *reach.Report) *reach.Question {
	t.Helper()
	if len(r.Questions) != 1 {
		t.Fatalf("%d questions were asked", len(r.Questions))
	}
	return &r.Questions[0]
}
