package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

const ephemeralFix = "delete the pod when the debugging is over: an ephemeral container can neither be changed nor taken away"

// podFixes are the ways to close a finding in a workload's pods: the chart's
// values where a key reaches the field, a patch where the object takes one,
// words where neither helps.
func podFixes(p *rule.Pass, w *airflow.Workload, at place) []rule.Fix {
	var out []rule.Fix
	if isEphemeral(w, at.container) {
		return []rule.Fix{{Kind: rule.Manual, Summary: ephemeralFix}}
	}
	if key := valuesKey(p, w, at); key != "" {
		out = append(out, rule.Fix{Kind: rule.Values, Summary: at.order + keepTheRest(at.field), ValuesKey: key, Value: at.value})
	}
	why := w.Unpatchable()
	if len(at.changes) > 0 && why == "" {
		out = append(out, rule.Fix{Kind: rule.Patch, Summary: at.order, Changes: at.changes})
	}
	if len(out) > 0 {
		return out
	}
	if why != "" {
		why = " (" + why + ")"
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: at.order + why}}
}

func isEphemeral(w *airflow.Workload, container string) bool {
	return slices.ContainsFunc(w.Spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return c.Name == container })
}

func valuesKey(p *rule.Pass, w *airflow.Workload, at place) string {
	if at.field == "" {
		return ""
	}
	return p.ValuesKey(w, at.container, at.field)
}

// keepTheRest warns where a chart takes a map of values whole: both charts
// replace their default security contexts and do not merge them.
func keepTheRest(field airflow.Field) string {
	if field == airflow.PodSecurityContext || field == airflow.ContainerSecurityContext {
		return " (repeat the map's other keys: the chart does not merge them)"
	}
	return ""
}
