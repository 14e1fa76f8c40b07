package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Chart is what to render when the source is a chart.
type Chart struct {
	Path       string   // a directory or a .tgz
	ValueFiles []string // as helm's --values, in order
	Set        []string // as helm's --set
	SetString  []string // as helm's --set-string
	SetFile    []string // as helm's --set-file
	SetJSON    []string // as helm's --set-json
	// Overlay is laid over all of them: values that nobody has given yet.
	Overlay     map[string]any
	Release     string // empty means "release-name", as in helm template
	Namespace   string // empty means "default"
	KubeVersion string // as "1.36"; empty means the newest this build knows
	// Held is an archive to hold the chart against; none where its path is empty.
	Held     Archive
	CacheDir string // where masked results are kept; empty: nowhere
	// Progress is told what takes long; nil tells nobody.
	Progress func(string)
	Now      time.Time // the time of reading; zero means the clock's
}

// newestKubernetes is the version charts are rendered for where none is given.
const newestKubernetes = "1.36"

// FromChart renders a chart in process, as helm template does, hooks and CRDs
// included. Its errors name files, lines and keys; they hold no value the user supplied.
func FromChart(ctx context.Context, c Chart) (*snapshot.Snapshot, error) {
	c.Release, c.Namespace = cmp.Or(c.Release, "release-name"), cmp.Or(c.Namespace, "default")
	full, major, minor, err := kubeVersion(c.kubernetes())
	if err != nil {
		return nil, err
	}
	var ch *chart.Chart
	var reference *snapshot.Reference
	quietly(func() { ch, reference, err = c.load() })
	if err != nil {
		return nil, err
	}
	gave, err := c.userValues()
	if err != nil {
		return nil, err
	}
	user := gave.values
	gave = gave.over(c.givenByOwner(ch))
	cache := newCache(c, ch, gave, full)
	if s := cache.read(c.Now); s != nil {
		gave.say(&s.Release, reference) // none of it is part of the key
		return s, nil
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: full, Major: major, Minor: minor}
	s, err := c.render(ctx, ch, user, gave, capabilities)
	if err != nil {
		return nil, err
	}
	cache.write(s)
	gave.say(&s.Release, reference)
	return s, nil
}

// load reads the chart and says how it compares with the archive it is held against; nil without one.
func (c Chart) load() (*chart.Chart, *snapshot.Reference, error) {
	if !c.Held.given() {
		ch, err := loadChart(c.Path)
		return ch, nil, err
	}
	archive, err := c.Held.open()
	if err != nil {
		return nil, nil, err
	}
	ch, err := readChart(c.Path)
	if err != nil {
		return nil, nil, err
	}
	ref := archive.holdChart(ch) // as it was read, before anything is dropped
	return ch, ref, installable(ch, c.Path)
}

// kubernetes is the version to render for.
func (c Chart) kubernetes() string { return cmp.Or(c.KubeVersion, newestKubernetes) }

func (c Chart) say(text string) {
	if c.Progress != nil {
		c.Progress(text)
	}
}

// render turns a chart and values into a snapshot; said are the user's values over an umbrella's own.
func (c Chart) render(ctx context.Context, ch *chart.Chart, user map[string]any, said *userGave, capabilities *chartutil.Capabilities) (*snapshot.Snapshot, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	s := newSnapshot(snapshot.FromChart, c.Release, c.Namespace, c.Now)
	if c.KubeVersion != "" {
		s.ServerVersion = capabilities.KubeVersion.Version
	}
	s.Release.Chart, s.Release.Airflow = chartOf(ch), broughtBy(ch)
	s.Release.Unread, s.Release.AsChart = unreadValues(ch, said.values), asChart(ch, said.values)
	own := c.ownLayer(ch) // rendering puts others in the place of the chart's values
	c.say(fmt.Sprintf("Rendering chart %s %s", ch.Metadata.Name, ch.Metadata.Version))
	words, refused := chartWords(ch), refusalOf(ch, said)
	var files map[string]string
	options := chartutil.ReleaseOptions{Name: c.Release, Namespace: c.Namespace, Revision: 1, IsInstall: true}
	quietly(func() { files, err = renderChart(ch, user, options, capabilities) })
	if err != nil {
		return nil, chartError(c.Path, err, words, refused)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.Objects, err = c.objects(ch, files, m)
	if err != nil {
		return nil, err
	}
	if len(s.Objects) == 0 {
		return nil, &inputError{file: c.Path, problem: "renders no Kubernetes objects"}
	}
	s.Release.Values = m.values(said.values)
	s.Release.Layers = m.layers(said, m.values(said.files), own)
	s.Coverage = offlineCoverage(s)
	m.seal(s)
	return s, nil
}

// objects are what the rendered templates hold, and the CRDs.
func (c Chart) objects(ch *chart.Chart, files map[string]string, m *masker) ([]snapshot.Object, error) {
	for _, crd := range ch.CRDObjects() {
		files[crd.Filename] = string(crd.File.Data)
	}
	var out []snapshot.Object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) == "NOTES.txt" {
			continue
		}
		objects, err := parseManifests(strings.NewReader(files[name]), name, c.Namespace, m)
		if err != nil {
			return nil, fmt.Errorf("%s does not render: %w", c.Path, err)
		}
		for i := range objects {
			objects[i].Source = name
			objects[i].File, objects[i].Line = "", 0
		}
		out = append(out, objects...)
	}
	return out, nil
}

func renderChart(ch *chart.Chart, user map[string]any, options chartutil.ReleaseOptions, capabilities *chartutil.Capabilities) (map[string]string, error) {
	values, err := renderValues(ch, user, options, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(ch, values)
}

// renderPart renders what is left of a chart after a cut, with the values that the whole would see.
func renderPart(ch *chart.Chart, user map[string]any, options chartutil.ReleaseOptions, capabilities *chartutil.Capabilities, cut func(*chart.Chart)) (map[string]string, error) {
	values, err := renderValues(ch, user, options, capabilities)
	if err != nil {
		return nil, err
	}
	cut(ch)
	return engine.Render(ch, values)
}

func renderValues(ch *chart.Chart, user map[string]any, options chartutil.ReleaseOptions, capabilities *chartutil.Capabilities) (chartutil.Values, error) {
	if err := chartutil.ProcessDependenciesWithMerge(ch, user); err != nil {
		return nil, err
	}
	return chartutil.ToRenderValues(ch, user, options, capabilities)
}

// loadChart reads a chart and refuses what Helm would not install.
func loadChart(path string) (*chart.Chart, error) {
	ch, err := readChart(path)
	if err != nil {
		return nil, err
	}
	return ch, installable(ch, path)
}

func readChart(path string) (*chart.Chart, error) {
	ch, err := loader.Load(path)
	if err != nil {
		return nil, &inputError{file: path, problem: loadProblem(path, err)}
	}
	return ch, nil
}

// installable refuses what Helm would not install, and drops what would be fetched.
func installable(ch *chart.Chart, path string) error {
	if ch.Metadata.Type == "library" {
		return &inputError{file: path, problem: "is a library chart: it renders nothing by itself"}
	}
	if missing := missingCharts(ch); len(missing) > 0 {
		return &inputError{file: path, problem: fmt.Sprintf("needs the charts %s, which its charts/ directory does not hold: run helm dependency build", strings.Join(missing, ", "))}
	}
	dropRemoteSchemas(ch)
	return nil
}

// missingCharts are the dependencies Chart.yaml names and nobody has fetched.
func missingCharts(ch *chart.Chart) []string {
	var missing []string
	for _, wanted := range ch.Metadata.Dependencies {
		if wanted != nil && !slices.ContainsFunc(ch.Dependencies(), func(have *chart.Chart) bool { return have.Name() == wanted.Name }) {
			missing = append(missing, wanted.Name)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// loadProblem says why a chart could not be loaded, in words that hold nothing of its files.
func loadProblem(path string, err error) string {
	var known *inputError
	if _, statErr := os.Stat(path); statErr != nil && errors.As(unreadable(path, statErr), &known) {
		return known.problem
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "Chart.yaml file is missing"):
		return "holds no Chart.yaml, so it is no Helm chart"
	case strings.Contains(text, "values.yaml"):
		return "holds a values.yaml that is not valid YAML"
	case strings.Contains(text, "Chart.yaml"):
		return "holds a Chart.yaml that is not valid"
	case strings.Contains(text, "gzip"), strings.Contains(text, "archive"), strings.Contains(text, "tar"):
		return "is neither a chart's directory nor its .tgz archive"
	}
	return "is not a Helm chart that can be loaded"
}

// chartOf is what Chart.yaml says, with the names of the chart's own values.
func chartOf(ch *chart.Chart) snapshot.Chart {
	out := snapshot.Chart{ValueKeys: slices.Sorted(maps.Keys(ch.Values))}
	if meta := ch.Metadata; meta != nil {
		out.Name, out.Version, out.AppVersion = meta.Name, meta.Version, meta.AppVersion
		out.Description, out.Home, out.Sources = meta.Description, meta.Home, slices.Clone(meta.Sources)
	}
	return out
}

// quietly runs f while the standard logger says nothing: Helm's library writes
// warnings there that show values.
func quietly(f func()) {
	before := log.Writer()
	log.SetOutput(io.Discard)
	defer log.SetOutput(before)
	f()
}
