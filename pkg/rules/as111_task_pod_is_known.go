package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var taskPodIsKnown = &rule.Rule{
	ID:       "AS111",
	Slug:     "task-pod-is-known",
	Title:    "The pods in which tasks will run are known and judged",
	Why:      "A Kubernetes executor runs each task in a pod of its own. Where its template cannot be read, nothing is known about the pods in which DAG authors' code runs, and every other verdict leaves them out.",
	Fix:      "Keep the pod template in the chart's ConfigMap (podTemplate, or airflow.kubernetesPodTemplate in the community chart) as a complete pod, not in the image.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Work"},
	Refs: []rule.Ref{
		nsa("Pod security"), owasp("K01"), mitre("T1610"),
		{Source: "Apache Airflow Kubernetes provider", ID: "pod_template_file", URL: "https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret},
	Check: checkTaskPod,
}

// checkTaskPod fails where the template is there and is no pod; a template
// that could not be read or found is unknown.
func checkTaskPod(p *rule.Pass) {
	state := p.TaskPods()
	switch {
	case state.Found:
		p.Subjects++
	case state.Reason == "": // no executor makes pods
	case brokenTemplate(p.Objects(snapshot.ConfigMap), state.Ref, state.Path):
		p.Report(rule.Finding{
			Target: state.Ref, Component: string(airflow.TaskPod), Path: state.Path,
			Message: state.Reason + ", so nothing is known about the pods that run tasks",
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "put a complete pod into the template, with at least one container"}},
		})
	case p.Read(snapshot.ConfigMap): // else the engine has said so already
		p.Unknown(state.Reason)
	}
}

// brokenTemplate says that the template's text was read in clear.
func brokenTemplate(list []*snapshot.Object, ref snapshot.Ref, path string) bool {
	parts := change.Split(path)
	for _, o := range list {
		if o.Same(ref) && len(parts) > 0 {
			text, _ := o.At(parts...).(string)
			_, masked := snapshot.ParseMasked(text)
			return text != "" && !masked
		}
	}
	return false
}
