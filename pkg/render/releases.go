package render

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
)

// Release is one line of `list`.
type Release struct {
	Namespace      string `json:"namespace"`
	Name           string `json:"name"`
	Revision       int    `json:"revision,omitempty"` // 0 where no record was read
	Status         string `json:"status,omitempty"`   // Helm's word
	Chart          string `json:"chart,omitempty"`
	ChartVersion   string `json:"chartVersion,omitempty"`
	Dialect        string `json:"dialect"`
	AirflowVersion string `json:"airflowVersion,omitempty"`
	Executor       string `json:"executor,omitempty"`
	// Support is the verdict on the release: supported, or why not, in a few words.
	Support string `json:"support,omitempty"`
}

var releasesFormats = map[Format]func(*bytes.Buffer, []Release, Options) error{
	Table: tableReleases, Wide: wideReleases,
	JSON: func(b *bytes.Buffer, all []Release, _ Options) error {
		return writeJSON(b, newList("ReleaseList", all))
	},
	YAML: func(b *bytes.Buffer, all []Release, _ Options) error {
		return writeYAML(b, newList("ReleaseList", all))
	},
}

// Releases prints a list of releases in the order given: Table, Wide, JSON or YAML.
func Releases(w io.Writer, format Format, all []Release, o Options) error {
	return show(w, format, releasesFormats, all, o)
}

func tableReleases(b *bytes.Buffer, all []Release, o Options) error {
	g := grid{head: []string{"NAMESPACE", "NAME", "CHART", "DIALECT", "AIRFLOW", "EXECUTOR", "SUPPORT"}}
	for _, r := range all {
		g.add(r.Namespace, r.Name, chartText(r), r.Dialect,
			orUnknown(r.AirflowVersion), orUnknown(r.Executor), orUnknown(r.Support))
	}
	return g.print(b, o)
}

func wideReleases(b *bytes.Buffer, all []Release, o Options) error {
	g := grid{head: []string{"NAMESPACE", "NAME", "REVISION", "STATUS", "CHART", "DIALECT", "AIRFLOW", "EXECUTOR", "SUPPORT"}}
	for _, r := range all {
		revision := "-"
		if r.Revision > 0 {
			revision = fmt.Sprint(r.Revision)
		}
		g.add(r.Namespace, r.Name, revision, orUnknown(r.Status), chartText(r), r.Dialect,
			orUnknown(r.AirflowVersion), orUnknown(r.Executor), orUnknown(r.Support))
	}
	return g.print(b, o)
}

// chartText is "name-version", as helm list prints it.
func chartText(r Release) string {
	if r.ChartVersion == "" {
		return orUnknown(r.Chart)
	}
	return orUnknown(r.Chart) + "-" + r.ChartVersion
}

func orUnknown(text string) string { return cmp.Or(text, "unknown") }
