package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// levels are those of the Pod Security Standards, the mildest first.
var levels = []api.Level{api.LevelPrivileged, api.LevelBaseline, api.LevelRestricted}

// rankOf is 0 for what enforces nothing, and -1 for what is no level.
func rankOf(level api.Level) int { return slices.Index(levels, level) }

// podSecurityOf is the Pod Security level that a profile of some level asks for.
func podSecurityOf(level rule.Level) api.Level {
	if level == rule.Baseline {
		return api.LevelBaseline
	}
	return api.LevelRestricted
}

// PodSecurityLevel is the strictest Pod Security level at which the API server
// would take a workload's pods, by its own evaluator, and what it says against
// the next level; refused is empty at restricted.
func PodSecurityLevel(w *airflow.Workload) (level api.Level, refused string, err error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return "", "", err
	}
	level, refused = passes(evaluator, w, api.LatestVersion())
	return level, refused, nil
}

// passes is the strictest level that a workload's pods pass in one version of the standards.
func passes(evaluator policy.Evaluator, w *airflow.Workload, version api.Version) (level api.Level, refused string) {
	meta := &w.Meta
	if w.Owner != nil {
		meta = &w.Owner.Meta
	}
	spec := asMade(w)
	for _, next := range levels[1:] {
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(api.LevelVersion{Level: next, Version: version}, meta, spec))
		if !result.Allowed {
			return levels[rankOf(next)-1], result.ForbiddenDetail()
		}
	}
	return api.LevelRestricted, ""
}

// asMade is a pod as the API server will be asked for it. Where a webhook adds
// to what a template says, the template counts as it is now, and the live pod
// only tells what was added; nobody adds a debugger to a new pod.
func asMade(w *airflow.Workload) *corev1.PodSpec {
	if w.Owner == nil {
		return &w.Spec
	}
	spec := w.Owner.Spec
	spec.InitContainers = slices.Concat(spec.InitContainers, w.Spec.InitContainers)
	spec.Containers = slices.Concat(spec.Containers, w.Spec.Containers)
	spec.Volumes = slices.Clone(spec.Volumes)
	for _, v := range w.Spec.Volumes {
		if !slices.ContainsFunc(spec.Volumes, func(own corev1.Volume) bool { return own.Name == v.Name }) {
			spec.Volumes = append(spec.Volumes, v)
		}
	}
	return &spec
}
