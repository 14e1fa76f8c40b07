package verify_test

import (
	"fmt"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// Task pods of two releases may carry the same labels: a plan for one takes the other's, which must not stay unsaid.
func TestPodsOfOthersAreNamed(t *testing.T) {
	const labels = "kubernetes_executor"
	object := func(kind, name string, labelled bool, spec map[string]any) snapshot.Object {
		meta := map[string]any{"name": name, "namespace": "team"}
		if labelled {
			meta["labels"] = map[string]any{labels: "True"}
		}
		version := map[string]string{"Pod": "v1", "NetworkPolicy": "networking.k8s.io/v1"}[kind]
		return snapshot.Object{Ref: snapshot.Ref{APIVersion: version, Kind: kind, Namespace: "team", Name: name}, Origin: snapshot.Live,
			Content: map[string]any{"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}}
	}
	policy := func(name string, types ...any) snapshot.Object {
		return object("NetworkPolicy", name, false, map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{labels: "True"}}, "policyTypes": types})
	}
	plan := harden.NetworkPlan{Policies: []harden.PlannedPolicy{{NetworkPolicy: networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "task-pod"},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{labels: "True"}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}}}}
	around := []snapshot.Object{
		object("Pod", "on-host", true, map[string]any{"hostNetwork": true}), object("Pod", "other-task", true, nil), object("Pod", "web", false, nil),
	}
	for _, test := range []struct {
		name    string
		inForce []snapshot.Object
		want    string
	}{
		{"nothing in force", nil, "other-task [task-pod];"},
		{"isolated one way", []snapshot.Object{policy("theirs", "Ingress")}, "other-task [task-pod];"},
		{"isolated both ways: more rules let more pass", []snapshot.Object{policy("theirs", "Ingress", "Egress")}, ""},
		{"applied already", []snapshot.Object{policy("task-pod", "Ingress", "Egress")}, "other-task [task-pod];"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := airflow.New(&snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "team"}, Objects: test.inForce, Around: around})
			got := ""
			for _, b := range verify.Network(netpol.Of(m), nil, plan).Beside {
				got += fmt.Sprint(b.Pod.Name, " ", b.Policies, ";")
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
