package rules

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var tokenOnlyWhereNeeded = &rule.Rule{
	ID:       "AS301",
	Slug:     "token-only-where-needed",
	Title:    "Only pods that need the Kubernetes API carry a token for it",
	Why:      "Code in the pod, a DAG for instance, reads the token from a file and then is the service account: it holds all its rights, from anywhere the API server can be reached.",
	Fix:      "Set automountServiceAccountToken: false on pods whose executor and options do not need the Kubernetes API.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		cis("5.1.6"), nsa("Pod security: Protecting Pod service account tokens"), owasp("K02"), owasp("K08"),
		mitre("T1528"), mitre("T1550.001"), mitre("T1552.007"),
	},
	Needs: slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.ServiceAccount}),
	Uses:  slices.Concat(rbacKinds, []snapshot.Kind{snapshot.Secret}),
	Check: checkTokenOnlyWhereNeeded,
}

func checkTokenOnlyWhereNeeded(p *rule.Pass) {
	accounts := p.Accounts()
	for _, w := range p.Workloads() {
		if w.Owner != nil { // containers that a webhook added to a pod which is judged already
			continue
		}
		token := p.Token(w)
		if !token.Known && !p.Read(snapshot.ServiceAccount) {
			continue // the rule's needs say so
		}
		if !token.Known {
			p.Unknown(fmt.Sprintf("%s: whether a token is mounted is not known: %s", w.Ref, token.Why))
			continue
		}
		p.Subjects++
		if needed, _ := p.NeedsAPI(w); needed || !token.Mounted {
			continue
		}
		p.Report(rule.Finding{
			Target: w.Ref, Component: string(w.Component), Path: tokenPath(w, token), Severity: tokenSeverity(w, accounts),
			Message: fmt.Sprintf("the pods carry a token of service account %s and do not need it: %s", w.ServiceAccount(), token.Why),
			Fixes:   tokenFixes(p, w, token),
		})
	}
}

// tokenPath is the pod's own switch, which overrules the account's, or the volume that no switch takes away.
func tokenPath(w *airflow.Workload, token airflow.Token) string {
	if token.Explicit {
		return token.Path
	}
	return w.SpecPath() + "/automountServiceAccountToken"
}

// tokenSeverity is milder for a token that opens nothing but what every account may see.
func tokenSeverity(w *airflow.Workload, accounts []*airflow.Account) rule.Severity {
	for _, a := range accounts {
		if a.Namespace != w.Namespace() || a.Name != w.ServiceAccount() {
			continue
		}
		for _, g := range a.Grants {
			if len(beyond([]rbacv1.PolicyRule{g.Rule}, nil)) > 0 {
				return rule.High
			}
		}
		if len(a.Gaps) == 0 {
			return rule.Medium
		}
	}
	return rule.High
}

// tokenVolumeKeys switch the official chart's own token volumes on and off.
// Source: its values.yaml, scheduler from 1.19, cleanup from 1.22.
var tokenVolumeKeys = map[airflow.Component]string{
	airflow.Scheduler: "scheduler.serviceAccount.serviceAccountTokenVolume.enabled",
	airflow.Cleanup:   "cleanup.serviceAccount.serviceAccountTokenVolume.enabled",
}

func tokenFixes(p *rule.Pass, w *airflow.Workload, token airflow.Token) []rule.Fix {
	if token.Explicit {
		const order = "take the volume with the token out of the pod"
		key := tokenVolumeKeys[w.Component]
		if key = p.Reachable(key); key != "" && p.Airflow().Dialect == airflow.Official {
			return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key, Value: false}}
		}
		return []rule.Fix{{Kind: rule.Manual, Summary: order}}
	}
	const order = "set automountServiceAccountToken: false"
	return podFixes(p, w, place{
		field: airflow.ServiceAccountToken, order: order, value: tokenValue(w),
		changes: []change.Change{{Target: w.Ref, Op: change.Set, Path: tokenPath(w, token), Value: false}},
	})
}

// tokenValue switches the token off at the key of the field. The database's
// account is made only where it is asked for.
func tokenValue(w *airflow.Workload) any {
	if w.Component == airflow.Database {
		return map[string]any{"create": true, "automountServiceAccountToken": false}
	}
	return false
}
