package collect

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func daemonSet(namespace, name string, hostNetwork bool) string {
	return fmt.Sprintf("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: %s, namespace: %s}\nspec: {template: {spec: {hostNetwork: %v, containers: [{name: c, image: i}]}}}\nstatus: {desiredNumberScheduled: 3, currentNumberScheduled: 2}", name, namespace, hostNetwork)
}

func TestTheClusterAroundTheRelease(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"),
		daemonSet("kube-system", "cilium", true), daemonSet("kube-system", "csi", false), daemonSet("team", "logs", true),
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: team}\nspec: {secret: "+canary+"}",
		"apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c, namespace: other}",
		"apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: wide}",
		"apiVersion: crd.projectcalico.org/v1\nkind: NetworkPolicy\nmetadata: {name: same-name, namespace: team}",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: same-name, namespace: team}",
		"apiVersion: policy.linkerd.io/v9\nkind: Server\nmetadata: {name: s, namespace: team}",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: mine}\nroleRef: {kind: ClusterRole, name: power}\nsubjects: [{kind: ServiceAccount, name: af-scheduler, namespace: team}]",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: stranger}\nroleRef: {kind: ClusterRole, name: other}\nsubjects: [{kind: User, name: somebody}]",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: local, namespace: team}\nroleRef: {kind: ClusterRole, name: dangling}\nsubjects: [{kind: Group, name: 'system:authenticated'}]",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: power}\nrules: []",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: other}\nrules: []",
		"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: team, labels: {release: af}}",
		"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: team}\nspec: {parentRefs: [{name: edge, namespace: gates}, {name: missing}], rules: [{backendRefs: [{name: web}]}]}",
		"apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge, namespace: gates}",
	))
	s, _ := one(t, f, "team")
	for kind, want := range map[snapshot.Kind]string{
		snapshot.NodeAgents:         "daemonset/cilium",
		snapshot.PolicyEngines:      "ciliumclusterwidenetworkpolicy/wide ciliumnetworkpolicy/c networkpolicy/same-name server/s",
		snapshot.NetworkPolicy:      "networkpolicy/same-name",
		snapshot.ClusterRoleBinding: "clusterrolebinding/mine",
		snapshot.ClusterRole:        "clusterrole/power",
		snapshot.RoleBinding:        "rolebinding/local",
		snapshot.Gateway:            "gateway/edge",
		snapshot.HTTPRoute:          "httproute/r",
	} {
		var got []string
		for _, o := range s.OfKind(kind) {
			got = append(got, o.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %s", kind, got, want)
		}
		if c := s.CoverageOf(kind); c.State != snapshot.Read {
			t.Errorf("got %+v", c)
		}
	}
	if agent := s.OfKind(snapshot.NodeAgents)[0]; agent.At("status", "desiredNumberScheduled") != int64(3) || agent.At("status", "currentNumberScheduled") != nil {
		t.Errorf("status is %v", agent.At("status"))
	}
}

// A cluster without other policy engines is asked for none of them.
func TestWhatIsNotServedIsNotAskedFor(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	s, _ := one(t, f, "team")
	for _, kind := range []snapshot.Kind{snapshot.PolicyEngines, snapshot.HTTPRoute, snapshot.Gateway, snapshot.Route} {
		if got := s.CoverageOf(kind); got.State != snapshot.Unserved {
			t.Errorf("got %+v", got)
		}
	}
	if n := f.count("cilium") + f.count("gateway") + f.count("openshift.io"); n != 0 {
		t.Errorf("%d needless requests", n)
	}
}

// What is read only as far as other objects refer to it is unknown without them.
func TestReferencesThatCannotBeFollowed(t *testing.T) {
	route := "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: team}\nspec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web}]}]}"
	web := "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: team, labels: {release: af}}"
	for _, test := range []struct {
		refused string
		kind    snapshot.Kind
		want    snapshot.Coverage
	}{
		{"clusterrolebindings", snapshot.ClusterRole, snapshot.Coverage{State: snapshot.NotCollected, Reason: "which ones matter is not known without ClusterRoleBinding"}},
		{"rolebindings", snapshot.ClusterRole, snapshot.Coverage{State: snapshot.NotCollected, Reason: "which ones matter is not known without RoleBinding"}},
		{"httproutes", snapshot.Gateway, snapshot.Coverage{State: snapshot.NotCollected, Reason: "which ones matter is not known without HTTPRoute"}},
		{"gateways", snapshot.Gateway, snapshot.Coverage{State: snapshot.Forbidden, Reason: "this user may not get gateways.gateway.networking.k8s.io"}},
		{"ciliumnetworkpolicies", snapshot.PolicyEngines, snapshot.Coverage{State: snapshot.Forbidden, Reason: "this user may not list ciliumnetworkpolicies.cilium.io in namespace team"}},
	} {
		f := newFakeAPI(t, join(scheduler("team", "af"), route, web, "apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: wide}"))
		f.refuse(test.refused, http.StatusForbidden, "Forbidden")
		s, _ := one(t, f, "team")
		test.want.Kind = test.kind
		if got := s.CoverageOf(test.kind); got != test.want {
			t.Errorf("without %s: got %+v", test.refused, got)
		}
	}
}

// What collect lists as a policy engine's must count as one for rules.
func TestEveryPolicyEngineIsKnownToSnapshot(t *testing.T) {
	for _, r := range append(slices.Clone(inNamespace), acrossCluster...) {
		if r.kind != snapshot.PolicyEngines {
			continue
		}
		s := &snapshot.Snapshot{Objects: []snapshot.Object{{Ref: snapshot.Ref{APIVersion: r.group + "/" + r.versions[0], Kind: r.object, Name: "x"}}}}
		if len(s.OfKind(snapshot.PolicyEngines)) != 1 || r.object == "" {
			t.Errorf("%s is listed, but no rule would see it", r)
		}
	}
}
