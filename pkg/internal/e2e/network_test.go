package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// network is a cluster, and the program as it is used on releases there, all named af.
type network struct {
	*testing.T
	cluster *controlplane.Cluster
	program *program
}

// TestNetwork takes the policies that the program writes through a real API
// server. The parts share one cluster and use a namespace each, in this order.
func TestNetwork(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{Users: 2})
	p := newProgram(t, c)
	for _, part := range []struct {
		name string
		test func(network)
	}{
		{"community", network.communityCycle},
		{"official", network.officialCycle},
		{"exact rights", network.exactRights},
		{"task pods", network.taskPods},
		{"DNS and the API server", network.landmarks},
		{"without the cluster's Services", network.withoutLandmarks},
	} {
		t.Run(part.name, func(t *testing.T) {
			own := *p
			own.t = t
			part.test(network{t, c, &own})
		})
	}
}

// install installs a fixture chart as release af and waits until nothing changes any more.
func (n network) install(helm, chart, namespace, set string) {
	n.Helper()
	install(n, n.cluster, helm, chart, namespace, "af", "--set", set)
	if err := n.cluster.WaitReady(n.Context(), namespace); err != nil {
		n.Fatal(err)
	}
}

// upgrade changes values of release af.
func (n network) upgrade(helm, chart, namespace, set string) {
	n.Helper()
	dir, err := controlplane.Chart(chart)
	if err != nil {
		n.Fatal(err)
	}
	if _, err := n.cluster.Run(n.Context(), controlplane.Admin, helm, "upgrade", "af", dir, "-n", namespace, "--reuse-values", "--set", set); err != nil {
		n.Fatal(err)
	}
	if err := n.cluster.WaitReady(n.Context(), namespace); err != nil {
		n.Fatal(err)
	}
}

// kubectl is what kubectl prints.
func (n network) kubectl(args ...string) string {
	n.Helper()
	out, err := n.cluster.Run(n.Context(), controlplane.Admin, "kubectl", args...)
	if err != nil {
		n.Fatal(err)
	}
	return out
}

// verdict is the part of a report that these tests read.
type verdict struct {
	Results []struct {
		Rule, Outcome string
		Findings      []struct{ Message string }
	}
	Coverage []struct{ Kind, State, Reason string }
}

func (n network) check(env []string, namespace string) verdict {
	n.Helper()
	out, talk, code := n.program.run(env, "check", "af", "-n", namespace, "-o", "json")
	var v verdict
	if err := json.Unmarshal([]byte(out), &v); code == 2 || err != nil {
		n.Fatalf("exit code %d, %v: %s", code, err, talk)
	}
	return v
}

// expect compares the outcomes of AS201 to AS205, in that order.
func (n network) expect(when, namespace, want string) verdict {
	n.Helper()
	v := n.check(nil, namespace)
	var got []string
	for _, r := range v.Results {
		if r.Rule >= "AS201" && r.Rule <= "AS205" {
			got = append(got, r.Outcome)
		}
	}
	if strings.Join(got, " ") != want {
		n.Errorf("%s: AS201 to AS205 are %q, not %q", when, got, want)
	}
	return v
}

// patches are the policies that the program writes, whose proof must hold, and what it says of them.
func (n network) patches(namespace string) (out, talk string) {
	n.Helper()
	out, talk, code := n.program.run(nil, "generate", "patches", "af", "-n", namespace, "--only", "networkpolicy")
	if code != 0 || !strings.Contains(talk, "\nThe connections are proved: ") {
		n.Fatalf("exit code %d, and on standard error: %s", code, talk)
	}
	return out, talk
}

// headed runs the commands that stand in the stream's header under a word.
func (n network) headed(stream, word string) {
	n.Helper()
	ran := 0
	for line := range strings.Lines(stream) {
		command, found := strings.CutPrefix(line, "# "+word+":")
		if !found {
			continue
		}
		words := strings.Fields(command)
		for i := range words {
			if words[i] == "FILE" {
				words[i] = n.saved(stream)
			}
		}
		n.kubectl(words[1:]...)
		ran++
	}
	if ran == 0 {
		n.Fatalf("no command for %s in\n%s", word, stream)
	}
}

// saved is a file with a text.
func (n network) saved(text string) string {
	n.Helper()
	path := filepath.Join(n.TempDir(), "policies.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		n.Fatal(err)
	}
	return path
}

// inForce are the policies that carry the set's label, each with its version.
func (n network) inForce(namespace string) []string {
	n.Helper()
	return strings.Fields(n.kubectl("get", "networkpolicies", "-n", namespace, "-l", "airflowsec.io/release=af",
		"-o", "jsonpath={range .items[*]}{.metadata.name}/{.metadata.resourceVersion}/{.metadata.generation} {end}"))
}

// policies are the objects of a stream.
func (n network) policies(stream string) map[string]networkingv1.NetworkPolicy {
	n.Helper()
	out := map[string]networkingv1.NetworkPolicy{}
	for i, text := range strings.Split(stream, "\n---\n") {
		if i == 0 {
			continue // the header
		}
		var p networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(text), &p); err != nil {
			n.Fatal(err)
		}
		out[p.Name] = p
	}
	return out
}

// reach expects the first line of an answer, and its exit code.
func (n network) reach(env []string, namespace, from, to, want string, code int, args ...string) {
	n.Helper()
	out, talk, got := n.program.run(env, append([]string{"reach", "af", from, to, "-n", namespace}, args...)...)
	first, _, _ := strings.Cut(out, "\n")
	if first != fmt.Sprintf("%s to %s: %s", from, to, want) || got != code {
		n.Errorf("exit code %d, %q; %s", got, first, talk)
	}
}
