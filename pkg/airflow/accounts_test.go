package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func accountShown(a *Account) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v seen=%t %s\n", a.Name, a.Components(), a.Object != nil, a.Unread)
	for _, g := range a.Grants {
		fmt.Fprintf(&b, "  %v %v %s%s by %s in %q %s\n", g.Rule.Verbs, g.Rule.Resources, g.Role, g.Path, g.Binding, g.Namespace, g.Group)
	}
	for _, gap := range a.Gaps {
		fmt.Fprintf(&b, "  gap: %s\n", gap)
	}
	return b.String()
}

func TestAccounts(t *testing.T) {
	const more = `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [secrets], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everybody-reads}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: Group, name: "system:serviceaccounts:airflow"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: redis-reads}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: rel-airflow-redis}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: redis-rules}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: User, name: "system:serviceaccount:airflow:rel-airflow-redis"}, {kind: ServiceAccount, name: rel-airflow-redis, namespace: airflow}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: redis-scc}
roleRef: {kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: rel-airflow-redis, namespace: airflow}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: redis-team}
roleRef: {kind: ClusterRole, name: team}
subjects: [{kind: ServiceAccount, name: rel-airflow-redis, namespace: airflow}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: other-namespace}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: rel-airflow-redis, namespace: elsewhere}]
`
	accounts := New(load(t, fixture(t, "official")+more)).Accounts()
	got := map[string]string{}
	var names []string
	for _, a := range accounts {
		got[a.Namespace+"/"+a.Name] = accountShown(a)
		names = append(names, a.Namespace+"/"+a.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
	for name, want := range map[string]string{
		"airflow/rel-airflow-redis": `rel-airflow-redis [broker] seen=true 
  [get] [secrets] clusterrole/reader/rules/0 by clusterrolebinding/everybody-reads in "" system:serviceaccounts:airflow
  [*] [*] clusterrole/cluster-admin/rules/0 by clusterrolebinding/redis-rules in "" 
  [*] [] clusterrole/cluster-admin/rules/1 by clusterrolebinding/redis-rules in "" 
  [get] [secrets] clusterrole/reader/rules/0 by rolebinding/redis-reads in "airflow" 
  [use] [securitycontextconstraints] clusterrole/system:openshift:scc:anyuid/rules/0 by rolebinding/redis-scc in "airflow" 
  gap: rolebinding/redis-team names clusterrole/team, which is not among the objects that were read
`,
		"airflow/rel-airflow-worker": `rel-airflow-worker [worker] seen=true 
  [get] [secrets] clusterrole/reader/rules/0 by clusterrolebinding/everybody-reads in "" system:serviceaccounts:airflow
  [create list] [pods] role/rel-pod-launcher-role/rules/0 by rolebinding/rel-pod-launcher-rolebinding in "airflow" 
  [create] [pods/exec] role/rel-pod-launcher-role/rules/1 by rolebinding/rel-pod-launcher-rolebinding in "airflow" 
`,
		"airflow/default": `default [database other] seen=false 
  [get] [secrets] clusterrole/reader/rules/0 by clusterrolebinding/everybody-reads in "" system:serviceaccounts:airflow
`,
		"tasks/rel-airflow-worker": `rel-airflow-worker [task-pod] seen=false service account rel-airflow-worker is not among the objects that were read
`,
	} {
		if got[name] != want {
			t.Errorf("%s: got\n%swant\n%s", name, got[name], want)
		}
	}
}

func TestAccountGaps(t *testing.T) {
	s := live(t, fixture(t, "official"))
	unread(s, snapshot.ClusterRoleBinding, snapshot.Forbidden)
	unread(s, snapshot.ServiceAccount, snapshot.Forbidden)
	s.Objects = slices.DeleteFunc(s.Objects, func(o snapshot.Object) bool { return o.Kind == "ServiceAccount" })
	for _, a := range New(s).Accounts() {
		if !slices.Contains(a.Gaps, "ClusterRoleBinding objects were not read (forbidden)") {
			t.Errorf("%s: rights through cluster role bindings are not known, but Gaps is %v", a.Name, a.Gaps)
		}
		if a.Unread != "ServiceAccount objects were not read (forbidden)" {
			t.Errorf("%s: got %q", a.Name, a.Unread)
		}
	}
}

func TestMountsToken(t *testing.T) {
	workload := func(more, account string) string {
		text := `
apiVersion: apps/v1
kind: Deployment
metadata: {name: w}
spec:
  template:
    metadata: {labels: {tier: airflow, component: scheduler, release: rel}}
    spec:
      containers: [{name: scheduler, image: "apache/airflow:3.2.2", volumeMounts: [{name: token, mountPath: /t}]}]
`
		if more != "" {
			text += "      " + strings.ReplaceAll(more, "\n", "\n      ") + "\n"
		}
		if account != "" {
			text += "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n" + account
		}
		return text
	}
	const podPath = "deployment/w/spec/template/spec/automountServiceAccountToken"
	tests := []struct{ name, more, account, want string }{
		{"nothing says", "", "", "mounted (nothing sets automountServiceAccountToken for service account default, so Kubernetes mounts it) " + podPath},
		{"account without a word", "serviceAccountName: sa", "secrets: []", "mounted (nothing sets automountServiceAccountToken for service account sa, so Kubernetes mounts it) " + podPath},
		{"account says no", "serviceAccountName: sa", "automountServiceAccountToken: false", "not mounted (service account sa sets automountServiceAccountToken: false) serviceaccount/sa/automountServiceAccountToken"},
		{"pod overrules yes", "serviceAccountName: sa\nautomountServiceAccountToken: true", "automountServiceAccountToken: false", "mounted (the pod sets automountServiceAccountToken: true) " + podPath},
		{"pod overrules no", "serviceAccountName: sa\nautomountServiceAccountToken: false", "automountServiceAccountToken: true", "not mounted (the pod sets automountServiceAccountToken: false) " + podPath},
		{"account unknown", "serviceAccountName: sa", "", "not known (service account sa is not among the objects that were read) " + podPath},
		{"account unknown, pod says", "serviceAccountName: sa\nautomountServiceAccountToken: false", "", "not mounted (the pod sets automountServiceAccountToken: false) " + podPath},
		{"projected", "automountServiceAccountToken: false\nvolumes: [{name: token, projected: {sources: [{serviceAccountToken: {path: token}}]}}]", "", "mounted (volume token projects a service account token) deployment/w/spec/template/spec/volumes/0"},
		{"projected for a cloud", "automountServiceAccountToken: false\nvolumes: [{name: token, projected: {sources: [{serviceAccountToken: {path: token, audience: sts.amazonaws.com}}]}}]", "", "not mounted (the pod sets automountServiceAccountToken: false) " + podPath},
		{"projected but not mounted", "automountServiceAccountToken: false\nvolumes: [{name: unused, projected: {sources: [{serviceAccountToken: {path: token}}]}}]", "", "not mounted (the pod sets automountServiceAccountToken: false) " + podPath},
		{"old token Secret", "automountServiceAccountToken: false\nvolumes: [{name: token, secret: {secretName: old}}]", "automountServiceAccountToken: false\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: old}\ntype: kubernetes.io/service-account-token\n", "mounted (volume token holds a service account token that never expires) deployment/w/spec/template/spec/volumes/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(load(t, workload(tt.more, tt.account)))
			token := m.MountsToken(m.Workloads[0])
			got := map[bool]string{true: "mounted", false: "not mounted"}[token.Mounted]
			if !token.Known {
				got = "not known"
			}
			if got += fmt.Sprintf(" (%s) %s%s", token.Why, token.Ref, token.Path); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTheDefaultAccountInACluster(t *testing.T) {
	s := live(t, fixture(t, "official"))
	m := New(s)
	if token := m.MountsToken(m.Find(Database)[0]); token.Known {
		t.Errorf("a cluster has the account, but it was not read: %+v", token)
	}
}
