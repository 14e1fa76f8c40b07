package collect

import (
	"encoding/json"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// ChartKeys tells which keys a chart's values have, by its own values.yaml and
// schema and those of its subcharts, and what they hold where nobody sets them.
type ChartKeys struct {
	defaults map[string]any
	schemas  []placedSchema
	absent   []string // names of subcharts that are not at hand
}

// placedSchema is a chart's schema and the place of its values.
type placedSchema struct {
	place []string
	root  map[string]any
}

// keysOf reads a chart; absent are its subcharts that it came without.
func keysOf(ch *chart.Chart, absent []string) *ChartKeys {
	k := &ChartKeys{absent: absent}
	k.addSchemas(ch, nil)
	k.defaults = mergeValues(theirDefaults(ch), ownersValues(ch))
	return k
}

// defaultsOf are a chart's own values with those of its subcharts.
func defaultsOf(ch *chart.Chart) map[string]any {
	if defaults, err := chartutil.CoalesceValues(ch, map[string]any{}); err == nil {
		return defaults
	}
	return ch.Values
}

func (k *ChartKeys) addSchemas(ch *chart.Chart, place []string) {
	root := map[string]any{}
	if len(ch.Schema) > 0 && json.Unmarshal(ch.Schema, &root) == nil {
		k.schemas = append(k.schemas, placedSchema{place, root})
	}
	for _, sub := range ch.Dependencies() {
		for _, key := range valueKeys(ch, sub) {
			k.addSchemas(sub, append(slices.Clone(place), key))
		}
	}
}

// Absent says that a path belongs to a subchart that is not at hand.
func (k *ChartKeys) Absent(path []string) bool { return slices.Contains(k.absent, path[0]) }

// Default is what the chart itself sets at a path; nil where nothing.
func (k *ChartKeys) Default(path []string) any {
	value, _ := at(k.defaults, path...)
	return value
}

// Knows says whether the chart has a key: its schema names it, or, where the
// schema leaves that open, its values.yaml holds it or an empty map above it.
func (k *ChartKeys) Knows(path []string) bool {
	if k.Absent(path) {
		return false
	}
	named := false
	for _, s := range k.schemas {
		if len(path) <= len(s.place) || !slices.Equal(path[:len(s.place)], s.place) {
			continue
		}
		switch s.asks(path[len(s.place):]) {
		case refused:
			return false
		case accepted:
			named = true
		}
	}
	return named || k.inDefaults(path)
}

func (k *ChartKeys) inDefaults(path []string) bool {
	var node any = k.defaults
	for i, part := range path {
		level, isMap := node.(map[string]any)
		next, found := level[part]
		switch {
		case found:
			node = next
		case isMap && i > 0 && len(level) == 0:
			return true // a map that the chart leaves to the user
		default:
			return false
		}
	}
	return true
}

// verdict is what a schema says of a key.
type verdict int

const (
	open verdict = iota // neither named nor refused
	accepted
	refused
)

// asks walks a schema down a path. Only what keeps a key out is followed:
// properties, additionalProperties and references inside the schema.
func (s placedSchema) asks(path []string) verdict {
	var node any = s.root
	for _, part := range path {
		level := s.resolved(node)
		properties, _ := level["properties"].(map[string]any)
		if next, found := properties[part]; found {
			node = next
			continue
		}
		switch more := level["additionalProperties"].(type) {
		case bool:
			if !more {
				return refused
			}
			return open
		case map[string]any:
			node = more
		default:
			return open
		}
	}
	return accepted
}

// resolved follows a reference inside the schema, a few times at most.
func (s placedSchema) resolved(node any) map[string]any {
	level, _ := node.(map[string]any)
	const most = 8
	for range most {
		reference, _ := level["$ref"].(string)
		local, found := strings.CutPrefix(reference, "#/")
		if !found {
			break
		}
		target, _ := at(s.root, strings.Split(local, "/")...)
		level, _ = target.(map[string]any)
	}
	return level
}
