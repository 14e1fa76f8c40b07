package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Who needs which key. Source: Airflow's documentation, Workload isolation and
// JWT token authentication; in Airflow 2 the same but for the JWT key.
var (
	fernetUsers = []airflow.Component{
		airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod,
	}
	webKeyUsers = []airflow.Component{
		airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.Triggerer, airflow.Worker, airflow.TaskPod,
	}
	jwtUsers = []airflow.Component{airflow.APIServer, airflow.Scheduler}
)

// keyPlace is one place that gives a key, with the components that take it from there.
type keyPlace struct {
	airflow.Setting
	components []airflow.Component
}

// keyPlaces are the places that give an option to some components. A value
// that many pods repeat is one place, and so is its absence.
func keyPlaces(list []airflow.Setting, users []airflow.Component) []keyPlace {
	var out []keyPlace
	at := map[string]int{}
	for _, s := range list {
		if !slices.Contains(users, s.Component) {
			continue
		}
		key := strings.Join([]string{s.Ref.Kind, s.Ref.Namespace, s.Ref.Name, s.Path}, " ")
		switch {
		case s.Default:
			key = "default"
		case s.Workload != nil && s.Ref.Same(s.Workload.Ref):
			key = "inline " + s.Via + s.Value
		}
		i, known := at[key]
		if !known {
			i, at[key] = len(out), len(out)
			out = append(out, keyPlace{Setting: s})
		}
		if !slices.Contains(out[i].components, s.Component) {
			out[i].components = append(out[i].components, s.Component)
		}
	}
	return out
}

// webKey is the option of the key that signs sessions and log requests, which
// has its newer name since 3.0.2. That one reads the older name as well, so
// that it answers for an unknown version, too.
func webKey(p *rule.Pass) []airflow.Setting {
	if list := p.Settings("api", "secret_key"); len(list) > 0 {
		return list
	}
	return p.Settings("webserver", "secret_key")
}

// isHidden says that a key's value cannot be judged; the pass learns why.
func isHidden(p *rule.Pass, s airflow.Setting) bool {
	if !s.Known {
		p.Unknown(settingName(s) + ": " + s.Reason)
	}
	return !s.Known
}

// inComponents is "in the scheduler and the worker".
func inComponents(list []airflow.Component) string {
	var words []string
	for _, c := range list {
		words = append(words, "the "+string(c))
	}
	return "in " + sentenceOf(words)
}

// keyFinding is a finding at the place of a key.
func keyFinding(p *rule.Pass, at keyPlace, c *credential, message string) rule.Finding {
	f := settingFinding(at.Setting, message, keyFixes(p, c))
	f.Message = message
	switch {
	case at.Default:
	case at.Ref.Kind == string(snapshot.Secret):
		f.Component = ""
	default:
		for i := range f.Fixes {
			f.Fixes[i].Summary = "take it out of the " + at.Ref.Kind + ", and " + f.Fixes[i].Summary
		}
	}
	return f
}

// keyFixes are how a chart takes a key from a Secret of one's own.
func keyFixes(p *rule.Pass, c *credential) []rule.Fix {
	for _, row := range credentialFixTable[p.Airflow().Dialect] {
		if row.credential != c || row.when != nil && !row.when(p, whereabouts{}) {
			continue
		}
		if key := p.Reachable(row.key); key != "" {
			return []rule.Fix{{Kind: rule.Values, Summary: row.order, ValuesKey: key}}
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: "put " + c.what + " into a Secret of your own and let the release use it"}}
}

// valueAt is what the user's values hold at a key of the Airflow chart; nil where they hold nothing.
func valueAt(p *rule.Pass, key string) any {
	var node any = p.Release().Values
	for step := range strings.SplitSeq(p.Reachable(key), ".") {
		at, _ := node.(map[string]any)
		node = at[step]
	}
	return node
}

// givesValue says that the values set a key to something, or those of a copy of
// the chart that somebody wrote something into.
func givesValue(p *rule.Pass, key string) bool {
	if value := valueAt(p, key); value != nil {
		return value != ""
	}
	written := p.Release().Written(strings.Split(p.Reachable(key), "."))
	return written != nil && written != ""
}

// isPlaceholder tells of a text that stands where a key has yet to be written,
// or refers to one, and what it means. Files do not tell whether something writes it.
func isPlaceholder(p *rule.Pass, at keyPlace, c *credential, means string) bool {
	switch {
	case !isOf(at, secret.Harmless):
		return false
	case p.Offline():
		p.Unknown(c.what + " reads like a placeholder or a reference, and files do not tell what takes its place")
	default:
		p.Report(keyFinding(p, at, c, c.what+" is a placeholder that nobody replaced: "+means))
	}
	return true
}

// isOf says that a value is masked as one of a shape, and of no other.
func isOf(at keyPlace, shape string) bool {
	masked, _ := snapshot.ParseMasked(at.Value)
	return slices.Equal(masked.Shapes, []string{shape})
}
