package netpol_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// world is a cluster that cases ask about: one line for each pod, as
// "namespace/name labels addresses ports", with - for nothing.
const world = `
default/db       role=db               10.0.1.5           redis=6379,sql=5432
default/frontend role=frontend         10.0.1.6           http=8080
default/other    -                     10.0.1.7,fd00::7   http=80,dns=53/UDP
default/host     role=frontend,on=host 192.168.0.1        http=8080
default/future   role=frontend         -                  http=9090
prod/frontend    role=frontend,tier=a  10.0.2.6           http=80
prod/client      role=client           10.0.2.7           -
dev/client       role=client           10.0.3.7           sctp=7777/SCTP
`

var worldNamespaces = map[string]map[string]string{
	"prod": {"project": "myproject", "env": "prod"},
	"dev":  {"env": "dev"},
}

func newWorld(t testing.TB, policies string) netpol.Cluster {
	t.Helper()
	c := netpol.Cluster{Namespaces: worldNamespaces, Policies: parsePolicies(t, policies)}
	for line := range strings.Lines(strings.TrimSpace(world)) {
		c.Pods = append(c.Pods, parsePod(strings.Fields(line)))
	}
	return c
}

func parsePod(words []string) airflow.Pod {
	namespace, name, _ := strings.Cut(words[0], "/")
	p := airflow.Pod{Namespace: namespace, Name: name, Labels: map[string]string{}}
	list := func(word string) []string {
		return slices.DeleteFunc(strings.Split(word, ","), func(s string) bool { return s == "-" })
	}
	for _, l := range list(words[1]) {
		key, value, _ := strings.Cut(l, "=")
		p.Labels[key] = value
	}
	p.HostNetwork = p.Labels["on"] == "host"
	for _, a := range list(words[2]) {
		p.Addresses = append(p.Addresses, netip.MustParseAddr(a))
	}
	for _, w := range list(words[3]) {
		name, port, _ := strings.Cut(w, "=")
		p.Ports = append(p.Ports, airflow.NamedPort{Name: name, Port: parsePort(port)})
	}
	return p
}

func parsePort(word string) airflow.Port {
	number, protocol, found := strings.Cut(word, "/")
	if !found {
		protocol = "TCP"
	}
	n, _ := strconv.ParseInt(number, 10, 32)
	return airflow.Port{Number: int32(n), Protocol: corev1.Protocol(protocol)}
}

// parsePolicies reads specs, each named in a comment's place: "--- name" or "--- namespace/name".
func parsePolicies(t testing.TB, text string) []netpol.Policy {
	t.Helper()
	var out []netpol.Policy
	for _, part := range strings.Split("\n"+text, "\n--- ")[1:] {
		title, spec, _ := strings.Cut(part, "\n")
		namespace, name, found := strings.Cut(strings.TrimSpace(title), "/")
		if !found {
			namespace, name = "default", namespace
		}
		p := netpol.Policy{Ref: snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: namespace, Name: name}}
		if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
			t.Fatalf("policy %s: %v\n%s", name, err, spec)
		}
		out = append(out, p)
	}
	return out
}

// scene is a world with its evaluator.
type scene struct {
	netpol.Cluster
	*netpol.Evaluator
}

func newScene(t testing.TB, policies string) scene {
	t.Helper()
	c := newWorld(t, policies)
	return scene{c, netpol.New(c)}
}

// peer is a pod by namespace/name, in default where there is no slash, or an address.
func (s scene) peer(t testing.TB, word string) netpol.Peer {
	t.Helper()
	if a, err := netip.ParseAddr(word); err == nil {
		return netpol.Address(a)
	}
	if !strings.Contains(word, "/") {
		word = "default/" + word
	}
	at := slices.IndexFunc(s.Pods, func(p airflow.Pod) bool { return p.Namespace+"/"+p.Name == word })
	if at < 0 {
		t.Fatalf("no pod %s", word)
	}
	return netpol.At(at)
}

// ask takes "from to port" and says allow, or which side denies.
func (s scene) ask(t testing.TB, question string) string {
	t.Helper()
	a := s.answer(t, question)
	switch {
	case a.Allowed:
		return "allow"
	case !a.Egress.Allowed && !a.Ingress.Allowed:
		return "deny-both"
	case !a.Egress.Allowed:
		return "deny-egress"
	}
	return "deny-ingress"
}

func (s scene) answer(t testing.TB, question string) netpol.Answer {
	t.Helper()
	words := strings.Fields(question)
	return s.Ask(s.peer(t, words[0]), s.peer(t, words[1]), parsePort(words[2]))
}

// says runs lines of "from to port verdict".
func (s scene) says(t *testing.T, lines string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		words := strings.Fields(line)
		if len(words) != 4 {
			t.Fatalf("not a question: %q", line)
		}
		if got := s.ask(t, line); got != words[3] {
			t.Errorf("%s: %s, want %s (%+v)", strings.Join(words[:3], " "), got, words[3], s.answer(t, line))
		}
	}
}

// rule is "policy/rule" of a decision, or "-".
func (s scene) rule(d netpol.Decision) string {
	if d.Policy < 0 {
		return "-"
	}
	return fmt.Sprintf("%s/%d", s.Policies[d.Policy].Ref.Name, d.Rule)
}
