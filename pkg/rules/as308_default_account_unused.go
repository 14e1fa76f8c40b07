package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var defaultAccountUnused = &rule.Rule{
	ID:       "AS308",
	Slug:     "default-account-unused",
	Title:    "No release pod runs as the default service account, and that account holds no rights",
	Why:      "Every pod that names no account runs as default, pods that a DAG launches among them. A right given to default is given to all of them, unseen.",
	Fix:      "Give the pods an account of their own, and take the default account out of every binding.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s"},
	Refs:     []rule.Ref{cis("5.1.5"), nsa("Pod security: Protecting Pod service account tokens"), owasp("K02"), mitre("T1528"), mitre("T1550.001")},
	Needs:    slices.Concat(snapshot.Workloads, bindingKinds),
	Uses:     []snapshot.Kind{snapshot.ServiceAccount, snapshot.Secret},
	Check:    checkDefaultAccountUnused,
}

func checkDefaultAccountUnused(p *rule.Pass) {
	for _, w := range p.Workloads() {
		if w.Owner != nil {
			continue
		}
		p.Subjects++
		if w.ServiceAccount() == defaultAccount {
			reportDefaultPods(p, w)
		}
	}
	for _, binding := range bindings(p) {
		for _, s := range subjects(binding) {
			if isAccount(s, p.Airflow().Namespace, defaultAccount) {
				reportDefaultRights(p, binding)
				break
			}
		}
	}
}

// reportDefaultPods is milder where the pods carry no token.
func reportDefaultPods(p *rule.Pass, w *airflow.Workload) {
	f := rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: w.SpecPath() + "/serviceAccountName",
		Message: "the pods run as the namespace's default service account",
	}
	if token := p.Token(w); token.Known && !token.Mounted {
		f.Severity, f.Message = rule.Low, f.Message+", without its token"
	}
	const order = "run the pods as a service account of their own"
	if key := p.ValuesKey(w, "", airflow.ServiceAccountName); key != "" {
		f.Fixes = []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key, Value: makesAccount(key)}}
	} else {
		f.Fixes = []rule.Fix{{Kind: rule.Manual, Summary: order}}
	}
	p.Report(f)
}

func reportDefaultRights(p *rule.Pass, binding *snapshot.Object) {
	list, _ := binding.At("subjects").([]any)
	left := []any{}
	for i, s := range subjects(binding) {
		if !isAccount(s, p.Airflow().Namespace, defaultAccount) {
			left = append(left, list[i])
		}
	}
	p.Report(rule.Finding{
		Target: binding.Ref, Path: "/subjects", Severity: rule.High,
		Message: fmt.Sprintf("service account default holds the rights of %s", roleOf(binding)),
		Fixes: []rule.Fix{{Kind: rule.Patch, Summary: "take service account default out of the binding", Changes: []change.Change{
			{Target: binding.Ref, Op: change.Set, Path: "/subjects", Value: left},
		}}},
	})
}

// makesAccount is what a key must hold for the chart to make an account; nil where it takes a name.
func makesAccount(key string) any {
	if strings.HasSuffix(key, ".create") || strings.HasSuffix(key, ".enabled") {
		return true
	}
	return nil
}
