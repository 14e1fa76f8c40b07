package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// TestDrift: what the API server fills in and what autoscalers and restarts
// change is no drift, whichever Helm installed; what a person changes is.
func TestDrift(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	admin := as(t, c.Kubeconfig(controlplane.Admin))
	for _, helm := range []string{"helm3", "helm4"} {
		for _, chart := range []string{"community", "official"} {
			namespace := helm + "-" + chart
			install(t, c, helm, chart, namespace, "af")
			kubectl(t, c, "-n", namespace, "scale", "deployment/af-scheduler", "--replicas=3")
			kubectl(t, c, "-n", namespace, "rollout", "restart", "deployment/af-scheduler")
			drifted := resultOf(t, judge(t, read(t, admin, namespace, "af")), "AS711")
			if drifted.Outcome != rule.Passed {
				t.Errorf("%s: %s %s %+v", namespace, drifted.Outcome, drifted.Reason, drifted.Findings)
			}
		}
	}
	const namespace = "helm3-official"
	kubectl(t, c, "-n", namespace, "patch", "deployment/af-scheduler", "--type=json", "-p",
		`[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"evil.example/airflow:1"},{"op":"add","path":"/spec/template/spec/hostPID","value":true}]`)
	s := read(t, admin, namespace, "af")
	var found []string
	for _, f := range resultOf(t, judge(t, s), "AS711").Findings {
		found = append(found, fmt.Sprintf("%s/%s %s", f.Target.Kind, f.Target.Name, f.Path))
	}
	want := []string{
		"Deployment/af-scheduler /spec/template/spec/containers/0/image",
		"Deployment/af-scheduler /spec/template/spec/hostPID",
	}
	slices.Sort(found)
	if !slices.Equal(found, want) {
		t.Errorf("drift is %v, not %v", found, want)
	}
}

func kubectl(t testing.TB, c *controlplane.Cluster, args ...string) {
	t.Helper()
	if _, err := c.Run(t.Context(), controlplane.Admin, "kubectl", args...); err != nil {
		t.Fatal(err)
	}
}

func resultOf(t testing.TB, report *check.Report, id string) check.Result {
	t.Helper()
	i := slices.IndexFunc(report.Results, func(r check.Result) bool { return r.Rule == id })
	if i < 0 {
		t.Fatalf("%s did not run", id)
	}
	return report.Results[i]
}
