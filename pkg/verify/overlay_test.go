package verify

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
)

// overlayFor is what the catalogue makes of a fixture chart, as keys with values.
func overlayFor(t *testing.T, chart string, set ...string) (*overlayRun, map[string]string) {
	t.Helper()
	trial, err := collect.Chart{Path: "../../testdata/charts/" + chart, Set: set, Release: "af", Namespace: "team"}.Trial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	o := simulatedRun(t, airflow.New(trial.Base), trial.Keys)
	o.expectMinimal(t)
	keys := map[string]string{}
	for _, c := range o.changes {
		keys[c.Key()] = fmt.Sprint(c.Value)
	}
	return o, keys
}

func TestANarrowerKeyOfTheUserWins(t *testing.T) {
	_, keys := overlayFor(t, "official", "scheduler.securityContexts.pod.runAsUser=50001")
	if got := keys["scheduler.securityContexts.pod"]; got != "map[runAsNonRoot:true seccompProfile:map[type:RuntimeDefault]]" {
		t.Errorf("the scheduler's own: %s", got)
	}
	if keys["securityContexts.pod"] == "" {
		t.Error("the others have nothing")
	}
	_, keys = overlayFor(t, "community", "web.securityContext.fsGroup=0")
	if got := keys["web.securityContext"]; got != "map[runAsNonRoot:true seccompProfile:map[type:RuntimeDefault]]" {
		t.Errorf("the web server's own: %s", got)
	}
}

// The community chart leaves the user out of the containers' context.
func TestFieldsThatAChartDropsAreSetElsewhere(t *testing.T) {
	_, keys := overlayFor(t, "community", "airflow.image.uid=0")
	if got := keys["airflow.image.uid"]; got != "50000" {
		t.Errorf("airflow.image.uid is %q", got)
	}
	if strings.Contains(keys["airflow.defaultContainerSecurityContext"], "runAsUser") {
		t.Error("what the chart drops is written")
	}
}

// Workers and task pods share an account: where task pods need the token, workers keep it.
func TestATokenThatAnotherNeedsStays(t *testing.T) {
	for _, executor := range []string{"CeleryExecutor", "CeleryExecutor\\,KubernetesExecutor", "KubernetesExecutor"} {
		o, keys := overlayFor(t, "official", "executor="+executor)
		model, _, err := o.simulated(o.changes)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range model.Workloads {
			if needed, why := model.NeedsAPI(w); needed && !model.MountsToken(w).Mounted {
				t.Errorf("%s: %s lost its token: %s; %v", executor, w.Component, why, keys)
			}
		}
	}
}

// A key that the chart does not have is never written.
func TestKeysThatTheChartDoesNotHave(t *testing.T) {
	trial, err := collect.Chart{Path: "../../testdata/charts/official", Release: "af", Namespace: "team"}.Trial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	o := simulatedRun(t, airflow.New(trial.Base), without1{trial.Keys, "securityContexts"})
	for _, c := range o.changes {
		if c.Path[0] == "securityContexts" {
			t.Errorf("%s is written", c.Key())
		}
	}
	if len(o.claims) == 0 || o.changes[0].Key() == "" {
		t.Error("narrower keys are not tried")
	}
}

// without1 is a chart without one key.
type without1 struct {
	harden.ChartKeys
	key string
}

func (w without1) Knows(path []string) bool { return path[0] != w.key && w.ChartKeys.Knows(path) }
