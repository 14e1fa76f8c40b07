package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noSecretInPodSpec = &rule.Rule{
	ID:       "AS403",
	Slug:     "no-secret-in-pod-spec",
	Title:    "No pod or hook holds a credential in its spec or annotations",
	Why:      "Whoever may get pods, Deployments or Jobs reads every variable, argument and annotation, and so does whatever copies them: dashboards, audit logs, support bundles. A Secret's value is one right further away. What stands in a URL is AS412's.",
	Fix:      "Move the value into a Secret and take it from there with valueFrom.secretKeyRef or a mounted file, then change it: it has been read.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs:     []rule.Ref{owasp("K03"), cis("5.4.1"), mitre("T1552.007"), nsa("Authentication and authorization")},
	Needs:    snapshot.Workloads,
	Uses:     []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check:    checkNoSecretInPodSpec,
}

func checkNoSecretInPodSpec(p *rule.Pass) {
	found, pods := clearInPods(p)
	p.Subjects += pods
	hooksUnseen(p)
	for _, c := range slices.DeleteFunc(found, func(c *clearInPod) bool { return c.inURL }) {
		c.report(p, c.fixes(p))
	}
}
