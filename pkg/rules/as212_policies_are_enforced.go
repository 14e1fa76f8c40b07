package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var policiesAreEnforced = &rule.Rule{
	ID:       "AS212",
	Slug:     "policies-are-enforced",
	Title:    "The cluster runs a network plugin that enforces NetworkPolicy",
	Why:      "The API server accepts a NetworkPolicy whether or not anything acts on it. Where nothing does, every pod of the cluster reaches the database, the broker and the log servers, and the policies only look as if they protected them.",
	Fix:      "Run a network plugin that enforces NetworkPolicy, or switch enforcement on in the one that is there.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		cis("5.3.1"), cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046"),
	},
	Needs: []snapshot.Kind{snapshot.NodeAgents},
	Check: checkPoliciesEnforced,
}

// checkPoliciesEnforced passes on evidence only: a plugin may run outside any
// DaemonSet, so that seeing none proves nothing.
func checkPoliciesEnforced(p *rule.Pass) {
	seen := map[enforcement][]*snapshot.Object{}
	names := map[enforcement][]string{}
	for _, o := range p.Objects(snapshot.NodeAgents) {
		if o.At("status", "desiredNumberScheduled") == int64(0) {
			continue // it runs nowhere
		}
		for _, plugin := range networkPlugins {
			if acts, found := plugin.judge(o); found {
				seen[acts], names[acts] = append(seen[acts], o), append(names[acts], plugin.name)
			}
		}
	}
	switch {
	case len(seen[enforces]) > 0:
		p.Subjects++
	case len(seen[unsure]) > 0:
		p.Unknown("whether " + together(names[unsure]) + " enforces NetworkPolicy here cannot be told")
	case len(seen[ignores]) > 0:
		p.Report(rule.Finding{
			Target: seen[ignores][0].Ref,
			Message: together(names[ignores]) + " does not enforce NetworkPolicy, and nothing that does was found: " +
				"policies are accepted and have no effect",
			Fixes: []rule.Fix{{Kind: rule.Manual, Summary: "switch policy enforcement on in the network plugin, or run one that has it"}},
		})
	case p.Read(snapshot.NodeAgents):
		p.Unknown("no known network plugin was found among the cluster's DaemonSets")
	}
}

func together(names []string) string {
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
