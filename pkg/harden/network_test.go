package harden_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// workload is a Deployment of the official chart's kind; labels are added to its pods'.
func workload(component, image, port string, labels ...string) string {
	var ports, extra strings.Builder
	if port != "" {
		ports.WriteString(", ports: [{containerPort: " + port + "}]")
	}
	for _, label := range labels {
		extra.WriteString(", " + label)
	}
	all := "{tier: airflow, release: af, component: " + component + extra.String() + "}"
	return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: af-` + component + `, namespace: af, labels: {tier: airflow, release: af, component: ` + component + `}}
spec:
  selector: {matchLabels: ` + all + `}
  template:
    metadata: {labels: ` + all + `}
    spec: {containers: [{name: ` + component + `, image: '` + image + `'` + ports.String() + `}]}
`
}

func plan(t *testing.T, manifests string, d airflow.Declarations) harden.NetworkPlan {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{
		Paths: []string{"-"}, Stdin: strings.NewReader(manifests), Release: "af", Namespace: "af", Now: time.Unix(1_800_000_000, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := airflow.New(s)
	return harden.Network(m, netpol.Of(m), m.Flows(d), harden.ReleaseLabel("af"))
}

func policy(t *testing.T, p harden.NetworkPlan, name string) harden.PlannedPolicy {
	t.Helper()
	var names []string
	for _, one := range p.Policies {
		if one.Name == "airflowsec-af-"+name {
			return one
		}
		names = append(names, one.Name)
	}
	t.Fatalf("no policy for %s among %v", name, names)
	return harden.PlannedPolicy{}
}

const image = "apache/airflow:3.1.0"

func TestWorkerSetsAreToldApart(t *testing.T) {
	heavy := strings.ReplaceAll(workload("worker", image, "8793", "worker-set: heavy"), "name: af-worker,", "name: af-worker-heavy,")
	p := plan(t, workload("scheduler", image, "")+workload("worker", image, "8793")+heavy, airflow.Declarations{})
	if got := policy(t, p, "worker-heavy").Spec.PodSelector.MatchLabels["worker-set"]; got != "heavy" {
		t.Errorf("the set's policy selects %q", got)
	}
	plain := policy(t, p, "worker").Spec.PodSelector.MatchExpressions
	if len(plain) != 1 || plain[0].Key != "worker-set" || plain[0].Operator != "DoesNotExist" {
		t.Errorf("the other workers' policy takes the set's pods: %v", plain)
	}
}

func TestUnknownWorkloadsKeepWhatTheyHave(t *testing.T) {
	p := plan(t, workload("scheduler", image, "")+workload("proxy", "proxy:1", "5432"), airflow.Declarations{})
	if len(p.Left) != 1 || p.Left[0].Component != airflow.Other {
		t.Errorf("left as they are: %v", p.Left)
	}
	for _, one := range p.Policies {
		if one.Component == "" {
			t.Errorf("%s would take the unknown workload along", one.Name)
		}
	}
	policy(t, p, "scheduler")
}

func TestEntryPointsTakeTheSourcesInForce(t *testing.T) {
	web := workload("api-server", image, "8080") + `---
apiVersion: v1
kind: Service
metadata: {name: af-api-server, namespace: af}
spec: {type: NodePort, selector: {tier: airflow, release: af, component: api-server}, ports: [{port: 8080}]}
`
	inForce := `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: af}
spec:
  podSelector: {matchLabels: {component: api-server}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: edge}}}, {ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.9/32]}}], ports: [{port: 8080}]}]
`
	open := plan(t, web, airflow.Declarations{})
	if rule := policy(t, open, "api-server").Spec.Ingress[0]; len(rule.From) != 0 || len(open.Open) == 0 {
		t.Errorf("nothing names a source, and the rule has %v", rule.From)
	}
	kept := policy(t, plan(t, web+inForce, airflow.Declarations{}), "api-server").Spec.Ingress
	if len(kept) != 1 || len(kept[0].From) != 2 || kept[0].From[1].IPBlock.Except[0] != "192.0.2.9/32" {
		t.Errorf("the sources of the policy in force are not kept: %v", kept)
	}
	ours := strings.ReplaceAll(inForce, "{name: web,", "{name: web, labels: {airflowsec.io/release: af},")
	if rule := policy(t, plan(t, web+ours, airflow.Declarations{}), "api-server").Spec.Ingress[0]; len(rule.From) != 0 {
		t.Errorf("an older plan's own sources are taken for somebody's: %v", rule.From)
	}
	declared := airflow.Declarations{IngressFrom: []airflow.Peer{{From: "app=edge", Namespace: "edge", Why: "users"}}}
	said := policy(t, plan(t, web, declared), "api-server").Spec.Ingress
	if len(said) != 1 || len(said[0].From) != 1 || said[0].From[0].PodSelector.MatchLabels["app"] != "edge" {
		t.Errorf("the profile's source is not used: %v", said)
	}
}

func TestHostNetworkIsOpenAndSaid(t *testing.T) {
	worker := strings.ReplaceAll(workload("worker", image, "8793"), "spec: {containers", "spec: {hostNetwork: true, containers")
	scheduler := strings.Replace(workload("scheduler", image, ""), "component: scheduler}}", "component: scheduler, executor: CeleryExecutor}}", 1)
	p := plan(t, scheduler+worker+workload("api-server", image, "8080"), airflow.Declarations{})
	if rule := policy(t, p, "api-server").Spec.Ingress[0]; len(rule.From) != 0 {
		t.Errorf("pods on the host's network cannot be selected, and the rule has %v", rule.From)
	}
	for _, o := range p.Open {
		if strings.Contains(o.Reason, "host's network") {
			return
		}
	}
	t.Error("nothing says that the host's network stays open")
}

func TestOpenSaysWhy(t *testing.T) {
	unread := strings.ReplaceAll(workload("worker", image, "8793"), "image: '"+image+"'", "image: '"+image+"', envFrom: [{secretRef: {name: elsewhere}}]")
	reasons := map[string]string{}
	for _, o := range plan(t, unread+workload("scheduler", image, ""), airflow.Declarations{}).Open {
		reasons[o.Flow.ID] = o.Reason + " / " + o.Close
	}
	for id, want := range map[string]string{
		"dag-targets":     "no object says what that is",
		"unread-settings": "elsewhere is not among the objects that were read: all public addresses are open",
	} {
		if !strings.Contains(reasons[id], want) {
			t.Errorf("%s stays open because %q", id, reasons[id])
		}
	}
}
