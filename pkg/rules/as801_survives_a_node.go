package rules

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var survivesANode = &rule.Rule{
	ID:       "AS801",
	Slug:     "survives-a-node",
	Title:    "Scheduler and web run more than one pod, and a disruption budget keeps one of them",
	Why:      "Whoever can evict or crash one pod, or one node, stops all scheduling or locks everybody out. Without spare pods security updates of nodes are outages, and so they are put off.",
	Fix:      "Run at least two replicas of the scheduler and of the webserver or API server, each with a PodDisruptionBudget.",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sched", "Web"},
	Refs: []rule.Ref{
		mitre("T1499"), nsa("Network separation: Resource policies"),
		{Source: "Kubernetes documentation", ID: "Disruptions", URL: "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"},
		{Source: "Apache Airflow documentation", ID: "Running more than one scheduler", URL: "https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/scheduler.html"},
	},
	Needs: append(slices.Clone(snapshot.Workloads), snapshot.PodDisruption),
	Uses:  []snapshot.Kind{snapshot.Autoscaler},
	Check: checkSurvivesANode,
}

func checkSurvivesANode(p *rule.Pass) {
	budgets, read := p.Objects(snapshot.PodDisruption), p.Read(snapshot.PodDisruption)
	for _, w := range p.Workloads() {
		switch {
		case w.Owner != nil || w.Ref.Kind != string(snapshot.Deployment) && w.Ref.Kind != string(snapshot.StatefulSet):
			continue
		case !slices.Contains(webComponents, w.Component) && (w.Component != airflow.Scheduler || p.Airflow().Major == 1): // Airflow 1 runs only one scheduler
			continue
		}
		p.Subjects++
		if n := replicas(p, w); n < 2 {
			p.Report(workloadFinding(w, "/spec/replicas", fmt.Sprintf("the %s runs %s: with its node it is gone", w.Component, podCount(n)), haFixes(p, w, "replicas", "set it to 2 or more")))
		}
		if read && !slices.ContainsFunc(budgets, func(b *snapshot.Object) bool { return keeps(b, w) }) {
			p.Report(workloadFinding(w, w.SpecPath(), fmt.Sprintf("no PodDisruptionBudget selects the pods of the %s: draining nodes may stop all of them at once", w.Component),
				haFixes(p, w, "podDisruptionBudget.enabled", "set it to true, with maxUnavailable: 1")))
		}
	}
}

func podCount(n int64) string {
	if n == 1 {
		return "one pod"
	}
	return fmt.Sprintf("%d pods", n)
}

// replicas are the pods a workload always has: what an autoscaler holds at least, else what it asks for itself.
func replicas(p *rule.Pass, w *airflow.Workload) int64 {
	for _, o := range p.Objects(snapshot.Autoscaler) {
		if o.Namespace == w.Ref.Namespace && o.At("spec", "scaleTargetRef", "kind") == w.Ref.Kind && o.At("spec", "scaleTargetRef", "name") == w.Ref.Name {
			return count(o.At("spec", "minReplicas"))
		}
	}
	return count(w.Object.At("spec", "replicas"))
}

// count is a number of pods; 1 where none is given, as in Kubernetes.
func count(value any) int64 {
	switch n := value.(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 1
}

// keeps says whether a disruption budget selects a workload's pods.
func keeps(budget *snapshot.Object, w *airflow.Workload) bool {
	spec, _ := budget.At("spec", "selector").(map[string]any)
	var selector metav1.LabelSelector
	if budget.Namespace != w.Namespace() || spec == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &selector) != nil {
		return false
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	return err == nil && parsed.Matches(labels.Set(w.Meta.Labels))
}

// workloadFinding is one about a workload as a whole.
func workloadFinding(w *airflow.Workload, path, message string, fixes []rule.Fix) rule.Finding {
	return rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: path, Message: message, Fixes: fixes,
		File: w.Object.File, Line: w.Object.Line,
	}
}

// haRoots are the charts' values of the components that must survive.
var haRoots = map[airflow.Dialect]map[airflow.Component]string{
	airflow.Official:  {airflow.Scheduler: "scheduler", airflow.Webserver: "webserver", airflow.APIServer: "apiServer"},
	airflow.Community: {airflow.Scheduler: "scheduler", airflow.Webserver: "web"},
}

func haFixes(p *rule.Pass, w *airflow.Workload, key, summary string) []rule.Fix {
	root := haRoots[p.Airflow().Dialect][w.Component]
	if root == "" {
		return []rule.Fix{{Kind: rule.Manual, Summary: summary + " (" + key + ")"}}
	}
	return valuesFix(p, root+"."+key, summary)
}
