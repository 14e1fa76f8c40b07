package collect

import (
	"context"
	"strings"
	"testing"
)

const goodPolicy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: NAME}
spec:
  podSelector: {matchLabels: {component: worker}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {component: web}}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
    ports: [{port: 8793}, {port: logs, protocol: TCP}, {port: 1, endPort: 2}]
  egress:
  - to: [{namespaceSelector: {}}]
`

func readPolicies(t *testing.T, text string) (names, warning string, err error) {
	t.Helper()
	objects, err := ReadPolicies(context.Background(), Files{
		Paths: []string{"-"}, Stdin: strings.NewReader(text), Namespace: "team", Warn: func(s string) { warning = s },
	})
	var out []string
	for _, o := range objects {
		out = append(out, o.Namespace+"/"+o.Name)
		if o.Line == 0 || o.File != "stdin" {
			t.Errorf("%s is from nowhere", o)
		}
	}
	return strings.Join(out, " "), warning, err
}

func TestReadPolicies(t *testing.T) {
	named := func(name string) string { return strings.Replace(goodPolicy, "NAME", name, 1) }
	list := "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(named("d")), "\n", "\n  ")
	elsewhere := strings.Replace(named("c"), "{name: c}", "{name: c, namespace: other}", 1)
	role := "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: []\n"
	for _, c := range []struct{ text, want, warning string }{
		{named("a"), "team/a", ""},
		{named("b") + "---\n" + named("a") + "---\n" + elsewhere, "other/c team/a team/b", ""},
		{list, "team/d", ""},
		{named("a") + "status: {conditions: []}\n", "team/a", ""}, // API servers before 1.28 gave it one
		{named("a") + "---\n" + role + "---\n" + configMapA, "team/a", "- also holds ConfigMap, Role: only NetworkPolicies count here"},
	} {
		got, warning, err := readPolicies(t, c.text)
		if err != nil || got != c.want || warning != c.warning {
			t.Errorf("got %q, %q, %v; want %q, %q", got, warning, err, c.want, c.warning)
		}
	}
}

func TestReadPoliciesRefuses(t *testing.T) {
	with := func(old, replacement string) string {
		text := strings.Replace(goodPolicy, "NAME", "a", 1)
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in the policy", old)
		}
		return strings.Replace(text, old, replacement, 1)
	}
	const object = "stdin:1: networkpolicy/a "
	for _, c := range []struct{ text, want string }{
		{"", "-: holds no NetworkPolicy of networking.k8s.io/v1"},
		{configMapA, "-: holds no NetworkPolicy of networking.k8s.io/v1, only ConfigMap"},
		{with("  ingress:", "  ingres:"), object + "spec.ingres is no field of a NetworkPolicy"},
		{with("from:", "form:"), object + "spec.ingress[0].form is no field of a NetworkPolicy"},
		{with("spec:", "Spec:"), object + "Spec is no field of a NetworkPolicy"},
		{with("podSelector: {matchLabels: {component: web}}", "podSelector: {matchLabel: {component: hunter2}}"), object + "spec.ingress[0].from[0].podSelector.matchLabel is no field of a NetworkPolicy"},
		{with("metadata: {name: a}", "metadata: {name: a, label: {a: hunter2}}"), object + "metadata.label is no field of a NetworkPolicy"},
		{with("networking.k8s.io/v1", "extensions/v1beta1"), object + "apiVersion is not networking.k8s.io/v1: other policies are not evaluated"},
		{with("networking.k8s.io/v1", "crd.projectcalico.org/v1"), object + "apiVersion is not networking.k8s.io/v1: other policies are not evaluated"},
		{with("policyTypes: [Ingress, Egress]", "policyTypes: hunter2"), object + "spec.policyTypes has the wrong type"},
		{with("Egress]", "hunter2]"), object + "spec.policyTypes[1] is neither Ingress nor Egress"},
		{with("{component: worker}}", "{'a b': hunter2}}"), object + "spec.podSelector is not a valid label selector"},
		{with("cidr: 10.0.0.0/8", "cidr: hunter2"), object + "spec.ingress[0].from[1].ipBlock.cidr is not an address range such as 10.0.0.0/8"},
		{with("10.1.0.0/16", "11.1.0.0/16"), object + "spec.ingress[0].from[1].ipBlock.except[0] is not inside cidr"},
		{with("10.1.0.0/16", "hunter2"), object + "spec.ingress[0].from[1].ipBlock.except[0] is not an address range such as 10.0.0.0/8"},
		{with("{ipBlock: {", "{podSelector: {}, ipBlock: {"), object + "spec.ingress[0].from[1].ipBlock does not go with a selector in the same entry"},
		{with("[{namespaceSelector: {}}]", "[{}]"), object + "spec.egress[0].to[0] is empty: it must name pods, namespaces or an address range"},
		{with("{namespaceSelector: {}}", "{namespaceSelector: {matchExpressions: [{key: a, operator: hunter2}]}}"), object + "spec.egress[0].to[0].namespaceSelector is not a valid label selector"},
		{with("port: 8793", "port: 70000"), object + "spec.ingress[0].ports[0].port is not between 1 and 65535"},
		{with("port: logs", "port: hunter_2"), object + "spec.ingress[0].ports[1].port is not a port's name"},
		{with("protocol: TCP", "protocol: ICMP"), object + "spec.ingress[0].ports[1].protocol is none of TCP, UDP, SCTP"},
		{with("endPort: 2", "endPort: 0"), object + "spec.ingress[0].ports[2].endPort is not between port and 65535"},
		{with("{port: 1, endPort: 2}", "{endPort: 2}"), object + "spec.ingress[0].ports[2].endPort needs a port"},
		{with("protocol: TCP", "endPort: 3"), object + "spec.ingress[0].ports[1].endPort does not go with a named port"},
		{"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n", object + "spec is missing"},
		{with("", "") + "---\n" + with("", ""), "stdin:13: networkpolicy/a stands twice: it is also in stdin:1"},
	} {
		_, _, err := readPolicies(t, c.text)
		if err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
