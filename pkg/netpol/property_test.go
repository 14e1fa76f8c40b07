package netpol_test

import (
	"encoding/json"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/oracle"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// narrower says that nothing is allowed after which was not before.
func narrower(t *testing.T, seed uint64, what string, before, after oracle.Case) {
	t.Helper()
	was, is := ask(before), ask(after)
	for q := range was {
		if is[q].Allowed && !was[q].Allowed {
			t.Fatalf("seed %d: %s allows %+v", seed, what, before.Questions[q])
		}
	}
}

func TestProperties(t *testing.T) {
	for seed := range uint64(2000) {
		r := newRandom(seed + 1<<32)
		c := r.newCase()
		i := r.IntN(len(c.Cluster.Policies))

		less := departed(c)
		spec := &less.Cluster.Policies[i].Spec
		spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
		full := departed(less)
		spec.Ingress, spec.Egress = nil, nil
		narrower(t, seed, "taking the rules from a policy", full, less)

		deny := departed(c)
		deny.Cluster.Policies = append(deny.Cluster.Policies, netpol.Policy{Spec: networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		}})
		for _, namespace := range someNamespaces {
			deny.Cluster.Policies[len(deny.Cluster.Policies)-1].Ref.Namespace = namespace
			narrower(t, seed, "one more policy without rules", c, deny)
		}

		turned := departed(c)
		slices.Reverse(turned.Cluster.Policies)
		was := ask(c)
		for q, a := range ask(turned) {
			if a.Allowed != was[q].Allowed {
				t.Fatalf("seed %d: the order of policies decides on %+v", seed, c.Questions[q])
			}
		}
	}
}

// FuzzPolicies puts any text that reads as policies into the world: nothing
// panics, every answer agrees with itself and with a second evaluator.
func FuzzPolicies(f *testing.F) {
	add := func(policies string) {
		var specs []networkingv1.NetworkPolicySpec
		for _, p := range parsePolicies(f, policies) {
			specs = append(specs, p.Spec)
		}
		text, err := json.Marshal(specs)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, r := range recipes {
		add(r.policies)
	}
	for _, s := range semantics {
		add(s.policies)
	}
	for _, b := range brokenParts {
		add("--- p\n" + b.policy)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var specs []networkingv1.NetworkPolicySpec
		if json.Unmarshal(text, &specs) != nil {
			t.Skip("not policies")
		}
		c := newWorld(t, "")
		for _, spec := range specs[:min(len(specs), 20)] {
			c.Policies = append(c.Policies, netpol.Policy{Spec: spec})
			c.Policies[len(c.Policies)-1].Ref.Namespace = "default"
		}
		one, two := scene{c, netpol.New(c)}, scene{c, netpol.New(c)}
		if len(one.Broken()) != len(two.Broken()) {
			t.Errorf("broken: %v, then %v", one.Broken(), two.Broken())
		}
		for _, q := range []string{"frontend db 6379", "db other 53/UDP", "prod/client db 5432", "8.8.8.8 host 8080", "db fd00::1 7777/SCTP", "db db 1"} {
			a := one.answer(t, q)
			if a != two.answer(t, q) {
				t.Errorf("%s: two answers", q)
			}
			one.consistent(t, q, a.Egress)
			one.consistent(t, q, a.Ingress)
		}
		n := netpol.NetworkOf(c, "default")
		for pod := range c.Pods {
			n.Admits(pod, parsePort("6379"))
		}
	})
}

func (s scene) consistent(t *testing.T, question string, d netpol.Decision) {
	t.Helper()
	named := d.Policy >= 0 && d.Rule >= 0
	if named && (d.Policy >= len(s.Policies) || d.Rule >= max(len(s.Policies[d.Policy].Spec.Ingress), len(s.Policies[d.Policy].Spec.Egress))) {
		t.Errorf("%s: no such rule: %+v", question, d)
	}
	if named != (d.Isolated && d.Allowed) || !d.Allowed && !d.Isolated {
		t.Errorf("%s: does not fit together: %+v", question, d)
	}
}
