package emit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// The files of a wiring, in the order to read them.
const (
	wiringReadme  = "README.md"
	wiringMoves   = "migrate.sh"
	wiringObjects = "objects.yaml"
	wiringValues  = "values.yaml"
)

var wiringFiles = []string{wiringReadme, wiringMoves, wiringObjects, wiringValues}

// Wiring writes a plan as files: values, objects, the script that moves the
// credentials, and what to do in which order.
func Wiring(m *airflow.Model, p *wire.Plan) (map[string][]byte, error) {
	files := map[string][]byte{wiringMoves: migration(p), wiringReadme: steps(m, p)}
	values := bytes.NewBufferString("# Written by kubectl-airflowsec.\n")
	if err := Values(values, m, p.Changes); err != nil {
		return nil, err
	}
	files[wiringValues] = values.Bytes()
	header := []string{"Written by kubectl-airflowsec.", "Objects for the Airflow release " + about(m), "Apply:   kubectl apply -f FILE"}
	if len(p.Objects) == 0 { // a file of an earlier run must not stay
		header = append(header, "There are no objects to make.")
	}
	var objects []Object
	for _, o := range p.Objects {
		objects = append(objects, Object{Value: o.Value, Comments: []string{o.Why}})
	}
	text, err := streamOf(header, objects)
	if err != nil {
		return nil, err
	}
	files[wiringObjects] = text
	for name, text := range files {
		if len(snapshot.MaskedIn(string(text))) > 0 {
			return nil, errors.New(name + " would hold a text that was masked as a secret")
		}
	}
	return files, nil
}

// WiringArchive is the files as one text, each below a line "-- NAME --": the
// txtar format of Go's own tests.
func WiringArchive(files map[string][]byte) []byte {
	var b bytes.Buffer
	for _, name := range wiringFiles {
		fmt.Fprintf(&b, "-- %s --\n%s", name, files[name])
	}
	return b.Bytes()
}

// migrationHead makes each step safe: a value goes from command to command
// through a pipe, is never an argument, and an empty one is never written.
const migrationHead = `set -euo pipefail

# into runs a command on standard input, and not at all where nothing comes.
into() {
  local first
  IFS= read -r -N 1 first || { echo "nothing was read, so nothing is written" >&2; return 1; }
  { printf %s "$first"; cat; } | "$@" > /dev/null
}

# there says whether a command succeeds, and shows nothing of it.
there() { "$@" > /dev/null 2>&1; }
`

// migration is the script that moves every credential from where it lies in
// the cluster to the secrets manager.
func migration(p *wire.Plan) []byte {
	var b bytes.Buffer
	b.WriteString("#!/usr/bin/env bash\n")
	comment(&b, []string{
		"Moves the credentials of Airflow release " + p.Release + " in namespace " + p.Namespace + " to " + string(p.Options.Backend) + ".",
		"Written by kubectl-airflowsec. It reads from the cluster when it runs, prints no",
		"value, gives none to a command as an argument, and leaves alone what is there already.",
	})
	b.WriteString(migrationHead)
	for _, m := range p.Moves() {
		b.WriteString("\n")
		comment(&b, []string{m.What + ": " + m.From})
		read := shell(m.Read)
		if len(m.Pick) > 0 {
			read += " |\n    " + shell(m.Pick)
		}
		fmt.Fprintf(&b, "if there %s; then\n  echo %s >&2\nelse\n  %s |\n    into %s\n  echo %s >&2\nfi\n",
			shell(m.Exists), shellWord("there already: "+m.To), read, shell(m.Write), shellWord("moved: "+m.To))
	}
	return b.Bytes()
}

// shell writes a command's words for a shell.
func shell(words []string) string {
	var out []string
	for _, w := range words {
		out = append(out, shellWord(w))
	}
	return strings.Join(out, " ")
}

// shellWord is a word as a shell takes it, whatever is in it.
func shellWord(w string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@,%+", r)
	}
	if w != "" && !slices.ContainsFunc([]rune(w), func(r rune) bool { return !plain(r) }) {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
