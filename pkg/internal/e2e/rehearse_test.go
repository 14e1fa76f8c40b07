package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// refusals are an admission policy and a quota that patches run into.
const refusals = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-runtime-default}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [statefulsets]}]}
  validations: [{expression: "!has(object.spec.template.spec.securityContext.seccompProfile)", message: stateful sets keep their profile}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-runtime-default}
spec: {policyName: no-runtime-default, validationActions: [Deny]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: memory, namespace: team}
spec: {hard: {limits.memory: 1Gi}}
`

var taken = regexp.MustCompile(`Server-side dry run: the API server takes (\d+) of (\d+)\.`)

// TestRehearsal asks a real API server what it would say of a plan, and makes
// sure that asking changes nothing.
func TestRehearsal(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{Users: 2})
	install(t, c, "helm3", "official", "team", "af")
	p := newProgram(t, c)
	words := []string{"generate", "patches", "af", "-n", "team", "--verify=server"}
	before := versions(t, c)

	out, talk, code := p.run(nil, words...)
	if found := taken.FindStringSubmatch(talk); code == 1 || code == 2 || out == "" || found == nil || found[1] != found[2] || found[1] == "0" {
		t.Errorf("exit code %d, and on standard error: %s", code, talk)
	}
	apply(t, c, refusals)
	wanted := []string{"Refused: statefulset/af-", "stateful sets keep their profile", "Refused: a pod of ", "must specify limits.memory"}
	for range 60 { // admission learns of both a little later
		if _, talk, code = p.run(nil, words...); holdsAll(talk, wanted) {
			break
		}
		time.Sleep(time.Second)
	}
	if code != 1 || !holdsAll(talk, wanted) {
		t.Errorf("exit code %d, and on standard error: %s", code, talk)
	}

	grantAll(t, c, least(1))
	out, talk, code = p.run([]string{"KUBECONFIG=" + c.Kubeconfig(least(1))}, words...)
	if code != 3 || out == "" || !strings.Contains(talk, "Not asked: a pod of ") || !strings.Contains(talk, "this user may not ask: ") {
		t.Errorf("exit code %d, and on standard error: %s", code, talk)
	}
	if after := versions(t, c); !slices.Equal(before, after) {
		t.Errorf("asking has changed the cluster:\n%s\n%s", before, after)
	}
}

func holdsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// versions are the generations of all that a plan changes or makes.
func versions(t *testing.T, c *controlplane.Cluster) []string {
	t.Helper()
	const form = `{range .items[*]}{.kind}/{.metadata.name} {.metadata.generation} {.metadata.labels}{"\n"}{end}`
	out, err := c.Run(context.Background(), controlplane.Admin, "kubectl", "get",
		"deployments,statefulsets,networkpolicies,serviceaccounts,roles,rolebindings", "-n", "team", "-o", fmt.Sprintf("jsonpath=%s", form))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(out, "\n")
}
