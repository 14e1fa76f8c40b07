package reach_test

import (
	"fmt"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// crowded is a release with many live workers and many policies.
func crowded(t testing.TB, pods, policies int) reach.Setting {
	t.Helper()
	s := settingOf(t, []string{release}).Model.Snapshot
	for i := range pods {
		labels := map[string]any{
			"tier": "airflow", "component": "worker", "release": "rel",
			"statefulset.kubernetes.io/pod-name": fmt.Sprintf("rel-worker-%d", i), "shard": fmt.Sprint(i % 10),
		}
		ref := snapshot.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "airflow", Name: fmt.Sprintf("rel-worker-%d", i)}
		s.Objects = append(s.Objects, snapshot.Object{Ref: ref, Origin: snapshot.Live, Content: map[string]any{
			"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{
				"name": ref.Name, "namespace": "airflow", "labels": labels,
				"ownerReferences": []any{map[string]any{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "rel-worker", "uid": "u", "controller": true}},
			},
			"spec":   map[string]any{"containers": []any{map[string]any{"name": "worker", "image": "apache/airflow:3.2.2", "ports": []any{map[string]any{"containerPort": int64(8793)}}}}},
			"status": map[string]any{"phase": "Running", "podIPs": []any{map[string]any{"ip": fmt.Sprintf("10.0.%d.%d", i/250, i%250)}}},
		}})
	}
	out := settingOn(s)
	for i := range policies {
		out.Proposed = append(out.Proposed, netpol.Policy{
			Ref: snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "airflow", Name: fmt.Sprintf("p%d", i)},
			Spec: networkingv1.NetworkPolicySpec{
				PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"shard": fmt.Sprint(i % 20)}},
				Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"component": "api-server"}}}}}},
			},
		})
	}
	return out
}

func BenchmarkWhole(b *testing.B) {
	for _, size := range []struct{ pods, policies int }{{100, 30}, {1000, 300}} {
		b.Run(fmt.Sprintf("%d pods, %d policies", size.pods, size.policies), func(b *testing.B) {
			s := crowded(b, size.pods, size.policies)
			b.ReportAllocs()
			for b.Loop() {
				reach.Whole(s)
			}
		})
	}
}

// TestManyPodsAreOneQuestion holds the matrix to classes of pods: a thousand alike are asked once.
func TestManyPodsAreOneQuestion(t *testing.T) {
	r := reach.Whole(crowded(t, 300, 50))
	for _, q := range r.Questions {
		if len(q.Decisions) > 40 {
			t.Fatalf("%s to %s has %d decisions", q.From, q.To, len(q.Decisions))
		}
	}
}
