package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// customKinds make the API server serve what a gateway and a policy engine would bring.
const customKinds = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: PLURAL.GROUP, annotations: {api-approved.kubernetes.io: unapproved}}
spec:
  group: GROUP
  scope: SCOPE
  names: {kind: KIND, plural: PLURAL}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

func serve(t testing.TB, c *controlplane.Cluster, group, plural, kind, scope string) {
	t.Helper()
	apply(t, c, strings.NewReplacer("GROUP", group, "PLURAL", plural, "KIND", kind, "SCOPE", scope).Replace(customKinds))
	if _, err := c.Run(t.Context(), controlplane.Admin, "kubectl", "wait", "--for=condition=Established", "crd/"+plural+"."+group); err != nil {
		t.Fatal(err)
	}
}

// grant gives a user the rights in some objects of collect.Access.
func grant(t testing.TB, c *controlplane.Cluster, user string, objects []map[string]any) {
	t.Helper()
	var b strings.Builder
	for _, o := range objects {
		o = maps.Clone(o)
		meta := maps.Clone(o["metadata"].(map[string]any))
		meta["name"] = user
		o["metadata"] = meta
		if o["roleRef"] != nil {
			roleRef := maps.Clone(o["roleRef"].(map[string]any))
			roleRef["name"] = user
			o["roleRef"], o["subjects"] = roleRef, []any{map[string]any{"apiGroup": roleRef["apiGroup"], "kind": "User", "name": user}}
		}
		text, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("---\n" + string(text))
	}
	apply(t, c, b.String())
}

// right is one verb on one resource of one API group.
type right struct{ verb, group, resource string }

func (r right) String() string { return strings.TrimSuffix(r.verb+" "+r.resource+"."+r.group, ".") }

// rightsIn takes the rules of collect.Access apart.
func rightsIn(objects []map[string]any) []right {
	var out []right
	for _, o := range objects {
		list, _ := o["rules"].([]any)
		for _, each := range list {
			r := each.(map[string]any)
			resources, _ := r["resources"].([]any)
			for _, resource := range resources {
				out = append(out, right{r["verbs"].([]any)[0].(string), r["apiGroups"].([]any)[0].(string), resource.(string)})
			}
		}
	}
	return out
}

// without is collect.Access less one right.
func without(objects []map[string]any, missing right) []map[string]any {
	var out []map[string]any
	for _, o := range objects {
		o = maps.Clone(o)
		if list, ok := o["rules"].([]any); ok {
			var kept []any
			for _, each := range list {
				r := maps.Clone(each.(map[string]any))
				resources, _ := r["resources"].([]any)
				if resources != nil && r["apiGroups"].([]any)[0] == missing.group && r["verbs"].([]any)[0] == missing.verb {
					r["resources"] = slices.DeleteFunc(slices.Clone(resources), func(name any) bool { return name == missing.resource })
				}
				if left, ok := r["resources"].([]any); !ok || len(left) > 0 {
					kept = append(kept, r)
				}
			}
			o["rules"] = kept
		}
		out = append(out, o)
	}
	return out
}

// TestExactRole reads under exactly the rights that access prints: no request is
// refused, and each right is used.
func TestExactRole(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{Users: 3})
	install(t, c, "helm3", "community", "team", "one")
	install(t, c, "helm4", "official", "team", "two")
	serve(t, c, "gateway.networking.k8s.io", "httproutes", "HTTPRoute", "Namespaced")
	serve(t, c, "gateway.networking.k8s.io", "gateways", "Gateway", "Namespaced")
	serve(t, c, "crd.projectcalico.org", "networkpolicies", "NetworkPolicy", "Namespaced")
	serve(t, c, "crd.projectcalico.org", "globalnetworkpolicies", "GlobalNetworkPolicy", "Cluster")
	apply(t, c, `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: team, labels: {release: one}}
spec: {parentRefs: [{name: edge, namespace: default}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: default}
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata: {name: everywhere}
`)
	readAll := func(t *testing.T, user, namespace string) []*snapshot.Snapshot {
		cluster := as(t, c.Kubeconfig(user))
		var out []*snapshot.Snapshot
		found, _, err := cluster.Releases(context.Background(), namespace)
		if err != nil || len(found) != 2 {
			t.Fatalf("found %+v, %v", found, err)
		}
		for _, f := range found {
			s, err := cluster.Read(context.Background(), f, 0)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return out
	}
	t.Run("namespace", func(t *testing.T) {
		access := collect.Access(true, false, "team")
		grant(t, c, least(1), access)
		snapshots := readAll(t, least(1), "team")
		onlyAllowed(t, c, least(1), access, "")
		if snapshots[0].Find(snapshot.Gateway, "default", "edge") == nil || all(snapshots[0], snapshot.PolicyEngines) != "everywhere" {
			t.Error("the Gateway of a route or the policies of another engine are missing")
		}
		around := fmt.Sprint(names(snapshots[0].Around))
		for _, want := range []string{"endpointslice/kubernetes", "service/kubernetes"} {
			if !strings.Contains(around, want) {
				t.Errorf("%s is missing in %s", want, around)
			}
		}
	})
	t.Run("all namespaces", func(t *testing.T) {
		access := collect.Access(true, true, "")
		grant(t, c, least(2), access)
		readAll(t, least(2), "")
		onlyAllowed(t, c, least(2), access, "")
	})
	t.Run("without Secrets", func(t *testing.T) {
		access := collect.Access(false, false, "team")
		grant(t, c, least(3), access)
		for _, s := range readAll(t, least(3), "team") {
			for _, kind := range []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord} {
				if got := s.CoverageOf(kind); got.State != snapshot.Forbidden || got.Reason == "" {
					t.Errorf("got %+v", got)
				}
			}
			if s.Release.Record != snapshot.Recognised || len(s.OfKind(snapshot.Deployment)) == 0 {
				t.Errorf("got %+v", s.Release)
			}
		}
		onlyAllowed(t, c, least(3), access, "secrets")
	})
}

func names(objects []snapshot.Object) []string {
	var out []string
	for _, o := range objects {
		out = append(out, o.String())
	}
	return out
}

// onlyAllowed looks into the audit log: nothing but the granted rights is used,
// apart from one resource, and each of them is.
func onlyAllowed(t *testing.T, c *controlplane.Cluster, user string, access []map[string]any, refused string) {
	t.Helper()
	requests, err := c.Requests(user)
	if err != nil || len(requests) == 0 {
		t.Fatalf("%d requests, %v", len(requests), err)
	}
	unused := rightsIn(access)
	for _, r := range requests {
		switch {
		case r.Resource == "" && (r.Path == "/version" || r.Path == "/apis") && r.Code == 200:
		case r.Resource == refused && r.Code == 403:
		case r.Verb == "get" && r.Resource == "services" && r.Code == 404: // no cluster has the DNS of all distributions
		case r.Code != 200:
			t.Errorf("%s", r)
		}
		unused = slices.DeleteFunc(unused, func(u right) bool { return u == right{r.Verb, r.Group, r.Resource} })
	}
	served := []string{"", "discovery.k8s.io", "apps", "batch", "policy", "autoscaling", "networking.k8s.io", "rbac.authorization.k8s.io", "gateway.networking.k8s.io", "crd.projectcalico.org"}
	for _, u := range unused {
		if slices.Contains(served, u.group) {
			t.Errorf("access grants %s, which is not used", u)
		}
	}
}

// TestEveryMissingPermission takes one right away at a time. The kind is then
// forbidden, with a reason, and no rule that needs it passes.
func TestEveryMissingPermission(t *testing.T) {
	access := collect.Access(true, false, "team")
	var missing []right
	for _, r := range rightsIn(access) {
		if !strings.Contains(r.group, ".") || r.group == "rbac.authorization.k8s.io" || r.group == "networking.k8s.io" {
			missing = append(missing, r)
		}
	}
	c := controlplane.ForTest(t, controlplane.Options{Users: len(missing)})
	install(t, c, "helm3", "official", "team", "af")
	whole := read(t, as(t, c.Kubeconfig(controlplane.Admin)), "team", "af")
	for i, r := range missing {
		t.Run(strings.ReplaceAll(r.String(), " ", "-"), func(t *testing.T) {
			grant(t, c, least(i+1), without(access, r))
			s := read(t, as(t, c.Kubeconfig(least(i+1))), "team", "af")
			lost := lostKinds(whole, s)
			if len(lost) == 0 {
				t.Fatal("nothing is missing from the coverage")
			}
			report := judge(t, s)
			for _, result := range report.Results {
				needs := rules.Find(result.Rule).Needs
				if i := slices.IndexFunc(needs, func(k snapshot.Kind) bool { return slices.Contains(lost, k) }); i >= 0 && result.Outcome == rule.Passed {
					t.Errorf("%s passed, although it needs %s", result.Rule, needs[i])
				}
			}
		})
	}
}

// lostKinds are the kinds that were read by one run and not by another, which must say why.
func lostKinds(whole, s *snapshot.Snapshot) []snapshot.Kind {
	var out []snapshot.Kind
	for _, c := range s.Coverage {
		if whole.CoverageOf(c.Kind).State == snapshot.Read && c.State != snapshot.Read {
			if c.Reason == "" {
				panic(fmt.Sprintf("%+v gives no reason", c))
			}
			out = append(out, c.Kind)
		}
	}
	return out
}
