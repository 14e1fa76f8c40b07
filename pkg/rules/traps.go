package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// trap is a values key that a chart takes and ignores, wholly or in part.
type trap struct {
	dialect airflow.Dialect
	// key is the values path. One that ends in ".*" stands for each key below, except those in but.
	key string
	but []string
	// when says whether the key is ignored in this release; nil is always.
	when func(*given) bool
	why  string // follows the key: "is ignored: …"
	// order is the way out, and instead the key that works, where there is one.
	order, instead string
	severity       rule.Severity // empty is medium, or by the key's name where key ends in ".*"
}

// trappedValue is a value of the user that a trap caught.
type trappedValue struct {
	trap *trap
	key  string
}

func (t trappedValue) severity() rule.Severity {
	switch {
	case t.trap.severity != "":
		return t.trap.severity
	case strings.HasSuffix(t.trap.key, ".*"):
		return severityByName(t.key)
	}
	return rule.Medium
}

func (t trappedValue) fix(p *rule.Pass) rule.Fix {
	if t.trap.instead == "" {
		return rule.Fix{Kind: rule.Manual, Summary: t.trap.order}
	}
	return rule.Fix{Kind: rule.Values, Summary: t.trap.order, ValuesKey: p.Reachable(t.trap.instead)}
}

// given is what the user gave and what became of it.
type given struct {
	pass      *rule.Pass
	values    map[string]any
	workloads []*airflow.Workload
}

// trapped are the user's values that are ignored, in the table's order; the first trap that catches a key speaks for it.
func (v *given) trapped() []trappedValue {
	var out []trappedValue
	for i := range traps {
		t := &traps[i]
		if t.dialect != v.pass.Airflow().Dialect {
			continue
		}
		keys := v.matching(t)
		if len(keys) == 0 || t.when != nil && !t.when(v) {
			continue
		}
		for _, key := range keys {
			if !slices.ContainsFunc(out, func(known trappedValue) bool { return known.key == key }) {
				out = append(out, trappedValue{trap: t, key: key})
			}
		}
	}
	return out
}

// matching are the user's keys that a trap is about.
func (v *given) matching(t *trap) []string {
	parent, all := strings.CutSuffix(t.key, ".*")
	value := v.value(parent)
	if value == nil || value == "" { // there is nothing to be ignored
		return nil
	}
	parent = v.pass.Reachable(parent)
	if !all {
		return []string{parent}
	}
	below, _ := value.(map[string]any)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(below)) {
		if !slices.Contains(t.but, key) {
			out = append(out, parent+"."+key)
		}
	}
	return out
}

// value is the user's own at a path of the Airflow chart, which may be part of
// another; nil where none was given or the chart knows no such key.
func (v *given) value(path string) any {
	if path = v.pass.Reachable(path); path == "" {
		return nil
	}
	return v.at(path)
}

// asChart says that a value is the chart's own: nobody counts on what was copied.
func (v *given) asChart(key string) bool {
	return slices.ContainsFunc(v.pass.Release().AsChart, func(same string) bool {
		return key == same || strings.HasPrefix(key, same+".") || strings.HasPrefix(key, same+"[")
	})
}

func (v *given) at(path string) any {
	var at any = v.values
	for key := range strings.SplitSeq(path, ".") {
		m, _ := at.(map[string]any)
		at = m[key]
	}
	return at
}

// is says whether the user gave exactly this value.
func (v *given) is(path string, want any) bool { return v.value(path) == want }

func (v *given) has(components ...airflow.Component) bool {
	return slices.ContainsFunc(v.workloads, func(w *airflow.Workload) bool { return slices.Contains(components, w.Component) })
}

// laidOutFor3 says whether the official chart rendered Airflow 3's components:
// it goes by its value airflowVersion, whatever image runs.
func (v *given) laidOutFor3() bool {
	if v.has(airflow.APIServer) {
		return true
	}
	return !v.has(airflow.Webserver) && v.pass.Airflow().Major >= 3
}

func laidOutFor3(v *given) bool { return v.laidOutFor3() }

func laidOutFor2(v *given) bool {
	return !v.laidOutFor3() && (v.has(airflow.Webserver) || v.pass.Airflow().Major == 2)
}

// tokenMounted says whether pods of a component carry a token all the same.
func (v *given) tokenMounted(component airflow.Component) bool {
	return slices.ContainsFunc(v.workloads, func(w *airflow.Workload) bool {
		token := v.pass.Token(w)
		return w.Component == component && w.Owner == nil && token.Known && token.Mounted && !token.Explicit
	})
}

// mounts says whether a component's pods have a volume from the ConfigMap of a name.
func (v *given) mounts(component airflow.Component, configMap string) bool {
	return slices.ContainsFunc(v.workloads, func(w *airflow.Workload) bool {
		if w.Component != component {
			return false
		}
		for i := range w.Spec.Volumes {
			if source := w.Spec.Volumes[i].ConfigMap; source != nil && source.Name == configMap {
				return true
			}
		}
		return false
	})
}

// lacksKeys says whether a pod of one of the components lacks a key of a map the user gave; of gives the pods' map.
func (v *given) lacksKeys(path string, of func(*airflow.Workload) map[string]string, components ...airflow.Component) bool {
	wanted, _ := v.value(path).(map[string]any)
	return slices.ContainsFunc(v.workloads, func(w *airflow.Workload) bool {
		if !slices.Contains(components, w.Component) {
			return false
		}
		have := of(w)
		for key := range wanted {
			if _, found := have[key]; !found {
				return true
			}
		}
		return false
	})
}

func podAnnotations(w *airflow.Workload) map[string]string { return w.Meta.Annotations }

func podLabels(w *airflow.Workload) map[string]string { return w.Meta.Labels }

// mainImage is the image of a component's main container; empty where there is none.
func (v *given) mainImage(component airflow.Component) string {
	for _, w := range v.workloads {
		if c, ok := w.Main(); ok && w.Component == component && w.Owner == nil {
			return c.Image
		}
	}
	return ""
}

// hookOutlived says whether a Secret that only the first install makes still
// holds another value than the user's values now ask for.
func (v *given) hookOutlived(suffix, key string) bool {
	hooks := v.pass.Release().Hooks
	i := slices.IndexFunc(hooks, func(o snapshot.Object) bool { return o.Kind == "Secret" && strings.HasSuffix(o.Name, suffix) })
	if i < 0 || v.pass.Offline() {
		return false
	}
	if !v.pass.Read(snapshot.Secret) {
		v.pass.Unknown("whether " + hooks[i].String() + " holds the value that was given: Secrets were not read")
		return false
	}
	for _, live := range v.pass.Objects(snapshot.Secret) {
		if live.Same(hooks[i].Ref) {
			return live.At("data", key) != hooks[i].At("data", key)
		}
	}
	return false
}
