package harden

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// valuesModel is a release of workloads, each "kind name label=value,…", from the templates of a chart.
func valuesModel(t *testing.T, chart snapshot.Chart, source string, pods ...string) *airflow.Model {
	t.Helper()
	s := &snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "team", Record: snapshot.FromChart, Chart: chart}}
	for _, each := range pods {
		var kind, name, labels string
		if _, err := fmt.Sscan(each, &kind, &name, &labels); err != nil {
			t.Fatal(err)
		}
		labels = strings.NewReplacer("=", ": ", ",", ", ").Replace(labels)
		content := map[string]any{}
		text := fmt.Sprintf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: %s, namespace: team, labels: {%s}}\nspec: {selector: {matchLabels: {%[3]s}}, template: {metadata: {labels: {%[3]s}}, spec: {containers: [{name: c, image: apache/airflow:2.8.4}]}}}", kind, name, labels)
		if err := yaml.Unmarshal([]byte(text), &content); err != nil {
			t.Fatal(err)
		}
		s.Objects = append(s.Objects, snapshot.Object{
			Ref:    snapshot.Ref{APIVersion: "apps/v1", Kind: kind, Namespace: "team", Name: name},
			Origin: snapshot.Rendered, Source: source, Content: content,
		})
	}
	return airflow.New(s)
}

var (
	officialChart  = snapshot.Chart{Name: "airflow", Version: "1.22.0", Home: "https://airflow.apache.org/", ValueKeys: []string{"networkPolicies"}}
	communityChart = snapshot.Chart{Name: "airflow", Version: "8.9.0", Home: "https://github.com/airflow-helm/charts/tree/main/charts/airflow"}
)

// to are flows into one component from others, as far as toggles look at them.
func to(m *airflow.Model, far airflow.Component, from ...airflow.Component) []airflow.Flow {
	var out []airflow.Flow
	for _, c := range from {
		out = append(out, airflow.Flow{From: airflow.End{Workload: m.Find(c)[0]}, To: airflow.End{Workload: m.Find(far)[0]}})
	}
	return out
}

func told(toggles []Toggle) string {
	var out []string
	for _, t := range toggles {
		line := t.Key
		for _, c := range t.Changes {
			line += fmt.Sprintf(" %s=%v", c.Key(), c.Value)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestTogglesOfTheOfficialChart(t *testing.T) {
	pods := []string{
		"Deployment af-scheduler tier=airflow,component=scheduler,release=af", "StatefulSet af-worker tier=airflow,component=worker,release=af",
		"StatefulSet af-postgresql app.kubernetes.io/name=postgresql,app.kubernetes.io/instance=af,app.kubernetes.io/component=primary",
	}
	m := valuesModel(t, officialChart, "airflow/templates/a.yaml", pods...)
	const own = "networkPolicies.enabled networkPolicies.enabled=true"
	const database = "postgresql.networkPolicy.enabled postgresql.networkPolicy.enabled=true postgresql.networkPolicy.ingressRules.primaryAccessOnlyFrom.enabled=true postgresql.networkPolicy.ingressRules.primaryAccessOnlyFrom.podSelector="
	both := to(m, airflow.Database, airflow.Scheduler, airflow.Worker)
	if got, want := told(NetworkToggles(m, both)), own+"\n"+database+"map[release:af tier:airflow]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := told(NetworkToggles(m, both[:1])), own+"\n"+database+"map[component:scheduler release:af tier:airflow]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := told(NetworkToggles(m, nil)); got != own {
		t.Errorf("a database that nobody needs: %s", got)
	}
	old := officialChart
	old.ValueKeys = nil
	if got := told(NetworkToggles(valuesModel(t, old, "airflow/templates/a.yaml", pods...), nil)); got != "" {
		t.Errorf("a chart without the key: %s", got)
	}
	wrapped := valuesModel(t, officialChart, "platform/charts/airflow/templates/a.yaml", pods[:2]...)
	if got, want := told(NetworkToggles(wrapped, nil)), "airflow.networkPolicies.enabled airflow.networkPolicies.enabled=true"; got != want {
		t.Errorf("below a company's chart: got %s, want %s", got, want)
	}
}

func TestTogglesOfTheCommunityChart(t *testing.T) {
	m := valuesModel(t, communityChart, "airflow/templates/a.yaml",
		"Deployment af-scheduler app=airflow,component=scheduler,release=af", "Deployment af-pgbouncer app=airflow,component=pgbouncer,release=af",
		"Deployment af-db-migrations app=airflow,component=db-migrations,release=af",
		"StatefulSet af-postgresql app=postgresql,release=af,role=master", "StatefulSet af-redis-master app=redis,release=af,role=master")
	flows := append(to(m, airflow.Database, airflow.PgBouncer, airflow.Migrations), to(m, airflow.Broker, airflow.Scheduler)...)
	want := `postgresql.networkPolicy.enabled postgresql.networkPolicy.enabled=true postgresql.networkPolicy.allowExternal=false airflow.dbMigrations.podLabels.af-postgresql-client=true pgbouncer.podLabels.af-postgresql-client=true
redis.networkPolicy.enabled redis.networkPolicy.enabled=true redis.networkPolicy.allowExternal=false scheduler.podLabels.af-redis-client=true`
	toggles := NetworkToggles(m, flows)
	if got := told(toggles); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, toggle := range toggles {
		if off := toggle.Off(); !toggle.Subchart || off.Value != false || off.Key() != toggle.Key {
			t.Errorf("%s: %+v", toggle.Key, off)
		}
	}
}

func TestOverlay(t *testing.T) {
	got := Overlay([]ValuesChange{
		{Path: []string{"a", "b"}, Value: 1}, {Path: []string{"a", "c.d"}, Value: true}, {Path: []string{"e"}, Value: "x"}, {Path: []string{"a", "b"}, Value: 2},
	})
	if want := (map[string]any{"a": map[string]any{"b": 2, "c.d": true}, "e": "x"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestFewestPeers(t *testing.T) {
	pods := func(labels ...string) networkingv1.NetworkPolicyPeer {
		s := &metav1.LabelSelector{MatchLabels: map[string]string{}}
		for i := 0; i < len(labels); i += 2 {
			s.MatchLabels[labels[i]] = labels[i+1]
		}
		return networkingv1.NetworkPolicyPeer{PodSelector: s}
	}
	worker, task, web := pods("c", "worker"), pods("c", "worker", "k", "True"), pods("c", "web")
	elsewhere := pods("c", "worker")
	elsewhere.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"n": "x"}}
	type list = []networkingv1.NetworkPolicyPeer
	for i, c := range []struct{ wanted, present, want list }{
		{list{task, worker, web, worker}, nil, list{worker, web}},
		{list{worker, task}, nil, list{worker}},
		{list{task}, list{worker}, nil},
		{list{worker}, list{task}, list{worker}},
		{list{worker, elsewhere}, nil, list{worker, elsewhere}},
		{append(list{worker, elsewhere}, everybody()...), nil, everybody()},
		{append(everybody(), worker), nil, everybody()},
		{list{everybody()[1]}, list{everybody()[0]}, list{everybody()[1]}},
	} {
		if got := fewest(c.wanted, c.present); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d: got %v, want %v", i, got, c.want)
		}
	}
}
