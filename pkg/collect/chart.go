package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

// Chart is what to render when the source is a chart.
type Chart struct {
	Path        string   // a directory or a .tgz
	ValueFiles  []string // as helm's --values, in order
	Set         []string // as helm's --set
	SetString   []string // as helm's --set-string
	SetFile     []string // as helm's --set-file
	SetJSON     []string // as helm's --set-json
	Release     string
	Namespace   string
	KubeVersion string // as "1.36"; empty means the newest this build knows
	CacheDir    string // empty: no cache
	// Progress is told what takes long; nil tells nobody.
	Progress func(string)
	Now      time.Time
}

// FromChart renders a chart in process, as helm template does.
func FromChart(_ context.Context, c Chart) (*snapshot.Snapshot, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	ch, err := loader.Load(c.Path)
	if err != nil {
		return nil, fmt.Errorf("%s is not a Helm chart", c.Path)
	}
	user := map[string]any{}
	for _, path := range c.ValueFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read", path)
		}
		next := map[string]any{}
		if yaml.Unmarshal(text, &next) != nil {
			return nil, errors.New(path + " is not YAML")
		}
		user = chartutil.MergeTables(next, user)
	}
	if err := chartutil.ProcessDependenciesWithMerge(ch, user); err != nil {
		return nil, errors.New("the chart's dependencies cannot be resolved")
	}
	values, err := chartutil.ToRenderValues(ch, user, chartutil.ReleaseOptions{Name: c.Release, Namespace: c.Namespace, Revision: 1, IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, errors.New("the values do not fit the chart")
	}
	files, err := engine.Render(ch, values)
	if err != nil {
		return nil, errors.New("the chart does not render")
	}
	s := &snapshot.Snapshot{
		APIVersion: snapshot.Version, Kind: "Snapshot", TakenAt: c.Now.UTC(), ServerVersion: c.KubeVersion,
		Release: snapshot.Release{Name: c.Release, Namespace: c.Namespace, Record: snapshot.FromChart, Chart: chartOf(ch)},
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasSuffix(name, "NOTES.txt") {
			continue
		}
		objects, err := parseManifests(bytes.NewBufferString(files[name]), name, c.Namespace, m)
		if err != nil {
			return nil, err
		}
		for i := range objects {
			objects[i].File, objects[i].Source = "", name
		}
		s.Objects = append(s.Objects, objects...)
	}
	s.Release.Unread = unreadValues(ch, user)
	s.Release.Values = m.values(user)
	s.Coverage = offlineCoverage(s)
	m.seal(s)
	return s, nil
}

// chartOf is what Chart.yaml says.
func chartOf(ch *chart.Chart) snapshot.Chart {
	out := snapshot.Chart{ValueKeys: slices.Sorted(maps.Keys(ch.Values))}
	if meta := ch.Metadata; meta != nil {
		out.Name, out.Version, out.AppVersion = meta.Name, meta.Version, meta.AppVersion
		out.Description, out.Home, out.Sources = meta.Description, meta.Home, meta.Sources
	}
	return out
}
