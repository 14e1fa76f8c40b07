package reach_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestCorpus asks all pairs of rendered charts, as they are and with
// everything denied, and compares each needed flow with the network's verdict.
func TestCorpus(t *testing.T) {
	files := []string{release}
	if folder := os.Getenv("AIRFLOWSEC_CORPUS"); folder != "" {
		found, err := filepath.Glob(filepath.Join(folder, "*", "*", "manifest.yaml"))
		if err != nil || len(found) == 0 {
			t.Fatalf("no rendered charts in %s", folder)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		s := settingOf(t, []string{file})
		agrees(t, file, s)
		for _, types := range [][]networkingv1.PolicyType{{"Ingress"}, {"Egress"}} {
			s.Proposed = []netpol.Policy{{
				Ref:  snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: s.Model.Namespace, Name: "deny"},
				Spec: networkingv1.NetworkPolicySpec{PolicyTypes: types},
			}}
			agrees(t, file, s)
		}
	}
}

// pairOf is what the table of flows and the matrix both name.
type pairOf struct {
	flow, why string
	from, to  airflow.Component
}

// agrees compares the worst state of each kind of flow in the matrix with the network's own.
func agrees(t *testing.T, name string, s reach.Setting) {
	t.Helper()
	rank := map[netpol.State]int{"": 0, netpol.Kept: 1, netpol.Unclear: 2, netpol.Cut: 3}
	worst := func(states map[pairOf]netpol.State, key pairOf, state netpol.State) {
		if rank[state] > rank[states[key]] {
			states[key] = state
		}
	}
	want, got := map[pairOf]netpol.State{}, map[pairOf]netpol.State{}
	network := netpol.Of(s.Model).With(s.Proposed)
	for _, f := range s.Flows {
		worst(want, pairOf{f.ID, f.Why, f.From.Component(), f.To.Component()}, network.Judge(f).State)
	}
	r := reach.Whole(s)
	ends := map[string]reach.End{}
	for _, e := range r.Ends {
		ends[e.Name] = e
	}
	for _, q := range r.Questions {
		for _, n := range q.Needs {
			worst(got, pairOf{n.Flow, n.Why, ends[q.From].Component, ends[q.To].Component}, n.State)
		}
	}
	for key, state := range want {
		if got[key] != state {
			t.Errorf("%s: %s from %s to %s is %q in the matrix and %q for the network", name, key.flow, key.from, key.to, got[key], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: the matrix knows %d kinds of flows of %d", name, len(got), len(want))
	}
	if text, err := json.Marshal(r); err != nil || len(snapshot.MaskedIn(string(text))) > 0 {
		t.Errorf("%s: the answer is no data, or holds a mask token: %v", name, err)
	}
}
