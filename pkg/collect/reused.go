package collect

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// An upgrade with --reuse-values stores as the chart's own values those that
// counted before it: the chart's with the user's over them, some versions of
// Helm without null. Nothing in the record tells it from another upgrade.
// Source: helm.sh/helm/v3/pkg/action/upgrade.go, reuseValues.

// ownValues says that what a revision stores as its chart's values is the
// chart's own: it is the first one, or each one before it has a value of its
// user's that is not among them. All those have to be at hand.
func (r *run) ownValues(number int, stored map[string]any) bool {
	if number <= 1 || len(stored) == 0 {
		return true
	}
	if r.found.stored == nil || len(r.past.read) == 0 || len(r.past.read) != len(r.pastRevisions()) {
		return false
	}
	all := leaves(stored, "")
	return !slices.ContainsFunc(r.past.read, func(before pastRevision) bool {
		return before.number < number && len(before.config) > 0 && within(leaves(before.config, ""), all)
	})
}

// within says that all of a user's values stand among others.
func within(user, others map[string]any) bool {
	for key, value := range user {
		if !reflect.DeepEqual(value, others[key]) {
			return false
		}
	}
	return true
}

// leftovers are the texts among what a revision keeps as its chart's values
// that hold a secret of a user's: what everybody knows is the chart's own.
func (r *run) leftovers(stored map[string]any, recorded map[string]bool) map[string]any {
	isUsers := func(m snapshot.Masked) bool { return len(m.Published) == 0 && !recorded[m.ID] }
	out, _ := cutDown(r.masker.values(stored), isUsers).(map[string]any)
	return out
}

// withSchema adds the keys that a chart's schema names to those of its values,
// of which an upgrade may have dropped some.
func withSchema(keys []string, schema []byte) []string {
	var named struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(schema) == 0 || json.Unmarshal(schema, &named) != nil {
		return keys
	}
	keys = slices.AppendSeq(keys, maps.Keys(named.Properties))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// withoutUsers are a chart's values without those that the user's replace: an
// upgrade may have put the user's there, and what stands there has no effect.
func withoutUsers(values, user map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for key, value := range values {
		given, set := user[key]
		below, isMap := given.(map[string]any)
		own, areMaps := value.(map[string]any)
		switch {
		case value == nil: // which Helm may drop
		case !set:
			out[key] = value
		case isMap && areMaps:
			if left := withoutUsers(own, below); len(left) > 0 || len(own) == 0 {
				out[key] = left
			}
		}
	}
	return out
}
