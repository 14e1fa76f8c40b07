package rules

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noPrivilegeEscalation = &rule.Rule{
	ID:       "AS103",
	Slug:     "no-privilege-escalation",
	Title:    "Airflow containers cannot gain privileges",
	Why:      "DAG code is arbitrary code. A setuid binary in the image turns a DAG author into root in the pod.",
	Fix:      "Set allowPrivilegeEscalation: false on every container of the component.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values},
	Topics:   []string{"K8s", "Work"},
	Refs:     []rule.Ref{pss("restricted: allowPrivilegeEscalation"), cis("5.2.6"), nsa("Pod security"), owasp("K01"), mitre("T1068"), mitre("T1611")},
	Needs:    snapshot.Workloads,
	Check:    checkNoPrivilegeEscalation,
}

func checkNoPrivilegeEscalation(p *rule.Pass) {
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			p.Subjects++
			if forbidsEscalation(c.SecurityContext) {
				continue
			}
			path := c.Path + "/securityContext/allowPrivilegeEscalation"
			p.Report(rule.Finding{
				Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: path,
				Message: fmt.Sprintf("container %s may gain privileges: allowPrivilegeEscalation is not false", c.Name),
				Fixes: []rule.Fix{
					{Kind: rule.Values, Summary: "set allowPrivilegeEscalation: false", ValuesKey: p.ValuesKey(w, c.Name, airflow.ContainerSecurityContext)},
					{Kind: rule.Patch, Summary: "set allowPrivilegeEscalation: false", Changes: []change.Change{{Target: w.Ref, Op: change.Set, Path: path, Value: false}}},
				},
			})
		}
	}
}

// forbidsEscalation treats an unset field as allowed, as the kubelet does.
func forbidsEscalation(sc *corev1.SecurityContext) bool {
	return sc != nil && sc.AllowPrivilegeEscalation != nil && !*sc.AllowPrivilegeEscalation
}
