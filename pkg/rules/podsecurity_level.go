package rules

import (
	"slices"

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
	meta, spec := asMade(w)
	for _, next := range levels[1:] {
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(api.LevelVersion{Level: next, Version: version}, meta, spec))
		if !result.Allowed {
			return levels[rankOf(next)-1], result.ForbiddenDetail()
		}
	}
	return api.LevelRestricted, ""
}
