package netpol_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestAdmits(t *testing.T) {
	for _, test := range []struct{ from, want string }{
		{`[{}]`, "everyone in/0/-1"},
		{`[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]`, "addresses in/0/0 10.0.0.0/8"},
		{`[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}}]}]`, "nobody"},
		{`[{from: [{podSelector: {}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{podSelector: {matchLabels: {tier: airflow}}}]}]`, "nobody"},
		{`[{from: [{podSelector: {matchLabels: {tier: proxy}}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{podSelector: {matchLabels: {app: vault}}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [x]}]}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [vault]}]}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{podSelector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: DoesNotExist}]}}]}]`, "nobody"},
		{`[{from: [{namespaceSelector: {}}]}]`, "other-namespaces in/0/0"},
		{`[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}]}]`, "same-namespace in/0/0"},
		{`[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}, podSelector: {matchLabels: {tier: airflow}}}]}]`, "nobody"},
		{`[{from: [{namespaceSelector: {matchLabels: {team: data}}, podSelector: {matchLabels: {tier: airflow}}}]}]`, "other-namespaces in/0/0"},
		{`[{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [default, x]}]}}]}]`, "other-namespaces in/0/0"},
		{`[{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [default]}]}}]}]`, "other-namespaces in/0/0"},
		{`[{ports: [{port: 9}]}, {from: [{podSelector: {matchLabels: {tier: airflow}}}, {ipBlock: {cidr: "fd00::/8"}}, {namespaceSelector: {}}], ports: [{port: http}]}]`,
			"addresses in/1/1 fd00::/8, other-namespaces in/1/2"},
	} {
		n := newNetwork(t, in(test.from))
		if got := admitted(n, 2, "8080"); got != test.want {
			t.Errorf("%s\n got %s, want %s", test.from, got, test.want)
		}
	}
	n := newNetwork(t, denyAll)
	if s := n.Admits(4, parsePort("8080")); s.Isolated || !s.Any() {
		t.Errorf("a pod on the host's network: %+v", s)
	}
}

func admitted(n *netpol.Network, pod int, port string) string {
	s := n.Admits(pod, parsePort(port))
	if !s.Any() {
		return "nobody"
	}
	var out []string
	for _, o := range s.Openings {
		line := fmt.Sprintf("%s %s/%d/%d", o.Who, n.Policies[o.Policy].Ref.Name, o.Rule, o.Peer)
		if o.Range.IsValid() {
			line += " " + o.Range.String()
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

func TestReaches(t *testing.T) {
	n := newNetwork(t, out(`[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]`))
	for address, want := range map[string]bool{"169.254.169.254": false, "169.254.169.253": true} {
		if a := n.Reaches(0, netip.MustParseAddr(address), parsePort("80")); a.Allowed != want {
			t.Errorf("%s: %+v", address, a)
		}
	}
}

func TestWithReplaces(t *testing.T) {
	n := newNetwork(t, denyAll+"--- second\npodSelector: {}\n")
	more := n.With(parsePolicies(t, "--- third\npodSelector: {}\n--- deny\npodSelector: {matchLabels: {app: none}}\n--- other/deny\npodSelector: {}\n"))
	var names []string
	for _, p := range more.Policies {
		names = append(names, p.Ref.Namespace+"/"+p.Ref.Name)
	}
	if want := "default/deny default/second default/third other/deny"; strings.Join(names, " ") != want {
		t.Errorf("got %v, want %s", names, want)
	}
	if got := more.Evaluator.Isolating(0, netpol.Ingress); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("isolating: %v", got)
	}
	if len(n.Policies) != 2 || len(n.Evaluator.Isolating(0, netpol.Ingress)) != 2 {
		t.Error("the first network has changed")
	}
}

func object(apiVersion, kind, name string, content map[string]any) snapshot.Object {
	namespace := "airflow"
	if kind == "Namespace" {
		namespace = ""
	}
	return snapshot.Object{Ref: snapshot.Ref{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name}, Content: content}
}

func TestOfSnapshot(t *testing.T) {
	const v1 = "networking.k8s.io/v1"
	spec := func(s map[string]any) map[string]any { return map[string]any{"spec": s} }
	s := &snapshot.Snapshot{Release: snapshot.Release{Namespace: "airflow", Name: "af"}, Objects: []snapshot.Object{
		object("v1", "Namespace", "airflow", map[string]any{"metadata": map[string]any{"labels": map[string]any{"team": "data"}}}),
		object(v1, "NetworkPolicy", "good", spec(map[string]any{"podSelector": map[string]any{}, "ingress": []any{map[string]any{
			"ports": []any{map[string]any{"port": int64(8080)}, map[string]any{"port": "http"}}}}})),
		object(v1, "NetworkPolicy", "bad", spec(map[string]any{"ingress": "all"})),
		object("extensions/v1beta1", "NetworkPolicy", "old", spec(map[string]any{})),
		object("crd.projectcalico.org/v1", "NetworkPolicy", "calico", spec(map[string]any{"ingress": "all"})),
	}}
	n := netpol.Of(airflow.New(s))
	if len(n.Policies) != 1 || n.Policies[0].Ref.Name != "good" || n.Policies[0].Object != &s.Objects[1] {
		t.Fatalf("policies: %+v", n.Policies)
	}
	if p := n.Policies[0].Spec.Ingress[0].Ports; p[0].Port.IntVal != 8080 || p[1].Port.StrVal != "http" {
		t.Errorf("ports: %+v", p)
	}
	if len(n.Malformed) != 2 || n.Malformed[0].Name != "bad" || n.Malformed[1].Name != "old" {
		t.Errorf("malformed: %+v", n.Malformed)
	}
	if n.Namespaces["airflow"]["team"] != "data" {
		t.Errorf("namespaces: %+v", n.Namespaces)
	}
	more := n.With(n.Policies)
	if len(more.Malformed) != 2 {
		t.Error("With forgets what is malformed")
	}
}
