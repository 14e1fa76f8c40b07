package netpol_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/oracle"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

var brokenParts = []struct{ name, policy, want string }{
	{"operator", `podSelector: {matchExpressions: [{key: a, operator: Like, values: [b]}]}`, "default/p: spec.podSelector.matchExpressions[0].operator"},
	{"In without values", `podSelector: {matchExpressions: [{key: a, operator: In}]}`, "spec.podSelector.matchExpressions[0].values"},
	{"key", `{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {"a b": c}}}]}]}`, "spec.ingress[0].from[0].podSelector.matchLabels"},
	{"namespace selector", `{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}]}]}`, "spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values"},
	{"address range", `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.0}}]}]}`, "spec.ingress[0].from[0].ipBlock.cidr"},
	{"exception", `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [x]}}]}]}`, "spec.ingress[0].from[0].ipBlock.except[0]"},
	{"exception outside", `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}`, "spec.ingress[0].from[0].ipBlock.except[0]"},
	{"empty peer", `{podSelector: {}, ingress: [{from: [{}]}]}`, "spec.ingress[0].from[0]: Required"},
	{"block and selector", `{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 0.0.0.0/0}}]}]}`, "spec.ingress[0].from[0]: Forbidden"},
	{"protocol", `{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}`, "spec.ingress[0].ports[0].protocol"},
	{"port 0", `{podSelector: {}, ingress: [{ports: [{port: 0, endPort: 65535}]}]}`, "spec.ingress[0].ports[0].port"},
	{"port name", `{podSelector: {}, ingress: [{ports: [{port: Not_A_Name}]}]}`, "spec.ingress[0].ports[0].port"},
	{"range without port", `{podSelector: {}, ingress: [{ports: [{endPort: 65535}]}]}`, "spec.ingress[0].ports[0].port"},
	{"range of a name", `{podSelector: {}, ingress: [{ports: [{port: redis, endPort: 65535}]}]}`, "spec.ingress[0].ports[0].endPort"},
	{"range backwards", `{podSelector: {}, ingress: [{ports: [{port: 6380, endPort: 6379}]}]}`, "spec.ingress[0].ports[0].endPort"},
}

// TestBroken wants each fault reported, and nothing allowed because of it.
func TestBroken(t *testing.T) {
	for _, test := range brokenParts {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t, "--- deny\npodSelector: {}\n--- p\n"+test.policy)
			broken := s.Broken()
			if len(broken) != 1 || !strings.Contains(broken[0].Error(), test.want) {
				t.Errorf("broken: %v, want %s", broken, test.want)
			}
			s.says(t, "frontend db 6379 deny-ingress\n8.8.8.8 db 6379 deny-ingress\nfuture db 6379 deny-ingress")
		})
	}
}

func TestBrokenSelectsNothing(t *testing.T) {
	s := newScene(t, `
--- p
podSelector: {matchLabels: {role: db}, matchExpressions: [{key: role, operator: In}]}
--- q
podSelector: {matchLabels: {role: db}}
policyTypes: [Ingres]
`)
	s.says(t, "frontend db 6379 allow")
	if len(s.Broken()) != 2 || !strings.Contains(s.Broken()[1].Error(), "spec.policyTypes[0]") {
		t.Errorf("broken: %v", s.Broken())
	}
}

func TestBrokenInOrder(t *testing.T) {
	policies := "--- p\n" + `podSelector: {matchLabels: {"a b": c, "d e": f, g: "h i", "j k": l}}`
	first := newScene(t, policies).Broken()
	for range 20 {
		again := newScene(t, policies).Broken()
		if !slices.EqualFunc(first, again, func(a, b error) bool { return a.Error() == b.Error() }) {
			t.Fatalf("%v, then %v", first, again)
		}
	}
}

// TestOracleAllowsNoMore puts broken policies to the oracle. It refuses most of
// them; where it does not, as it checks less, nothing is denied there that passes here.
func TestOracleAllowsNoMore(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test builds cyclonus")
	}
	var cases []oracle.Case
	for _, b := range brokenParts {
		c := oracle.Case{Cluster: newWorld(t, "--- deny\npodSelector: {}\n--- p\n"+b.policy)}
		for from := range c.Cluster.Pods {
			for to := range c.Cluster.Pods {
				c.Questions = append(c.Questions, oracle.Question{From: oracle.End{Pod: from}, To: oracle.End{Pod: to}, Port: parsePort("6379")})
			}
		}
		cases = append(cases, c)
	}
	results, err := oracle.Ask(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i, r := range results {
		if r.Error != "" {
			refused++
			continue
		}
		e := netpol.New(cases[i].Cluster)
		for q, theirs := range r.Answers {
			question := cases[i].Questions[q]
			if ours := e.Ask(question.From.Peer(), question.To.Peer(), question.Port); ours.Allowed && !theirs.Allowed() && question.From != question.To {
				t.Errorf("%s, %+v: ours %+v, theirs %+v", brokenParts[i].name, question, ours, theirs)
			}
		}
	}
	if refused == 0 || refused == len(results) {
		t.Errorf("the oracle refuses %d of %d", refused, len(results))
	}
	t.Logf("the oracle refuses %d of %d", refused, len(results))
}
