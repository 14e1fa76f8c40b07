package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var taskAuthorBlastRadius = &rule.Rule{
	ID:       "AS310",
	Slug:     "task-author-blast-radius",
	Title:    "What DAG code can reach, do and read from its pod stays within the profile's bound",
	Why:      "Whoever may write a DAG, or takes over a task, has all that the pod has. An attacker adds up what stands open: the network, the service account's rights and the Secrets in the pod. The number says how far that goes, and what to close first.",
	Fix:      "Close what weighs most: policies for egress, no token for pods that need none, no Secret in pods that run DAG code which the task can do without.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Work", "App"},
	Refs: []rule.Ref{
		cis("5.3.2"), cis("5.1.6"), nsa("Network separation"), owasp("K02"), owasp("K05"), owasp("K08"),
		mitre("T1046"), mitre("T1552.007"), mitre("T1528"),
		airflowDocs("Security Model", "security/security_model.html"),
	},
	Needs: policyNeeds,
	Uses:  blastUses,
	Check: checkBlastRadius,
}

// blastBound is the bound where the profile sets none. With the defaults of
// both charts everything that runs DAG code lies above it (53 to 130). A task
// pod of Airflow 3 with the planned policies lies at 20, and at 44 with the
// rights that KubernetesPodOperator needs; without policies at 46 and more.
const blastBound = 45

// checkBlastRadius reports one finding for each workload that runs DAG code.
func checkBlastRadius(p *rule.Pass) {
	bound := blastBound
	if own := p.Parameters.MaxBlastRadius; own != nil {
		bound = *own
	}
	groups := podGroups(p)
	for _, g := range groups {
		if !runsDagCode(p, g.workload) {
			continue
		}
		p.Subjects++
		b := blastOf(p, g, groups)
		if b.sum() <= bound {
			for _, reason := range b.gaps {
				p.Unknown(reason)
			}
			continue
		}
		atLeast := ""
		if len(b.gaps) > 0 {
			atLeast = "at least "
		}
		w := g.workload
		p.Report(rule.Finding{
			Target: w.Ref, Component: string(w.Component), Path: w.SpecPath(),
			Message: fmt.Sprintf("the blast radius of DAG code in %s is %s%d, and the bound is %d: %s", subject(g), atLeast, b.sum(), bound, b.words()),
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: b.advice()}},
		})
	}
}
