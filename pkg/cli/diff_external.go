package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
)

// externalDiff is the program that KUBECTL_EXTERNAL_DIFF names and its
// arguments, taken apart as kubectl does it: at blanks, and of the arguments
// only those made of letters, digits, dashes and equals signs. Nil where it names none.
func externalDiff() []string {
	setting := os.Getenv("KUBECTL_EXTERNAL_DIFF")
	if setting == "" {
		return nil
	}
	words := strings.Split(setting, " ")
	out := words[:1]
	for _, word := range words[1:] {
		if word != "" && strings.Trim(word, externalDiffCharacters) == "" {
			out = append(out, word)
		}
	}
	return out
}

const externalDiffCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-="

// showWith has a program show the differences: it is called with a directory for
// each side and then its own arguments. Its exit code decides: 0 no difference, 1
// differences, anything else an error.
func (o *diffOptions) showWith(ctx context.Context, d *diff.Diff) (differs bool, err error) {
	live, err := writeSide("LIVE", d.Objects, func(object diff.Object) string { return object.Before })
	defer os.RemoveAll(live)
	if err != nil {
		return false, err
	}
	merged, err := writeSide("MERGED", d.Objects, func(object diff.Object) string { return object.After })
	defer os.RemoveAll(merged)
	if err != nil {
		return false, err
	}
	cmd := exec.CommandContext(ctx, o.external[0], append([]string{live, merged}, o.external[1:]...)...)
	cmd.Stdout, cmd.Stderr = o.streams.Out, o.streams.ErrOut
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return true, nil
	}
	return false, fmt.Errorf("KUBECTL_EXTERNAL_DIFF: %s: %w", o.external[0], err)
}

// writeSide writes one file for each object into a new directory. The directory
// is there to be removed even where a file cannot be written.
func writeSide(name string, objects []diff.Object, text func(diff.Object) string) (string, error) {
	dir, err := os.MkdirTemp("", name+"-")
	if err != nil {
		return "", errors.New("no temporary directory can be made for KUBECTL_EXTERNAL_DIFF")
	}
	for _, object := range objects {
		if err := writeNew(filepath.Join(dir, sideFile(object)), text(object)); err != nil {
			return dir, fmt.Errorf("no temporary file can be written for %s", object.Ref)
		}
	}
	return dir, nil
}

// writeNew writes a file that nobody else can read, and that was not there.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// sideFile is an object's file as kubectl names it: group, version, kind,
// namespace and name. Names from files may hold anything, so what leads elsewhere is replaced.
func sideFile(o diff.Object) string {
	version := strings.TrimPrefix(o.APIVersion, o.Group()+"/")
	name := strings.Join([]string{version, o.Kind, o.Namespace, o.Name}, ".")
	if o.Group() != "" {
		name = o.Group() + "." + name
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\`, r) {
			return '_'
		}
		return r
	}, name)
}
