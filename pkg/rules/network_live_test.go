package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const boundedWorker = `-- live.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: af-worker, labels: {tier: airflow, component: worker, release: af}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: worker, release: af}}
    spec:
      containers:
      - name: worker
        image: apache/airflow:3.2.2
        env: [{name: AIRFLOW__CORE__EXECUTOR, value: CeleryExecutor}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: workers}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: %s}}], ports: [{port: %d}]}]
`

// TestWorkersReachTheAPIServer knows the API server by the cluster's Service
// and its endpoints: plugins judge before or after the translation from the one to the other.
func TestWorkersReachTheAPIServer(t *testing.T) {
	around := []snapshot.Object{
		{Ref: snapshot.Ref{APIVersion: "v1", Kind: "Service", Namespace: "default", Name: "kubernetes"}, Content: map[string]any{
			"spec": map[string]any{"clusterIP": "172.20.0.1", "clusterIPs": []any{"172.20.0.1"}},
		}},
		{Ref: snapshot.Ref{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice", Namespace: "default", Name: "kubernetes"}, Content: map[string]any{
			"endpoints": []any{map[string]any{"addresses": []any{"10.0.5.6"}}}, "ports": []any{map[string]any{"port": int64(16443)}},
		}},
	}
	for _, c := range []struct {
		cidr    string
		port    int
		reached bool
	}{
		{"172.20.0.0/16", 443, true}, {"10.0.0.0/16", 16443, true}, {"10.0.0.0/16", 5432, false}, {"10.9.0.0/16", 443, false},
	} {
		s := caseSnapshot(t, txtar.Parse(fmt.Appendf(nil, boundedWorker, c.cidr, c.port)))
		s.Around = around
		p := rule.NewPass(airflow.New(s), rule.Restricted, rule.Parameters{})
		rules.Find("AS208").Check(p)
		if reached := len(p.Findings) == 1 && strings.Contains(p.Findings[0].Message, "reaches the Kubernetes API, which they do not need: policy workers allows it"); reached != c.reached || !reached && len(p.Findings) > 0 {
			t.Errorf("%s port %d: %v", c.cidr, c.port, p.Findings)
		}
	}
}
