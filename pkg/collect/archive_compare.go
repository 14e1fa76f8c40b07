package collect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// holdChart compares a chart as it was read with the archive, subcharts included.
func (g *genuine) holdChart(ch *chart.Chart) *snapshot.Reference {
	ref := g.ref
	compareFiles(&ref, filesOfChart(ch, ""), filesOfChart(g.chart, ""))
	return &ref
}

// holdRecord compares what Helm stored of a release with the archive. Helm
// stores a chart's own files; of subcharts only what they have installed.
func (g *genuine) holdRecord(rec *record, capabilities *chartutil.Capabilities, m *masker) (*snapshot.Reference, error) {
	ref := g.ref
	have, genuine := rec.helmChart(), g.installed(rec.Config)
	if rec.Version > 1 {
		have.Values, genuine.Values = withoutUsers(have.Values, rec.Config), withoutUsers(genuine.Values, rec.Config)
	}
	compareFiles(&ref, filesOfChart(have, ""), filesOfChart(genuine, ""))
	return &ref, g.holdSubcharts(&ref, rec, capabilities, m)
}

// installed is the archive's own chart as Helm stores it after an install: it
// drops disabled dependencies and merges what subcharts export into the values.
func (g *genuine) installed(config map[string]any) *chart.Chart {
	ch := copyChart(g.chart)
	var err error
	quietly(func() { err = chartutil.ProcessDependenciesWithMerge(ch, runtime.DeepCopyJSON(config)) })
	if err != nil {
		ch = copyChart(g.chart)
	}
	ch.SetDependencies()
	return ch
}

// copyChart is a chart that Helm's code may change without changing the first.
func copyChart(ch *chart.Chart) *chart.Chart {
	out := &chart.Chart{Lock: ch.Lock, Templates: ch.Templates, Schema: ch.Schema, Files: ch.Files, Raw: ch.Raw, Values: map[string]any{}}
	if text, err := json.Marshal(ch.Metadata); err == nil {
		_ = json.Unmarshal(text, &out.Metadata)
	}
	if text, err := json.Marshal(ch.Values); err == nil {
		_ = json.Unmarshal(text, &out.Values)
	}
	for _, sub := range ch.Dependencies() {
		out.AddDependency(copyChart(sub))
	}
	return out
}

// filesOfChart are a chart's files by their paths. Chart.yaml and values.yaml
// count by what they say, because Helm stores nothing else of them.
func filesOfChart(ch *chart.Chart, prefix string) map[string][]byte {
	out := map[string][]byte{}
	for _, list := range [][]*chart.File{ch.Templates, ch.Files} {
		for _, file := range list {
			out[prefix+file.Name] = file.Data
		}
	}
	if len(ch.Schema) > 0 {
		out[prefix+"values.schema.json"] = ch.Schema
	}
	for name, said := range map[string]any{"Chart.yaml": ch.Metadata, "values.yaml": ch.Values} {
		if text, err := json.Marshal(said); err == nil && string(text) != "null" && string(text) != "{}" {
			out[prefix+name] = text
		}
	}
	for _, sub := range ch.Dependencies() {
		maps.Copy(out, filesOfChart(sub, prefix+"charts/"+sub.Name()+"/"))
	}
	return out
}

// compareFiles compares files, and names the keys where values differ.
func compareFiles(ref *snapshot.Reference, have, genuine map[string][]byte) {
	compare(ref, have, genuine, bytes.Equal)
	var out []snapshot.Difference
	for _, d := range ref.Differences {
		if d.What != "changed" || path.Base(d.File) != "values.yaml" {
			out = append(out, d)
			continue
		}
		var mine, theirs map[string]any
		if json.Unmarshal(have[d.File], &mine) != nil || json.Unmarshal(genuine[d.File], &theirs) != nil {
			out = append(out, d)
			continue
		}
		keys := &snapshot.Reference{}
		compare(keys, leaves(mine, ""), leaves(theirs, ""), func(a, b any) bool { return reflect.DeepEqual(a, b) })
		for _, key := range keys.Differences {
			out = append(out, snapshot.Difference{File: d.File + ": " + key.File, What: key.What})
		}
	}
	ref.Differences = out
}

// leaves are the values of a map that are no maps, by their keys with dots
// between, but for null: Helm drops it in some versions and keeps it in others,
// so that a map of nothing else is like an empty one.
func leaves(values map[string]any, prefix string) map[string]any {
	out := map[string]any{}
	for key, value := range values {
		if below, isMap := value.(map[string]any); isMap {
			maps.Copy(out, leaves(below, prefix+key+"."))
			continue
		}
		if value != nil {
			out[prefix+key] = value
		}
	}
	return out
}

// compare notes where two sets of things with names differ.
func compare[T any](ref *snapshot.Reference, have, genuine map[string]T, same func(a, b T) bool) {
	names := slices.AppendSeq(slices.Collect(maps.Keys(have)), maps.Keys(genuine))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		mine, inRelease := have[name]
		theirs, inArchive := genuine[name]
		ref.Compared++
		what := ""
		switch {
		case !inArchive:
			what = "added"
		case !inRelease:
			what = "missing"
		case !same(mine, theirs):
			what = "changed"
		default:
			continue
		}
		ref.Differences = append(ref.Differences, snapshot.Difference{File: name, What: what})
	}
}

// holdSubcharts compares what subcharts have installed with what those of the
// archive render with the release's values: names, pods, rights and connections.
// The rest may be made anew at each rendering.
func (g *genuine) holdSubcharts(ref *snapshot.Reference, rec *record, capabilities *chartutil.Capabilities, m *masker) error {
	installed, hooks, err := rec.manifests(m)
	if err != nil {
		return err
	}
	rendered, err := g.renderAs(rec, capabilities, m)
	if err != nil {
		ref.Unread = append(ref.Unread, "Helm stores no subcharts, and those of the archive do not render here: "+err.Error())
		return nil
	}
	compare(ref, essences(slices.Concat(installed, hooks)), essences(rendered), func(a, b any) bool { return reflect.DeepEqual(a, b) })
	return nil
}

// essences are what subcharts have made, by subchart and object.
func essences(objects []snapshot.Object) map[string]any {
	out := map[string]any{}
	for i := range objects {
		o := &objects[i]
		_, below, found := strings.Cut(o.Source, "/charts/")
		if !found {
			continue
		}
		sub, _, _ := strings.Cut(below, "/")
		out[fmt.Sprintf("charts/%s: %s/%s", sub, o.Kind, o.Name)] = essence(*o)
	}
	return out
}

// renderAs renders the archive with a release's name, namespace and values.
func (g *genuine) renderAs(rec *record, capabilities *chartutil.Capabilities, m *masker) (out []snapshot.Object, err error) {
	ch := copyChart(g.chart)
	if err := installable(ch, g.path); err != nil {
		return nil, err
	}
	words, refused := chartWords(ch), refusalOf(ch, nil)
	options := chartutil.ReleaseOptions{Name: rec.Name, Namespace: rec.Namespace, Revision: rec.Version, IsInstall: rec.Version == 1, IsUpgrade: rec.Version > 1}
	var files map[string]string
	quietly(func() { files, err = renderChart(ch, runtime.DeepCopyJSON(rec.Config), options, capabilities) })
	if err != nil {
		return nil, chartError(path.Base(g.path), err, words, refused)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) == "NOTES.txt" || !strings.Contains(name, "/charts/") {
			continue
		}
		objects, err := parseManifests(strings.NewReader(files[name]), name, rec.Namespace, m)
		if err != nil {
			return nil, err
		}
		for i := range objects {
			objects[i].Source = name
		}
		out = append(out, objects...)
	}
	slices.SortStableFunc(out, func(a, b snapshot.Object) int { return cmp.Compare(a.Source, b.Source) })
	return out, nil
}
