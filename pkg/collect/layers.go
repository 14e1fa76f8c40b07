package collect

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// valuesLayer is one of the files that values are merged from, as it was read.
type valuesLayer struct {
	file   string
	values map[string]any
	places func() map[string]snapshot.Place
}

// ownLayer is what a chart's own values.yaml says: a copy in somebody's
// repository may hold what no published chart does.
func (c Chart) ownLayer(ch *chart.Chart) valuesLayer {
	if file, isDir := c.valuesFile(); isDir && airflowBelow(ch) == nil {
		return valuesLayer{file, ch.Values, func() map[string]snapshot.Place { return placesOfFile(file) }}
	}
	return valuesLayer{c.Path, theirDefaults(ch), nowhere}
}

// valuesFile is the values.yaml of a chart's directory, or else the archive that it is in.
func (c Chart) valuesFile() (name string, isDir bool) {
	name = filepath.Join(c.Path, "values.yaml")
	if info, err := os.Stat(name); err != nil || info.IsDir() {
		return c.Path, false
	}
	return name, true
}

// nowhere is for values of which nothing tells where they stand.
func nowhere() map[string]snapshot.Place { return nil }

// placesOfFile are the places in a file that Helm has read; none where it is read otherwise here.
func placesOfFile(name string) map[string]snapshot.Place {
	read, err := readValues(name)
	if err != nil {
		return nil
	}
	return read.places
}

// layers are what files still hold of secrets that the values have no more, for
// a later file may replace a password, and it stays where it was written; and
// what the chart says that nobody else would. Masked are the values that count.
func (m *masker) layers(said *userGave, masked map[string]any, own valuesLayer) []snapshot.Layer {
	counts := idsIn(masked)
	var out []snapshot.Layer
	add := func(from valuesLayer, masked map[string]any, ofChart bool, keep func(name, text string) bool) {
		if cut, _ := cutTo(masked, "", keep).(map[string]any); cut != nil {
			out = append(out, snapshot.Layer{File: from.file, Chart: ofChart, Values: cut, Places: placesOfTexts(cut, from.places())})
		}
	}
	for _, each := range said.layers {
		add(each, m.values(each.values), false, credentialOf(func(m snapshot.Masked) bool { return !counts[m.ID] }))
	}
	theirs := m.values(own.values)
	isOwn := func(m snapshot.Masked) bool { return len(m.Published) == 0 && !counts[m.ID] }
	if cutTo(theirs, "", credentialOf(isOwn)) == nil {
		return out // as it is with both charts
	}
	inUse := idsIn(m.values(withoutUsers(own.values, said.files)))
	add(own, theirs, false, credentialOf(func(m snapshot.Masked) bool { return isOwn(m) && !inUse[m.ID] }))
	add(own, theirs, true, credentialOf(func(m snapshot.Masked) bool { return isOwn(m) && inUse[m.ID] }))
	return out
}

// recordLayers are what a record's chart says that nobody else would.
func (m *masker) recordLayers(own, user, masked map[string]any) []snapshot.Layer {
	return m.layers(&userGave{files: user}, masked, valuesLayer{"", own, nowhere})
}

// credentialOf says of a text whether it holds one that is asked for and is a
// secret, as far as its name and its looks tell.
func credentialOf(is func(m snapshot.Masked) bool) func(name, text string) bool {
	return func(name, text string) bool {
		scent := secret.Likely // in a longer text the name may stand anywhere
		if _, whole := snapshot.ParseMasked(text); whole {
			scent = secret.Named(name)
		} else if name == "command" || name == "args" || strings.Contains(text, "{{") {
			scent = secret.Weak // charts write code there
		}
		return holds(text, func(m snapshot.Masked) bool { return (m.Fernet || secret.Judge(scent, m.Shapes)) && is(m) })
	}
}

// placesOfTexts are the places of the texts below a node, sorted.
func placesOfTexts(node any, places map[string]snapshot.Place) []snapshot.Place {
	var out []snapshot.Place
	eachText(node, "", func(pointer, _ string) {
		for pointer != "" {
			if at, found := places[pointer]; found {
				out = append(out, at)
				return
			}
			pointer = pointer[:strings.LastIndexByte(pointer, '/')]
		}
	})
	slices.SortFunc(out, func(a, b snapshot.Place) int { return cmp.Compare(a.Path, b.Path) })
	return slices.Compact(out)
}
