package collect

import (
	"maps"
	"reflect"
	"slices"

	"helm.sh/helm/v3/pkg/chart"
)

// asChart are the paths of a user's values that say what the chart says by
// itself, sorted, and of several below one another the topmost: many a values
// file is a copy of the chart's with a few lines changed.
func asChart(ch *chart.Chart, user map[string]any) []string {
	if len(user) == 0 || ch == nil || ch.Metadata == nil {
		return nil
	}
	return sameValues(user, theirDefaults(ch), "", nil)
}

func sameValues(user, own map[string]any, path string, out []string) []string {
	for _, key := range slices.Sorted(maps.Keys(user)) {
		value, has := own[key]
		if !has {
			continue
		}
		here := joinPath(path, key)
		if reflect.DeepEqual(user[key], value) {
			out = append(out, here)
			continue
		}
		given, isMap := user[key].(map[string]any)
		if below, areMaps := value.(map[string]any); isMap && areMaps {
			out = sameValues(given, below, here, out)
		}
	}
	return out
}
