package e2e

import (
	"path/filepath"
	"slices"
	"strings"
)

const (
	allPassed = "passed passed passed passed passed"
	needed    = "allowed, and Airflow needs it"
	notNeeded = "denied, Airflow does not need it"
)

func (n network) communityCycle() {
	const namespace = "air"
	n.install("helm3", "community", namespace, "flower.enabled=true")
	const before = "failed failed passed failed failed"
	n.expect("without policies", namespace, before)
	n.reach(nil, namespace, "broker", "database:5432", "allowed, Airflow does not need it", 0)
	stream := n.applied(namespace)
	n.reach(nil, namespace, "broker", "database:5432", notNeeded, 0)
	n.reach(nil, namespace, "flower", "broker:6379", needed, 0)
	n.replayed(namespace)
	n.removed(namespace, stream)
	n.expect("the policies removed", namespace, before)
}

// officialCycle starts from the chart's own policies, which cut Airflow 3's workers off.
func (n network) officialCycle() {
	const namespace = "web"
	n.install("helm4", "official", namespace, "networkPolicies.enabled=true")
	const before = "failed failed failed failed passed"
	n.namesTheCut(n.expect("with the chart's policies", namespace, before))
	n.reach(nil, namespace, "worker", "api-server:8080", "denied, and Airflow needs it", 1)
	n.applied(namespace)
	n.reach(nil, namespace, "worker", "api-server:8080", needed, 0)
	n.replayed(namespace)
	n.removed(namespace, n.pruned(namespace))
	n.expect("the policies removed", namespace, before)
}

func (n network) namesTheCut(v verdict) {
	n.Helper()
	for _, r := range v.Results {
		if r.Rule != "AS203" {
			continue
		}
		if len(r.Findings) != 1 || !strings.HasPrefix(r.Findings[0].Message, "worker cannot reach api-server on port 8080") ||
			!strings.HasSuffix(r.Findings[0].Message, "policy af-api-server-policy isolates api-server for ingress and has no rule") {
			n.Errorf("AS203 says %+v", r.Findings)
		}
	}
}

// applied puts the written policies in force, twice: the second time nothing
// changes. With them AS201 to AS205 pass, and the same policies are written again.
func (n network) applied(namespace string) string {
	n.Helper()
	stream, _ := n.patches(namespace)
	n.headed(stream, "Apply")
	once := n.inForce(namespace)
	if want := len(n.policies(stream)); want < 9 || len(once) != want {
		n.Errorf("%d policies are written, in force are %q", want, once)
	}
	n.headed(stream, "Apply")
	if twice := n.inForce(namespace); !slices.Equal(once, twice) {
		n.Errorf("applied again, the policies change from %q to %q", once, twice)
	}
	n.expect("the policies in force", namespace, allPassed)
	if again, _ := n.patches(namespace); again != stream {
		n.Errorf("with the policies in force others are written:\n%s", again)
	}
	return stream
}

// removed takes the policies away with the header's command.
func (n network) removed(namespace, stream string) {
	n.Helper()
	n.headed(stream, "Remove")
	if left := n.inForce(namespace); len(left) > 0 {
		n.Errorf("left behind: %q", left)
	}
}

// replayed holds what a snapshot says to what the cluster says.
func (n network) replayed(namespace string) {
	n.Helper()
	path := filepath.Join(n.TempDir(), "saved.yaml")
	if _, talk, code := n.program.run(nil, "snapshot", "af", "-n", namespace, "-o", path); code != 0 {
		n.Fatal(talk)
	}
	for _, line := range []string{"reach af", "reach af -o json", "reach af -o svg", "generate patches af", "generate patches af -o json"} {
		words := strings.Fields(line)
		live, talk, code := n.program.run(nil, append(slices.Clone(words), "-n", namespace)...)
		saved, savedTalk, savedCode := n.program.run(nil, append(slices.DeleteFunc(words, func(w string) bool { return w == "af" }), "--from", path)...)
		if live == "" || live != saved || talk != savedTalk || code != savedCode {
			n.Errorf("%s: exit code %d live and %d replayed, and on standard error\n%s\n%s", line, code, savedCode, talk, savedTalk)
		}
	}
}

// pruned takes a component away: its policy is named, with the command that removes it.
func (n network) pruned(namespace string) string {
	n.Helper()
	n.upgrade("helm4", "official", namespace, "statsd.enabled=false")
	const stale = "airflowsec-af-statsd"
	stream, talk := n.patches(namespace)
	if _, planned := n.policies(stream)[stale]; planned || !strings.Contains(talk, stale) {
		n.Errorf("%s is not called left over: %s", stale, talk)
	}
	n.headed(stream, "Apply")
	n.headed(stream, "No longer part of the set")
	again, talk := n.patches(namespace)
	if strings.Contains(again+talk, stale) || len(n.inForce(namespace)) != len(n.policies(again)) {
		n.Errorf("still there: %q; %s", n.inForce(namespace), talk)
	}
	n.expect("a component less", namespace, allPassed)
	return again
}
