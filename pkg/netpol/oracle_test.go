package netpol_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/oracle"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

const clusters = 10000

// difference is a point in which the oracle departs from the API. Writing the
// departure into a cluster must bring the evaluator to the oracle's answer.
type difference struct {
	name, why string
	write     func(c *oracle.Case)
}

var differences = []difference{
	{"not-in", "to the oracle NotIn does not match what lacks the key; to the API it does", func(c *oracle.Case) {
		eachSelector(c, func(s *metav1.LabelSelector) {
			for _, e := range slices.Clone(s.MatchExpressions) {
				if e.Operator == metav1.LabelSelectorOpNotIn {
					s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: e.Key, Operator: metav1.LabelSelectorOpExists})
				}
			}
		})
	}},
	{"empty-value", "to the oracle an empty value in matchLabels matches what lacks the key; to the API it does not", func(c *oracle.Case) {
		eachSelector(c, func(s *metav1.LabelSelector) {
			for key, value := range maps.Clone(s.MatchLabels) {
				if value == "" {
					delete(s.MatchLabels, key)
					s.MatchLabels[key+"-is-empty"] = "yes"
				}
			}
		})
		for i := range c.Cluster.Pods {
			c.Cluster.Pods[i].Labels = withEmpty(c.Cluster.Pods[i].Labels)
		}
		for name, has := range c.Cluster.Namespaces {
			c.Cluster.Namespaces[name] = withEmpty(has)
		}
	}},
	{"same-pod", "the oracle puts policies between a pod and itself; to the API a pod always reaches itself", func(c *oracle.Case) {
		for i, q := range c.Questions {
			if !q.From.Address.IsValid() && q.To == q.From {
				c.Cluster.Pods = append(c.Cluster.Pods, c.Cluster.Pods[q.To.Pod])
				c.Questions[i].To.Pod = len(c.Cluster.Pods) - 1
			}
		}
	}},
	{"unknown-address", "the oracle needs an address for each pod; where it is not known, no ipBlock holds", func(c *oracle.Case) {
		for i := range c.Cluster.Pods {
			if len(c.Cluster.Pods[i].Addresses) == 0 {
				c.Cluster.Pods[i].Addresses = []netip.Addr{netip.MustParseAddr(oracle.Unknown)}
			}
		}
	}},
}

func withEmpty(has map[string]string) map[string]string {
	out := maps.Clone(has)
	for _, key := range someKeys {
		if has[key] == "" {
			out[key+"-is-empty"] = "yes"
		}
	}
	return out
}

func eachSelector(c *oracle.Case, do func(*metav1.LabelSelector)) {
	peers := func(list []networkingv1.NetworkPolicyPeer) {
		for i := range list {
			for _, s := range []*metav1.LabelSelector{list[i].PodSelector, list[i].NamespaceSelector} {
				if s != nil {
					do(s)
				}
			}
		}
	}
	for i := range c.Cluster.Policies {
		spec := &c.Cluster.Policies[i].Spec
		do(&spec.PodSelector)
		for _, r := range spec.Ingress {
			peers(r.From)
		}
		for _, r := range spec.Egress {
			peers(r.To)
		}
	}
}

// departed is a copy of a case with some differences written into it.
func departed(c oracle.Case, from ...difference) oracle.Case {
	out := oracle.Case{Questions: slices.Clone(c.Questions)}
	out.Cluster.Namespaces = maps.Clone(c.Cluster.Namespaces)
	out.Cluster.Pods = slices.Clone(c.Cluster.Pods)
	for _, p := range c.Cluster.Policies {
		p.Spec = *p.Spec.DeepCopy()
		out.Cluster.Policies = append(out.Cluster.Policies, p)
	}
	for _, d := range from {
		d.write(&out)
	}
	return out
}

func ask(c oracle.Case) []netpol.Answer {
	e := netpol.New(c.Cluster)
	var out []netpol.Answer
	for _, q := range c.Questions {
		out = append(out, e.Ask(q.From.Peer(), q.To.Peer(), q.Port))
	}
	return out
}

// agrees compares what passes, what isolates, and that the deciding policy is one that the oracle names.
func agrees(ours netpol.Decision, theirs oracle.Decision) bool {
	decided := ours.Policy < 0 || slices.Contains(theirs.Policies, ours.Policy)
	return ours.Allowed == theirs.Allowed && ours.Isolated == theirs.Isolated && decided
}

func same(ours netpol.Answer, theirs oracle.Answer) bool {
	return ours.Allowed == theirs.Allowed() && agrees(ours.Egress, theirs.Egress) && agrees(ours.Ingress, theirs.Ingress)
}

func TestOracleAgrees(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test builds cyclonus and asks it about ten thousand clusters")
	}
	var cases []oracle.Case
	for seed := range uint64(clusters) {
		cases = append(cases, newRandom(seed).newCase())
	}
	results, err := oracle.Ask(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	tally := map[string]int{}
	for i, c := range cases {
		if results[i].Error != "" {
			t.Fatalf("cluster %d: the oracle refuses it: %s", i, results[i].Error)
		}
		compare(t, i, c, results[i].Answers, tally)
	}
	t.Logf("%d clusters: %v", clusters, tally)
	for _, d := range differences {
		if tally[d.name] == 0 {
			t.Errorf("no question shows the difference %s: take it from the table", d.name)
		}
	}
	for _, kind := range []string{"allowed", "denied by egress", "denied by ingress", "denied by both", "not isolated"} {
		if tally[kind]*100 < tally["questions"] {
			t.Errorf("%s: %d of %d answers are too few to tell anything", kind, tally[kind], tally["questions"])
		}
	}
	if explained := tally["explained"]; explained*5 > tally["questions"] {
		t.Errorf("%d of %d answers differ: too many to call it agreement", explained, tally["questions"])
	}
}

func compare(t *testing.T, index int, c oracle.Case, theirs []oracle.Answer, tally map[string]int) {
	t.Helper()
	ours, both := ask(c), ask(departed(c, differences...))
	var single [][]netpol.Answer
	for q := range ours {
		count(tally, ours[q])
		if same(ours[q], theirs[q]) {
			continue
		}
		if !same(both[q], theirs[q]) {
			t.Errorf("cluster %d, question %d %+v\nours   %+v\ntheirs %+v", index, q, c.Questions[q], ours[q], theirs[q])
			continue
		}
		tally["explained"]++
		if single == nil {
			for _, d := range differences {
				single = append(single, ask(departed(c, d)))
			}
		}
		for i, d := range differences {
			if single[i][q] != ours[q] {
				tally[d.name]++
			}
		}
	}
}

func count(tally map[string]int, a netpol.Answer) {
	tally["questions"]++
	switch {
	case a.Allowed:
		tally["allowed"]++
	case !a.Egress.Allowed && !a.Ingress.Allowed:
		tally["denied by both"]++
	case !a.Egress.Allowed:
		tally["denied by egress"]++
	default:
		tally["denied by ingress"]++
	}
	if !a.Egress.Isolated && !a.Ingress.Isolated {
		tally["not isolated"]++
	}
}
