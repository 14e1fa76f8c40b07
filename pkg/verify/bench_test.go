package verify_test

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// BenchmarkPlan is what generate patches works out, the flows among it.
func BenchmarkPlan(b *testing.B) {
	p := planFor(b, releases(b)["sample"])
	b.ReportAllocs()
	for b.Loop() {
		flows := p.model.Flows(airflow.Declarations{})
		harden.Network(p.model, p.network, flows, harden.ReleaseLabel("airflow"))
	}
}

// BenchmarkProof is what is asked before anything is printed.
func BenchmarkProof(b *testing.B) {
	p := planFor(b, releases(b)["sample"])
	b.ReportAllocs()
	for b.Loop() {
		verify.Network(p.network, p.flows, p.plan)
	}
}
