package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
)

// Shell is the format of commands for a person: a shell script with its explanation as comments.
const Shell Format = "shell"

// Rotation prints how a key is replaced.
func Rotation(w io.Writer, format Format, p *rotation.Plan) error {
	return show(w, format, rotationFormats, p, Options{})
}

var rotationFormats = map[Format]func(*bytes.Buffer, *rotation.Plan, Options) error{
	Shell: shellRotation,
	JSON:  asJSON(rotationOf),
	YAML:  asYAML(rotationOf),
}

type rotationDocument struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Release    patchRelease   `json:"release"`
	Chart      string         `json:"chart"`
	Airflow    string         `json:"airflow,omitempty"`
	Executors  []string       `json:"executors,omitempty"`
	Key        rotation.Key   `json:"key"`
	Title      string         `json:"title"`
	Secrets    []string       `json:"secrets"`
	Restart    []string       `json:"restart"`
	Notices    []string       `json:"notices"`
	Warnings   []string       `json:"warnings"`
	Steps      []rotationStep `json:"steps"`
}

type rotationStep struct {
	Title string `json:"title"`
	Why   string `json:"why"`
	// Commands are for a POSIX shell; a step without any is done by hand.
	Commands []string `json:"commands"`
}

func rotationOf(p *rotation.Plan) rotationDocument {
	doc := rotationDocument{
		APIVersion: check.APIVersion, Kind: "Rotation", Release: patchRelease{p.Release, p.Namespace},
		Chart: p.Chart, Airflow: p.Airflow, Executors: p.Executors, Key: p.Key, Title: p.Title,
		Secrets: append([]string{}, p.Secrets...), Restart: append([]string{}, p.Restart...),
		Notices: append([]string{}, p.Notices...), Warnings: append([]string{}, p.Warnings...), Steps: []rotationStep{},
	}
	for _, s := range p.Steps {
		doc.Steps = append(doc.Steps, rotationStep{s.Title, s.Why, append([]string{}, s.Commands...)})
	}
	return doc
}

func shellRotation(b *bytes.Buffer, p *rotation.Plan, _ Options) error {
	fmt.Fprintf(b, "#!/bin/sh\n# How to replace %s of release %s in namespace %s.\n", plain(p.Title), plain(p.Release), plain(p.Namespace))
	about := []string{"chart " + p.Chart}
	if p.Airflow != "" {
		about = append(about, "Airflow "+p.Airflow)
	}
	fmt.Fprintf(b, "# %s.\n", plain(strings.Join(append(about, p.Executors...), ", ")))
	fmt.Fprintf(b, "# It stands in Secret %s.\n", plain(strings.Join(p.Secrets, " and ")))
	if len(p.Restart) > 0 {
		fmt.Fprintf(b, "# These restart: %s.\n", plain(strings.Join(p.Restart, ", ")))
	}
	comments(b, "What people notice:", p.Notices)
	comments(b, "Mind:", p.Warnings)
	b.WriteString("#\n# Do one step after the other, each only when the one before has ended without an\n" +
		"# error; or run this file, which stops at the first error. No command prints a new\n" +
		"# value or gives it to a program as an argument.\nset -eu\n")
	for i, s := range p.Steps {
		fmt.Fprintf(b, "\n# %d. %s\n", i+1, plain(s.Title))
		fmt.Fprintf(b, "# %s\n", strings.Join(wrap(plain(s.Why), 78), "\n# "))
		for _, c := range s.Commands {
			b.WriteString(c + "\n")
		}
		if len(s.Commands) == 0 {
			b.WriteString("printf 'Done? Press Enter. '; read -r _\n")
		}
	}
	return nil
}

func comments(b *bytes.Buffer, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "#\n# %s\n", title)
	for _, text := range list {
		fmt.Fprintf(b, "# - %s\n", strings.Join(wrap(plain(text), 76), "\n#   "))
	}
}
