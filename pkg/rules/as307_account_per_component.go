package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var accountPerComponent = &rule.Rule{
	ID:       "AS307",
	Slug:     "account-per-component",
	Title:    "Components with different needs do not share a service account",
	Why:      "Rights, cloud identities and audit entries belong to the account. Where the workers share it with the scheduler or the web server, DAG code has all that those were given.",
	Fix:      "Run components that need different rights, and those that run DAG code, as accounts of their own.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Work", "K8s"},
	Refs: []rule.Ref{
		cis("5.1.5"), cis("5.1.6"), nsa("Authentication and authorization: RBAC"), owasp("K02"), owasp("K08"), mitre("T1528"), mitre("T1078"),
	},
	Needs: slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.ServiceAccount}),
	Uses:  slices.Concat(rbacKinds, []snapshot.Kind{snapshot.Secret}),
	Check: checkAccountPerComponent,
}

func checkAccountPerComponent(p *rule.Pass) {
	for _, a := range p.Accounts() {
		if a.Name == defaultAccount { // judged by AS308
			continue
		}
		p.Subjects++
		classes := needClasses(p, a)
		if len(classes) < 2 {
			continue
		}
		p.Report(rule.Finding{
			Target: a.Ref(), Path: "/metadata/name",
			Message: fmt.Sprintf("service account %s is shared by %s", a.Name, strings.Join(classes, "; ")),
			Fixes:   accountFixes(p, a),
		})
	}
}

// needClasses are the groups of components, in words, that may share an
// account: those that need the same rights and run DAG code, or do not. Pods
// for which the account opens nothing are left out.
func needClasses(p *rule.Pass, a *airflow.Account) []string {
	members := map[string][]string{}
	var order []string
	for _, w := range a.Workloads {
		if !opens(p, a, w) {
			continue
		}
		words := "need no right"
		if rights := p.NeededRules(w.Component); len(rights) > 0 {
			words = "need " + rightsInWords(rights)
		}
		if w.Component.RunsDagCode() {
			words = "run DAG code and " + words
		}
		if members[words] == nil {
			order = append(order, words)
		}
		if name := string(w.Component); !slices.Contains(members[words], name) {
			members[words] = append(members[words], name)
		}
	}
	var out []string
	for _, words := range order {
		out = append(out, fmt.Sprintf("%s, which %s", strings.Join(members[words], ", "), words))
	}
	return out
}

// opens says whether a workload's pods can use the account: through a token, or for a cloud.
func opens(p *rule.Pass, a *airflow.Account, w *airflow.Workload) bool {
	if w.Owner != nil {
		return false
	}
	token := p.Token(w)
	return token.Mounted || !token.Known || cloudIdentity(a) != ""
}

// cloudIdentities are the annotations by which clouds lend an identity to a
// service account. Their webhooks mount tokens of their own, whatever the automount switch says.
var cloudIdentities = []string{"eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"}

func cloudIdentity(a *airflow.Account) string {
	if a.Object == nil {
		return ""
	}
	annotations := a.Object.Annotations()
	i := slices.IndexFunc(cloudIdentities, func(name string) bool { return annotations[name] != "" })
	if i < 0 {
		return ""
	}
	return cloudIdentities[i]
}

// accountFixes: the community chart has one account for all, and no key to part them.
func accountFixes(p *rule.Pass, a *airflow.Account) []rule.Fix {
	var out []rule.Fix
	if p.Airflow().Dialect == airflow.Official {
		for _, w := range a.Workloads {
			key := p.ValuesKey(w, "", airflow.ServiceAccountName)
			fix := rule.Fix{Kind: rule.Values, Summary: "give " + string(w.Component) + " an account of its own", ValuesKey: key}
			if key != "" && !slices.ContainsFunc(out, func(f rule.Fix) bool { return f.ValuesKey == key }) {
				out = append(out, fix)
			}
		}
	}
	if len(out) == 0 {
		out = append(out, rule.Fix{Kind: rule.Manual, Summary: "make a service account for each group and set it in the pods: no values key of the chart parts them"})
	}
	return out
}
