package drift

import (
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestDifferences holds what is drift, and what only looks different.
func TestDifferences(t *testing.T) {
	for _, c := range []struct {
		name       string
		want, have string
		paths      []string
	}{
		{"the same", `{spec: {a: 1}}`, `{spec: {a: 1}}`, nil},
		{"number and float", `{spec: {a: 1}}`, `{spec: {a: 1.0}}`, nil},
		{"empty list", `{spec: {from: []}}`, `{spec: {}}`, nil},
		{"empty text", `{spec: {x: ""}}`, `{spec: {}}`, nil},
		{"null", `{spec: {a: 1, x: null}}`, `{spec: {a: 1}}`, nil},
		{"an empty selector selects all", `{from: [{podSelector: {a: b}}]}`, `{from: [{podSelector: {a: b}, namespaceSelector: {}}]}`, []string{"/from"}},
		{"default of a bool", `{securityContext: {privileged: false}}`, `{securityContext: {}}`, nil},
		{"another bool", `{securityContext: {}}`, `{securityContext: {privileged: true}}`, []string{"/securityContext/privileged"}},
		{"a context that was not there", `{}`, `{securityContext: {runAsUser: 0, procMount: Default}}`, []string{"/securityContext/runAsUser"}},
		{"a switch without default", `{automountServiceAccountToken: false}`, `{}`, []string{"/automountServiceAccountToken"}},
		{"quantities", `{limits: {cpu: 1000m, memory: 1024Mi}, requests: {cpu: 0.5}}`, `{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}`, nil},
		{"more memory", `{limits: {memory: 1Gi}}`, `{limits: {memory: 2Gi}}`, []string{"/limits/memory"}},
		{"named entries in another order", `{env: [{name: a, value: x}, {name: b}]}`, `{env: [{name: b}, {name: a, value: x}]}`, nil},
		{"the last entry of a name wins", `{env: [{name: a, value: x}, {name: a, value: y}]}`, `{env: [{name: a, value: y}]}`, nil},
		{"an entry more", `{env: [{name: a}]}`, `{env: [{name: a}, {name: b, value: x}]}`, []string{"/env/1"}},
		{"an entry less", `{env: [{name: a}, {name: b}]}`, `{env: [{name: a}]}`, []string{"/env"}},
		{"a list more", `{}`, `{env: [{name: b, value: x}]}`, []string{"/env/0"}},
		{"a field of an entry", `{volumes: [{name: a, emptyDir: {}}]}`, `{volumes: [{name: b}, {name: a, hostPath: {path: /}}]}`, []string{"/volumes/1/hostPath", "/volumes/0"}},
		{"a port", `{ports: [{containerPort: 80}]}`, `{ports: [{containerPort: 80, protocol: TCP, hostPort: 80}]}`, []string{"/ports/0/hostPort"}},
		{"a service's port", `{ports: [{port: 80}]}`, `{ports: [{port: 80, targetPort: 80, nodePort: 30080, protocol: TCP}]}`, nil},
		{"another target", `{ports: [{port: 80}]}`, `{ports: [{port: 80, targetPort: 81, protocol: TCP}]}`, []string{"/ports/0/targetPort"}},
		{"policy types", `{spec: {podSelector: {}}}`, `{spec: {policyTypes: [Ingress]}}`, nil},
		{"policy types with egress", `{spec: {egress: [{}]}}`, `{spec: {egress: [{}], policyTypes: [Ingress, Egress]}}`, nil},
		{"a policy type less", `{spec: {policyTypes: [Ingress, Egress]}}`, `{spec: {policyTypes: [Ingress]}}`, []string{"/spec/policyTypes"}},
		{"Reloader's mark", `{env: []}`, `{env: [{name: STAKATER_A, value: x}]}`, nil},
	} {
		var paths []string
		for _, d := range differences(spot{}, document(t, c.want), document(t, c.have)) {
			paths = append(paths, d.Path)
		}
		if !slices.Equal(paths, c.paths) {
			t.Errorf("%s: got %v, want %v", c.name, paths, c.paths)
		}
	}
}

func document(t *testing.T, text string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
