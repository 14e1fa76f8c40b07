package collect

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// maxRecord bounds a decompressed release, in bytes. The official chart's is
// 2.5 MB; etcd holds no Secret above 1 MiB, and gzip shrinks text at most about
// thousandfold, so without a bound one object could ask for a gigabyte.
const maxRecord = 64 << 20

// record is what is used of a stored release. Helm 4 adds apply_method; the rest is Helm 3's.
type record struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Version   int    `json:"version"`
	Info      struct {
		Status string `json:"status"`
	} `json:"info"`
	Chart struct {
		Metadata  *chart.Metadata `json:"metadata"`
		Lock      *chart.Lock     `json:"lock"`
		Templates []*chart.File   `json:"templates"`
		Values    map[string]any  `json:"values"`
		Schema    []byte          `json:"schema"`
		Files     []*chart.File   `json:"files"` // some charts keep templates among them
	} `json:"chart"`
	Config   map[string]any `json:"config"`
	Manifest string         `json:"manifest"`
	Hooks    []struct {
		Manifest string `json:"manifest"`
	} `json:"hooks"`
	ApplyMethod string `json:"apply_method"`
}

// decode reads the text Helm stores: base64 of gzip of JSON. Releases from
// before Helm compressed them are plain JSON inside the base64. Errors say what
// is wrong and show nothing of the content.
func decode(text, name string, number int) (*record, error) {
	packed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("is not base64")
	}
	content, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	rec := &record{}
	if err := utiljson.Unmarshal(content, rec); err != nil {
		return nil, errors.New("is not a release in JSON")
	}
	switch {
	case rec.Name != name:
		return nil, errors.New("holds a release of another name")
	case rec.Version != number:
		return nil, fmt.Errorf("holds revision %d", rec.Version)
	case rec.Chart.Metadata == nil:
		return nil, errors.New("names no chart")
	}
	return rec, nil
}

func unpack(packed []byte) ([]byte, error) {
	if !bytes.HasPrefix(packed, []byte{0x1f, 0x8b, 0x08}) {
		if start := bytes.TrimSpace(packed); len(start) == 0 || start[0] != '{' {
			return nil, errors.New("is not gzip")
		}
		return packed, nil
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, errors.New("is not gzip")
	}
	content, err := io.ReadAll(io.LimitReader(zip, maxRecord+1))
	switch {
	case len(content) > maxRecord:
		return nil, fmt.Errorf("unpacks to more than %d MiB", maxRecord>>20)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("is truncated")
	case err != nil:
		return nil, errors.New("is damaged")
	}
	return content, nil
}

// helmChart is the chart as Helm's own packages want it. A record holds no
// subcharts: Helm does not store them.
func (r *record) helmChart() *chart.Chart {
	c := r.Chart
	return &chart.Chart{Metadata: c.Metadata, Lock: c.Lock, Templates: c.Templates, Values: c.Values, Schema: c.Schema, Files: c.Files}
}

// isAirflow says whether the record's chart is an Airflow chart, or wraps one.
func (r *record) isAirflow() bool {
	return isAirflowChart(r.Chart.Metadata) || slices.ContainsFunc(r.Chart.Metadata.Dependencies, bringsAirflow)
}

// isAirflowChart knows both charts by their name, and forks by what they name as their source.
func isAirflowChart(meta *chart.Metadata) bool {
	return meta.Name == airflowChart || slices.ContainsFunc(append([]string{meta.Home}, meta.Sources...), isAirflowHome)
}

// bringsAirflow says that a dependency is an Airflow chart: by its name, or,
// because of one under an alias a record keeps the alias alone, by where it is from.
func bringsAirflow(d *chart.Dependency) bool {
	return d != nil && (d.Name == airflowChart || isAirflowHome(d.Repository))
}

func isAirflowHome(address string) bool {
	return slices.ContainsFunc(airflowHomes, func(home string) bool { return strings.Contains(address, home) })
}

// airflowHomes are parts of the addresses that both charts and their forks name
// as their source, and of those they are fetched from.
var airflowHomes = []string{"airflow-helm/charts", "apache/airflow", "airflow.apache.org", "airflow-helm.github.io"}

// manifests are the installed objects and the hooks, masked.
func (r *record) manifests(m *masker) (installed, hooks []snapshot.Object, err error) {
	name := fmt.Sprintf("release %s revision %d", r.Name, r.Version)
	installed, err = parseManifests(strings.NewReader(r.Manifest), name, r.Namespace, m)
	if err != nil {
		return nil, nil, err
	}
	for _, hook := range r.Hooks {
		objects, err := parseManifests(strings.NewReader(hook.Manifest), name, r.Namespace, m)
		if err != nil {
			return nil, nil, err
		}
		for i := range objects {
			objects[i].Origin = snapshot.Hook
		}
		hooks = append(hooks, objects...)
	}
	for _, list := range [][]snapshot.Object{installed, hooks} {
		for i := range list {
			list[i].File, list[i].Line = "", 0
		}
	}
	return installed, hooks, nil
}

// fill moves what the record says into a release.
func (r *record) fill(release *snapshot.Release, m *masker) error {
	installed, hooks, err := r.manifests(m)
	if err != nil {
		return err
	}
	ch := r.helmChart()
	release.Record, release.Revision, release.Status = snapshot.Stored, r.Version, r.Info.Status
	release.ApplyMethod, release.Chart, release.Airflow = r.ApplyMethod, chartOf(ch), r.broughtBy()
	if r.Version > 1 {
		release.Chart.ValueKeys = withSchema(release.Chart.ValueKeys, ch.Schema)
	}
	release.Manifest, release.Hooks = installed, hooks
	release.Unread = unreadValues(ch, r.Config)
	release.Values = m.values(r.Config)
	release.Layers = m.recordLayers(r.Chart.Values, r.Config, release.Values)
	return nil
}
