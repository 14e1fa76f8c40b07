package verify_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

func modelOf(t testing.TB, manifests string) *airflow.Model {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{
		Paths: []string{"-"}, Stdin: strings.NewReader(manifests), Release: "rel", Namespace: "airflow", Now: time.Unix(1_800_000_000, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	return airflow.New(s)
}

// executorManifests are a release of the official chart's kind whose executor
// makes pods, with one launcher role for all and too much in it.
const executorManifests = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-scheduler, namespace: airflow, labels: {tier: airflow, component: scheduler, release: rel}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: scheduler, release: rel}}
    spec:
      serviceAccountName: rel
      containers: [{name: scheduler, image: 'apache/airflow:3.3.1', env: [{name: AIRFLOW__CORE__EXECUTOR, value: KubernetesExecutor}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-triggerer, namespace: airflow, labels: {tier: airflow, component: triggerer, release: rel}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: triggerer, release: rel}}
    spec: {serviceAccountName: rel, containers: [{name: triggerer, image: 'apache/airflow:3.3.1'}, {name: SIDECAR, image: 'busybox:1'}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: rel, namespace: airflow, labels: {tier: airflow, release: rel}}
imagePullSecrets: [{name: registry}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: rel-launcher, namespace: airflow, labels: {tier: airflow, release: rel}}
rules:
- {apiGroups: [""], resources: [pods, pods/log, events, secrets], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rel-launcher, namespace: airflow, labels: {tier: airflow, release: rel}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: rel-launcher}
subjects: [{kind: ServiceAccount, name: rel, namespace: airflow}]
`

// TestRightsProofSeesEveryVerb takes one verb after the other out of the
// generated Roles: the proof must fail each time, and name the verb.
func TestRightsProofSeesEveryVerb(t *testing.T) {
	m := modelOf(t, strings.Replace(executorManifests, "SIDECAR", "triggerer-log-groomer", 1))
	options := rightsOptions(m, declarations["nothing declared"])
	p := harden.RBAC(m, options)
	if proof := verify.Rights(m, replayed(t, m, merged(t, p)), options); !proof.Holds() || proof.Needed == 0 || proof.Covered != proof.Needed {
		t.Fatalf("%+v", proof)
	}
	verbs := 0
	for i, o := range p.Objects {
		rules, _ := o.Content["rules"].([]any)
		for j, entry := range rules {
			list := entry.(map[string]any)["verbs"].([]any)
			for k, verb := range list {
				verbs++
				less := merged(t, harden.RBAC(m, options))
				at := slices.IndexFunc(less.Steps, func(s plan.Step) bool { return s.Target == o.Ref() })
				content := less.Steps[at].Value.(map[string]any)["rules"].([]any)[j].(map[string]any)
				content["verbs"] = slices.Delete(slices.Clone(list), k, k+1)
				proof := verify.Rights(m, replayed(t, m, less), options)
				if proof.Holds() || !strings.Contains(fmt.Sprint(proof.Missing), verb.(string)) {
					t.Errorf("object %d, rule %d: nobody misses %s", i, j, verb)
				}
			}
		}
	}
	if verbs < 10 {
		t.Errorf("only %d verbs were tried", verbs)
	}
}

// TestRightsProofSeesTokens takes the mount out: the proof must say that the pods have no token.
func TestRightsProofSeesTokens(t *testing.T) {
	m := modelOf(t, strings.Replace(executorManifests, "SIDECAR", "triggerer-log-groomer", 1))
	options := rightsOptions(m, declarations["nothing declared"])
	whole := merged(t, harden.RBAC(m, options))
	less := *whole
	less.Steps = slices.DeleteFunc(slices.Clone(whole.Steps), func(s plan.Step) bool { return strings.Contains(s.Path, "volumeMounts") })
	if proof := verify.Rights(m, replayed(t, m, &less), options); proof.Holds() || len(proof.Tokenless) != 2 {
		t.Errorf("%+v", proof.Tokenless)
	}
}

// TestRightsProofSeesWhatIsTooMuch leaves the release's own role as it is.
func TestRightsProofSeesWhatIsTooMuch(t *testing.T) {
	m := modelOf(t, strings.Replace(executorManifests, "SIDECAR", "triggerer-log-groomer", 1))
	proof := verify.Rights(m, m, rightsOptions(m, declarations["nothing declared"]))
	if len(proof.Beyond) == 0 || proof.Beyond[0].Role.Name != "rel-launcher" || !strings.Contains(fmt.Sprint(proof.Beyond[0].Rules), "secrets") {
		t.Errorf("%+v", proof.Beyond)
	}
}

// TestUnknownContainersKeepTheirToken: a sidecar that no chart knows may use the pod's token.
func TestUnknownContainersKeepTheirToken(t *testing.T) {
	m := modelOf(t, strings.Replace(executorManifests, "SIDECAR", "reloader", 1))
	options := rightsOptions(m, declarations["nothing declared"])
	p := harden.RBAC(m, options)
	after := replayed(t, m, merged(t, p))
	w := after.Find(airflow.Triggerer)[0]
	if token := after.MountsToken(w); !token.Mounted || token.Explicit || len(w.Spec.Volumes) > 0 {
		t.Errorf("got %+v", token)
	}
	if len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "container reloader") {
		t.Errorf("notes: %q", p.Notes)
	}
	if proof := verify.Rights(m, after, options); !proof.Holds() {
		t.Errorf("%+v", proof)
	}
}

// TestAccountsTakePullSecretsAlong: pods that leave an account still have to pull their images.
func TestAccountsTakePullSecretsAlong(t *testing.T) {
	m := modelOf(t, executorManifests)
	for _, o := range harden.RBAC(m, rightsOptions(m, declarations["nothing declared"])).Objects {
		if o.Ref().Kind == string(snapshot.ServiceAccount) && fmt.Sprint(o.Content["imagePullSecrets"]) != "[map[name:registry]]" {
			t.Errorf("%s: %v", o.Ref(), o.Content)
		}
	}
}

// TestPinnedAccounts: what the cloud or Vault knows by its account keeps it, and the plan says so.
func TestPinnedAccounts(t *testing.T) {
	text := strings.Replace(executorManifests, "{name: rel, namespace: airflow, labels: {tier: airflow, release: rel}}",
		"{name: rel, namespace: airflow, labels: {tier: airflow, release: rel}, annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/a'}}", 1)
	m := modelOf(t, text)
	options := rightsOptions(m, declarations["nothing declared"])
	p := harden.RBAC(m, options)
	for _, c := range p.Proposed() {
		if strings.HasSuffix(c.Path, "serviceAccountName") {
			t.Errorf("%s leaves the account", c.Target)
		}
	}
	account := snapshot.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: "airflow", Name: "rel"}
	if reason, left := p.Leaves("AS307", account); !left || !strings.Contains(reason, "eks.amazonaws.com/role-arn") {
		t.Errorf("left: %v %q", left, reason)
	}
	if proof := verify.Rights(m, replayed(t, m, merged(t, p)), options); !proof.Holds() {
		t.Errorf("%+v", proof)
	}
}

// TestKeepLeavesExceptionsAlone: what the profile excepts is not planned, and the rest still holds.
func TestKeepLeavesExceptionsAlone(t *testing.T) {
	m := modelOf(t, executorManifests)
	for rule, forbidden := range map[string]string{"AS301": "/automountServiceAccountToken", "AS302": "/rules", "AS307": "/serviceAccountName"} {
		options := rightsOptions(m, declarations["nothing declared"])
		options.Keep = func(r string, _ snapshot.Ref) bool { return r == rule }
		p := harden.RBAC(m, options)
		for _, c := range p.Proposed() {
			if c.Op == change.Set && strings.HasSuffix(c.Path, forbidden) && c.Value != true {
				t.Errorf("%s is excepted, and %s%s is planned", rule, c.Target, c.Path)
			}
		}
		if proof := verify.Rights(m, replayed(t, m, merged(t, p)), options); !proof.Holds() {
			t.Errorf("%s: %+v", rule, proof)
		}
	}
}

// TestMovesKeepTheirTokens: each finding that moves pods to another account
// also carries what hands them their token, because the account gives none.
func TestMovesKeepTheirTokens(t *testing.T) {
	for _, sidecar := range []string{"triggerer-log-groomer", "reloader"} {
		m := modelOf(t, strings.Replace(executorManifests, "SIDECAR", sidecar, 1))
		options := rightsOptions(m, declarations["nothing declared"])
		p := harden.RBAC(m, options)
		for _, move := range p.Proposed() {
			if !strings.HasSuffix(move.Path, "/serviceAccountName") {
				continue
			}
			var asked []plan.Asked
			for _, c := range p.Proposed() {
				if c.Rule == move.Rule && c.Closes() == move.Closes() {
					asked = append(asked, plan.Asked{Change: c.Change, Rule: c.Rule})
				}
			}
			alone, err := plan.Of(asked, nil)
			if err != nil {
				t.Fatal(err)
			}
			if proof := verify.Rights(m, replayed(t, m, alone), options); !proof.Holds() {
				t.Errorf("%s: %s of %s alone: %+v", sidecar, move.Rule, move.Closes(), proof)
			}
		}
	}
}

// TestRightsOfEachNamespace: rights hold where Airflow launches pods, and one namespace's do not count for another.
func TestRightsOfEachNamespace(t *testing.T) {
	m := modelOf(t, executorManifests)
	options := rightsOptions(m, rule.Parameters{Namespaces: []string{"airflow", "jobs"}})
	whole := merged(t, harden.RBAC(m, options))
	in := func(kind, namespace string) func(plan.Step) bool {
		return func(s plan.Step) bool {
			return s.Target.Kind == kind && s.Target.Namespace == namespace && s.Op == change.Put
		}
	}
	for _, namespace := range options.Namespaces {
		if !slices.ContainsFunc(whole.Steps, in("Role", namespace)) {
			t.Errorf("no role in %s", namespace)
		}
		less := *whole
		less.Steps = slices.DeleteFunc(slices.Clone(whole.Steps), in("RoleBinding", namespace))
		proof := verify.Rights(m, replayed(t, m, &less), options)
		if len(proof.Missing) == 0 || slices.ContainsFunc(proof.Missing, func(r verify.Right) bool { return r.Namespace != namespace }) {
			t.Errorf("without bindings in %s: %+v", namespace, proof.Missing)
		}
	}
}

// TestNothingIsGivenThatWasTakenAway: rights and tokens that are only assumed to be needed are not added.
func TestNothingIsGivenThatWasTakenAway(t *testing.T) {
	text, _, _ := strings.Cut(executorManifests, "---\napiVersion: rbac")
	m := modelOf(t, strings.Replace(text, "SIDECAR", "triggerer-log-groomer", 1))
	for _, o := range harden.RBAC(m, rightsOptions(m, declarations["nothing declared"])).Objects {
		if o.Component != airflow.Scheduler {
			t.Errorf("%s gets %s, which it never had", o.Component, o.Ref())
		}
	}
}

// TestNoTokenComesBack: pods that somebody took the token from get none for what is only assumed.
func TestNoTokenComesBack(t *testing.T) {
	text := strings.Replace(executorManifests, "spec: {serviceAccountName: rel, containers: [{name: triggerer", "spec: {automountServiceAccountToken: false, serviceAccountName: rel, containers: [{name: triggerer", 1)
	m := modelOf(t, strings.Replace(text, "SIDECAR", "triggerer-log-groomer", 1))
	for _, declared := range []bool{false, true} {
		options := rightsOptions(m, declarations["nothing declared"])
		if declared {
			options.Functions = []airflow.Function{airflow.PodOperatorDeferrable}
		}
		after := replayed(t, m, merged(t, harden.RBAC(m, options)))
		if token := after.MountsToken(after.Find(airflow.Triggerer)[0]); token.Mounted != declared {
			t.Errorf("declared: %t, mounted: %t", declared, token.Mounted)
		}
	}
}

// BenchmarkRights is the plan for rights with its replay and proof.
func BenchmarkRights(b *testing.B) {
	for name, path := range releases(b) {
		if name != "sample" && name != "community-8.9.0/00-defaults" && name != "official-1.22.0/02-kubernetes-executor" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			m := airflow.New(read(b, path))
			options := rightsOptions(m, declarations["nothing declared"])
			b.ReportAllocs()
			for b.Loop() {
				p := harden.RBAC(m, options)
				verify.Rights(m, replayed(b, m, merged(b, p)), options)
			}
		})
	}
}
