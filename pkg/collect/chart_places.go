package collect

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// userGave is what the user gave, merged, and where each of it stands.
type userGave struct {
	values   map[string]any
	places   map[string]snapshot.Place
	replaced []snapshot.Replaced
	// files are the values before an overlay that nobody has given yet, and
	// layers what they were merged from.
	files  map[string]any
	layers []valuesLayer
}

// say tells a release what is known of its values beyond themselves.
func (g *userGave) say(r *snapshot.Release, reference *snapshot.Reference) {
	r.Places, r.Replaced, r.Reference = g.sorted(), g.replaced, reference
}

// over lays what a user gave over what an umbrella's owner says.
func (g *userGave) over(owner *userGave) *userGave {
	out := &userGave{
		values: owner.values, places: maps.Clone(owner.places),
		replaced: slices.Concat(owner.replaced, g.replaced), layers: slices.Concat(owner.layers, g.layers),
		files: mergeValues(owner.values, g.files),
	}
	out.add(g.values, g.places)
	return out
}

// add lays further values over those so far, as Helm does: maps are merged, all
// else is replaced, and with it what is known of the places below.
func (g *userGave) add(values map[string]any, places map[string]snapshot.Place) {
	g.replace("", g.values, values)
	maps.Copy(g.places, places)
	g.values = mergeValues(g.values, values)
}

func (g *userGave) replace(pointer string, before, after map[string]any) {
	for key, value := range after {
		at := pointer + "/" + snapshot.EscapePointer(key)
		above, isMap := value.(map[string]any)
		below, wasMap := before[key].(map[string]any)
		if isMap && wasMap {
			g.replace(at, below, above)
			continue
		}
		maps.DeleteFunc(g.places, func(known string, _ snapshot.Place) bool { return strings.HasPrefix(known, at+"/") })
	}
}

// sorted are the places in the order a snapshot keeps them in.
func (g *userGave) sorted() []snapshot.Place {
	out := slices.AppendSeq(make([]snapshot.Place, 0, len(g.places)), maps.Values(g.places))
	slices.SortFunc(out, func(a, b snapshot.Place) int { return cmp.Compare(a.Path, b.Path) })
	return out
}

// placesIn are the lines of all keys and entries of a values file. What an
// alias brings in has the place of the alias.
func placesIn(root *yaml.Node, file string, before int) map[string]snapshot.Place {
	out := map[string]snapshot.Place{}
	var walk func(pointer string, n *yaml.Node)
	note := func(pointer string, key, n *yaml.Node) {
		out[pointer] = snapshot.Place{Path: pointer, File: file, Line: before + key.Line}
		walk(pointer, n)
	}
	walk = func(pointer string, n *yaml.Node) {
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				if key := n.Content[i]; key.Kind == yaml.ScalarNode && key.Value != "<<" {
					note(pointer+"/"+snapshot.EscapePointer(key.Value), key, n.Content[i+1])
				}
			}
		case yaml.SequenceNode:
			for i, entry := range n.Content {
				note(pointer+"/"+strconv.Itoa(i), entry, entry)
			}
		}
	}
	if root != nil {
		walk("", root)
	}
	return out
}

// placesOnCommandLine mark values that stand in no file.
func placesOnCommandLine(values map[string]any) map[string]snapshot.Place {
	out := map[string]snapshot.Place{}
	var walk func(pointer string, values map[string]any)
	walk = func(pointer string, values map[string]any) {
		for key, value := range values {
			at := pointer + "/" + snapshot.EscapePointer(key)
			if below, isMap := value.(map[string]any); isMap {
				walk(at, below)
				continue
			}
			out[at] = snapshot.Place{Path: at}
		}
	}
	walk("", values)
	return out
}
