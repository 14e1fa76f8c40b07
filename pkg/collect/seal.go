package collect

import (
	"maps"
	"slices"
	"strconv"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// seal is the last step of every collection: it sorts the snapshot and
// replaces keyed digests by small numbers in order of first appearance, so
// that equal input gives equal bytes and no digest is left to guess from.
func (m *masker) seal(s *snapshot.Snapshot) {
	s.Sort()
	n := numbering{}
	if values, ok := n.walk(s.Release.Values).(map[string]any); ok {
		s.Release.Values = values
	}
	for _, list := range [][]snapshot.Object{s.Release.Manifest, s.Release.Hooks, s.Objects, s.Around} {
		for i := range list {
			n.walk(list[i].Content)
			for j := range list[i].Managers {
				list[i].Managers[j].Name = snapshot.Renumber(list[i].Managers[j].Name, n.id)
			}
		}
	}
	for _, layer := range s.Release.Layers {
		n.walk(layer.Values)
	}
	for _, past := range s.Release.Past {
		n.walk(past.Values)
		n.walk(past.Left)
		for i := range past.Kept {
			past.Kept[i].Text = snapshot.Renumber(past.Kept[i].Text, n.id)
		}
	}
}

// numbering gives each digest its number.
type numbering map[string]string

func (n numbering) id(digest string) string {
	number, known := n[digest]
	if !known {
		number = strconv.Itoa(len(n) + 1)
		n[digest] = number
	}
	return number
}

func (n numbering) walk(node any) any {
	switch at := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(at)) {
			at[key] = n.walk(at[key])
		}
	case []any:
		for i := range at {
			at[i] = n.walk(at[i])
		}
	case string:
		return snapshot.Renumber(at, n.id)
	}
	return node
}
