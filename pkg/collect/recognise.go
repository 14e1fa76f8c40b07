package collect

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// What gives a live object's release away. The label release is set by both
// Airflow charts; the instance label by their subcharts, by other charts, and
// by Argo CD with its application's name.
// Sources: templates of both charts; helm.sh/helm/v3/pkg/action/validate.go;
// fluxcd/helm-controller (origin labels); Argo CD's resource tracking.
const (
	helmRelease      = "meta.helm.sh/release-name"
	helmNamespace    = "meta.helm.sh/release-namespace"
	releaseLabel     = "release"
	instanceLabel    = "app.kubernetes.io/instance"
	chartLabel       = "chart"
	helmChartLabel   = "helm.sh/chart"
	argoTracking     = "argocd.argoproj.io/tracking-id"
	argoInstance     = "argocd.argoproj.io/instance"
	fluxNamespace    = "helm.toolkit.fluxcd.io/namespace"
	executorPod      = "kubernetes_executor"
	operatorPod      = "kubernetes_pod_operator"
	podTemplateLabel = "pod-template-hash"
)

// airflowLabels each mark a workload as part of some chart's Airflow: the
// official one, the community one, and others named airflow.
var airflowLabels = []struct{ key, value string }{
	{"tier", "airflow"},
	{"app", "airflow"},
	{"app.kubernetes.io/name", "airflow"},
}

func isAirflow(labels map[string]string) bool {
	return slices.ContainsFunc(airflowLabels, func(l struct{ key, value string }) bool { return labels[l.key] == l.value })
}

// claimant is the release that labels and annotations name; empty where they
// name none. The order matters: Argo CD overwrites the instance label, nothing
// overwrites the others.
func claimant(namespace string, labels, annotations map[string]string) string {
	if name := sureClaimant(namespace, labels, annotations); name != "" {
		return name
	}
	return labels[instanceLabel]
}

func sureClaimant(namespace string, labels, annotations map[string]string) string {
	name, ns := annotations[helmRelease], annotations[helmNamespace]
	switch {
	case name == "":
		return labels[releaseLabel]
	case ns != "" && ns != namespace:
		return ns + "/" + name
	}
	return name
}

// trace is an Airflow release as its live workloads show it.
type trace struct {
	namespace, name string
	chart           snapshot.Chart
	flux            string // the namespace of the HelmRelease that made it
	argo            bool
}

// traced are the resources whose labels are looked at: both charts always make a Deployment.
var traced = []reading{inNamespace[0], inNamespace[1]}

// traces finds Airflow releases by the labels of live workloads, without bodies.
func (r *reader) traces(ctx context.Context, namespace string) ([]*trace, map[snapshot.Kind]snapshot.Coverage, error) {
	g, got := newGroup(ctx), newAnswers()
	found := map[string]*trace{}
	for _, what := range traced {
		for _, label := range airflowLabels {
			g.run("looking for Airflow workloads", func(ctx context.Context) error {
				opts := metav1.ListOptions{LabelSelector: label.key + "=" + label.value}
				err := r.eachBare(ctx, what.in(what.versions[0]), namespace, opts, func(m *metav1.PartialObjectMetadata) {
					got.mu.Lock()
					defer got.mu.Unlock()
					follow(found, m)
				})
				got.note(coverageOf(what.kind, asking(what, namespace), err))
				return ctx.Err()
			})
		}
	}
	err := g.Wait()
	var out []*trace
	for _, t := range found {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *trace) int {
		return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name)
	})
	return out, got.coverage, err
}

func follow(found map[string]*trace, m *metav1.PartialObjectMetadata) {
	name := claimant(m.Namespace, m.Labels, m.Annotations)
	if name == "" || strings.Contains(name, "/") {
		return
	}
	key := m.Namespace + "/" + name
	t := found[key]
	if t == nil {
		t = &trace{namespace: m.Namespace, name: name}
		found[key] = t
	}
	if chart := chartFrom(m.Labels); chart.Version > t.chart.Version {
		t.chart = chart
	}
	if ns := m.Labels[fluxNamespace]; ns > t.flux {
		t.flux = ns
	}
	t.argo = t.argo || m.Annotations[argoTracking] != "" || m.Labels[argoInstance] != ""
}

// chartFrom reads the label NAME-VERSION. The official chart also writes a bare
// NAME on some objects, which tells no version.
func chartFrom(labels map[string]string) snapshot.Chart {
	text := labels[chartLabel]
	if text == "" {
		text = labels[helmChartLabel]
	}
	name, version, found := strings.Cut(text, "-")
	for found && (version == "" || version[0] < '0' || version[0] > '9') {
		var more string
		more, version, found = strings.Cut(version, "-")
		name += "-" + more
	}
	if !found {
		return snapshot.Chart{Name: text}
	}
	return snapshot.Chart{Name: name, Version: strings.ReplaceAll(version, "_", "+")}
}

// asking is a request in words: "list deployments.apps in namespace airflow".
func asking(what reading, namespace string) string {
	text := what.verb + " " + what.String()
	if namespace == "" {
		return text + " in all namespaces"
	}
	return text + " in namespace " + namespace
}
