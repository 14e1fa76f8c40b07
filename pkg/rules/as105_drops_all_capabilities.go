package rules

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var dropsAllCapabilities = &rule.Rule{
	ID:       "AS105",
	Slug:     "drops-all-capabilities",
	Title:    "Containers hold no capability beyond the profile's Pod Security level",
	Why:      "Each capability is a piece of root. With the default ones an attacker can forge packets inside the pod network, change file owners and switch users; with added ones often the whole node.",
	Fix:      "Drop ALL capabilities on every container and add at most NET_BIND_SERVICE (profile baseline: add none beyond the runtime's default set).",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("baseline: capabilities_baseline"), pss("restricted: capabilities_restricted"),
		cis("5.2.8"), cis("5.2.9"), nsa("Pod security"), owasp("K01"), mitre("T1611"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS105"),
}

const capabilitiesField = "/securityContext/capabilities/"

// locateCapabilities finds containers that keep default capabilities, and what they add.
func locateCapabilities(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		if q.refuses(q.alone(withCapabilities(c, nil, dropsOf(c)), compliant())) {
			out = append(out, q.set(c, capabilitiesField+"drop", []any{"ALL"},
				"container "+c.Name+" keeps the runtime's default capabilities, so root in it can forge packets and change file owners", `set capabilities.drop: ["ALL"]`))
		}
	}
	return append(out, locateAddedCapabilities(q)...)
}

// locateAddedCapabilities finds capabilities that the evaluator does not let a container add.
func locateAddedCapabilities(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		var bad []string
		var good []any
		for _, capability := range addsOf(c) {
			only := withCapabilities(c, []corev1.Capability{capability}, []corev1.Capability{"ALL"})
			if q.refuses(q.alone(only, compliant())) {
				bad = append(bad, string(capability))
			} else {
				good = append(good, string(capability))
			}
		}
		if len(bad) == 0 {
			continue
		}
		message := "container " + c.Name + " adds " + strings.Join(bad, ", ") + ": a piece of root its code can use"
		order := "take " + strings.Join(bad, ", ") + " out of capabilities.add"
		if len(good) > 0 {
			out = append(out, q.set(c, capabilitiesField+"add", good, message, order))
		} else {
			out = append(out, q.remove(c, capabilitiesField+"add", message, order))
		}
	}
	return out
}

func withCapabilities(c airflow.Container, add, drop []corev1.Capability) airflow.Container {
	c.Container = &corev1.Container{SecurityContext: &corev1.SecurityContext{
		Capabilities: &corev1.Capabilities{Add: add, Drop: drop},
	}}
	return c
}

func addsOf(c airflow.Container) []corev1.Capability {
	if c.SecurityContext == nil || c.SecurityContext.Capabilities == nil {
		return nil
	}
	return c.SecurityContext.Capabilities.Add
}

func dropsOf(c airflow.Container) []corev1.Capability {
	if c.SecurityContext == nil || c.SecurityContext.Capabilities == nil {
		return nil
	}
	return c.SecurityContext.Capabilities.Drop
}
