package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// write prints a set in its form, its way back and the summary; all of it is made before any of it is written.
func (o *patchesOptions) write(set *render.PatchSet) error {
	form := o.formOf(set)
	text, files, err := o.compose(form, set)
	if err != nil {
		return err
	}
	if o.rollback != "" {
		if err := o.writeRollback(form); err != nil {
			return err
		}
	}
	if err := render.Proof(o.streams.ErrOut, set); err != nil {
		return err
	}
	if err := writeDirectory(o.directory, files); err != nil {
		return err
	}
	_, err = o.streams.Out.Write(text)
	return err
}

// formOf is a set as it is written down.
func (o *patchesOptions) formOf(set *render.PatchSet) emit.Form {
	return emit.Form{
		Snapshot: set.Model.Snapshot, Plan: set.Plan, Comments: set.Comments, Force: o.force,
		Header: emit.Header(set.Model, made(set), set.Label, set.Stale),
	}
}

// made are the objects that a set adds to the cluster.
func made(set *render.PatchSet) []snapshot.Ref {
	var out []snapshot.Ref
	for _, s := range set.Plan.Steps {
		if s.Op == change.Put {
			out = append(out, s.Target)
		}
	}
	return out
}

// compose is what goes to standard output, or into files.
func (o *patchesOptions) compose(form emit.Form, set *render.PatchSet) (text []byte, files map[string][]byte, err error) {
	switch o.format {
	case render.Apply:
		text, _, err = form.Stream()
	case jsonPatchForm:
		text, _, err = form.JSONPatch()
	case kustomizeForm:
		files, _, err = form.Kustomize()
	default:
		var b bytes.Buffer
		err = render.Patches(&b, o.format, set)
		text = b.Bytes()
	}
	return text, files, err
}

// unheld are the steps that a form turns out not to hold.
func unheld(format render.Format, form emit.Form) (left []plan.Dropped, err error) {
	switch format {
	case jsonPatchForm:
		_, left, err = form.JSONPatch()
	case kustomizeForm:
		_, left, err = form.Kustomize()
	default:
		_, left, err = form.Objects()
	}
	return left, err
}

// writeRollback writes what restores the fields as they are now.
func (o *patchesOptions) writeRollback(form emit.Form) error {
	make := form.StreamRollback
	if o.format == jsonPatchForm {
		make = form.JSONPatchRollback
	}
	text, left, err := make()
	if err != nil {
		return err
	}
	for _, d := range left {
		fmt.Fprintf(o.streams.ErrOut, "Not in the rollback: %s %s: %s\n", d.Target, d.Path, d.Why)
	}
	return replaceFile(o.rollback, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// mark is in every file that the directory's owner did not write.
const mark = "airflowsec"

// writeDirectory writes files all or none; a file that somebody else wrote is never replaced.
func writeDirectory(dir string, files map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		old, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !bytes.Contains(old, []byte(mark)) {
			return fmt.Errorf("%s is there already and is not of an earlier run: name another directory", filepath.Join(dir, name))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if len(files) > 0 {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := replaceFile(filepath.Join(dir, name), func(w io.Writer) error { _, err := w.Write(files[name]); return err }); err != nil {
			return err
		}
	}
	return nil
}
