package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var servicesNotExposed = &rule.Rule{
	ID:       "AS206",
	Slug:     "services-not-exposed",
	Title:    "No Service opens the release to the outside of the cluster unless the profile names it",
	Why:      "A LoadBalancer, NodePort or external IP leads past Ingress, TLS and login proxy to the pod. An attacker who finds Flower, the broker or the database there runs tasks or reads every connection.",
	Fix:      "Make the Service a ClusterIP and reach it through an Ingress with TLS, or name it in the profile's exposedServices.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch},
	Topics:   []string{"Web", "Flower", "DB"},
	Refs: []rule.Ref{
		nsa("Network separation"), owasp("K06"), mitre("T1190"), mitre("T1133"),
	},
	Needs: []snapshot.Kind{snapshot.Service},
	Uses:  snapshot.Workloads,
	Check: checkServices,
}

// unfitForOutside are components that no setting makes fit to be reached from outside the cluster.
var unfitForOutside = []airflow.Component{airflow.Flower, airflow.Database, airflow.Broker, airflow.PgBouncer}

func checkServices(p *rule.Pass) {
	workloads := p.Workloads()
	for _, o := range p.Objects(snapshot.Service) {
		if o.Group() != "" {
			continue // another API's Service, such as Knative's
		}
		p.Subjects++
		if slices.Contains(p.Parameters.ExposedServices, o.Name) {
			continue
		}
		behind := servedBy(o, workloads)
		if kind, _ := o.At("spec", "type").(string); kind == string(corev1.ServiceTypeLoadBalancer) || kind == string(corev1.ServiceTypeNodePort) {
			reportService(p, o, behind, "/spec/type", "is a "+kind+reachOf(o, kind), closeService(o))
		}
		if ips, _ := o.At("spec", "externalIPs").([]any); len(ips) > 0 {
			reportService(p, o, behind, "/spec/externalIPs", "listens on external IPs: whoever reaches those nodes reaches it",
				rule.Fix{Kind: rule.Patch, Summary: "take externalIPs away", Changes: []change.Change{{Target: o.Ref, Op: change.Remove, Path: "/spec/externalIPs"}}})
		}
	}
}

func reportService(p *rule.Pass, o *snapshot.Object, behind *airflow.Workload, path, what string, patch rule.Fix) {
	f := rule.Finding{
		Target: o.Ref, Path: path, Message: "Service " + o.Name + " " + what,
		Fixes: []rule.Fix{patch}, File: o.File, Line: o.Line,
	}
	if behind != nil {
		f.Component = string(behind.Component)
		if slices.Contains(unfitForOutside, behind.Component) {
			f.Severity = rule.Critical
			f.Message += ", and nothing outside the cluster should reach " + string(behind.Component)
		}
		if key := p.ValuesKey(behind, "", airflow.ServiceType); key != "" && path == "/spec/type" && charted(p, o) {
			f.Fixes = append([]rule.Fix{{Kind: rule.Values, Summary: "set ClusterIP", ValuesKey: key}}, f.Fixes...)
		}
	}
	p.Report(f)
}

// charted says whether the release's own chart made an object, so that its
// values reach it. Both charts and their subcharts label it with the release.
func charted(p *rule.Pass, o *snapshot.Object) bool {
	release := p.Airflow().Release
	return o.Labels()["release"] == release || o.Labels()["app.kubernetes.io/instance"] == release
}

// reachOf says in words who can get to an exposed Service.
func reachOf(o *snapshot.Object, kind string) string {
	if kind == string(corev1.ServiceTypeNodePort) {
		return ": every node of the cluster answers for it"
	}
	ranges, _ := o.At("spec", "loadBalancerSourceRanges").([]any)
	if _, annotated := o.Annotations()[corev1.AnnotationLoadBalancerSourceRangesKey]; annotated || len(ranges) > 0 {
		return ": its source ranges reach it without passing an Ingress"
	}
	return " without source ranges: every network that reaches the load balancer reaches it"
}

// closeService makes a Service a ClusterIP. The API server clears node ports by
// itself, but refuses source ranges on any other type.
func closeService(o *snapshot.Object) rule.Fix {
	changes := []change.Change{{Target: o.Ref, Op: change.Set, Path: "/spec/type", Value: string(corev1.ServiceTypeClusterIP)}}
	if o.At("spec", "loadBalancerSourceRanges") != nil {
		changes = append(changes, change.Change{Target: o.Ref, Op: change.Remove, Path: "/spec/loadBalancerSourceRanges"})
	}
	if _, annotated := o.Annotations()[corev1.AnnotationLoadBalancerSourceRangesKey]; annotated {
		path := "/metadata/annotations/" + change.Escape(corev1.AnnotationLoadBalancerSourceRangesKey)
		changes = append(changes, change.Change{Target: o.Ref, Op: change.Remove, Path: path})
	}
	return rule.Fix{Kind: rule.Patch, Summary: "set type: ClusterIP", Changes: changes}
}

// servedBy is the workload whose pods a Service selects, the one least fit for
// the outside where there are several; nil where none is seen.
func servedBy(service *snapshot.Object, list []*airflow.Workload) *airflow.Workload {
	selector, _ := service.At("spec", "selector").(map[string]any)
	var found *airflow.Workload
	for _, w := range list {
		if len(selector) == 0 || w.Namespace() != service.Namespace || !selects(selector, w.Meta.Labels) {
			continue
		}
		if found == nil || slices.Contains(unfitForOutside, w.Component) {
			found = w
		}
	}
	return found
}

func selects(selector map[string]any, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return true
}
