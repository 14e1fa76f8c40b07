package render

import (
	"bytes"
	"fmt"
	"io"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

// Version is what this build is.
type Version struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`
	Date       string `json:"date,omitempty"`
	Go         string `json:"go"`
	Platform   string `json:"platform"` // as "linux/amd64"
	// Kubernetes is the newest server version this build knows, Helm the library it renders with.
	Kubernetes string `json:"kubernetes,omitempty"`
	Helm       string `json:"helm,omitempty"`
}

var versionFormats = map[Format]func(*bytes.Buffer, Version, Options) error{
	Table: tableVersion,
	JSON:  asJSON(Version.stamped),
	YAML:  asYAML(Version.stamped),
}

// PrintVersion prints a version: Table, JSON or YAML.
func PrintVersion(w io.Writer, format Format, v Version) error {
	return show(w, format, versionFormats, v, Options{})
}

func (v Version) stamped() Version {
	v.APIVersion, v.Kind = check.APIVersion, "Version"
	return v
}

func tableVersion(b *bytes.Buffer, v Version, _ Options) error {
	for _, line := range [][2]string{
		{"Version", v.Version}, {"Commit", v.Commit}, {"Date", v.Date}, {"Go", v.Go}, {"Platform", v.Platform}, {"Kubernetes", v.Kubernetes}, {"Helm", v.Helm},
	} {
		if line[1] != "" {
			fmt.Fprintf(b, "%-12s%s\n", line[0]+":", line[1])
		}
	}
	return nil
}
