package reach_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestUsualPorts asks for an end that was not read: it listens on one of its
// usual ports, so that a rule for the other one alone may be right.
func TestUsualPorts(t *testing.T) {
	toOne := func(port int) *snapshot.Object {
		const version, name = "networking.k8s.io/v1", "exact"
		return &snapshot.Object{Ref: snapshot.Ref{APIVersion: version, Kind: "NetworkPolicy", Namespace: "airflow", Name: name}, Content: map[string]any{
			"apiVersion": version, "kind": "NetworkPolicy", "metadata": map[string]any{"name": name, "namespace": "airflow"},
			"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Egress"}, "egress": []any{map[string]any{
				"to":    []any{map[string]any{"ipBlock": map[string]any{"cidr": "10.0.0.5/32"}}},
				"ports": []any{map[string]any{"port": int64(port)}},
			}}},
		}}
	}
	for port, want := range map[int]netpol.State{443: netpol.Unclear, 6443: netpol.Unclear, 22: netpol.Cut} {
		s := settingOf(t, []string{release, "testdata/deny.yaml"})
		at := slices.IndexFunc(s.Flows, func(f airflow.Flow) bool {
			return f.From.Workload != nil && f.From.Workload.Component == airflow.Worker
		})
		s.Flows = append(s.Flows, airflow.Flow{
			ID: "kubernetes-api", Demand: airflow.Required, From: s.Flows[at].From, To: airflow.End{Place: airflow.Range, Name: "kubernetes-api"},
			Ports: []airflow.Port{{Number: 443, Protocol: corev1.ProtocolTCP}, {Number: 6443, Protocol: corev1.ProtocolTCP}},
		})
		policy, err := reach.PolicyOf(toOne(port))
		if err != nil {
			t.Fatal(err)
		}
		s.Proposed = append(s.Proposed, policy)
		for _, q := range asked(t, s, "worker", "kubernetes-api").Questions {
			for _, need := range q.Needs {
				if need.State != want {
					t.Errorf("with a rule for %d alone, %s is %s (%s)", port, q.To, need.State, need.Reason)
				}
			}
			if len(q.Needs) != 1 {
				t.Errorf("%d needs", len(q.Needs))
			}
		}
	}
}
