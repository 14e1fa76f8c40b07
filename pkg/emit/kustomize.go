package emit

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ReleaseFile is the file of the release's manifest that a kustomization
// patches. It may hold secrets: the user puts it there.
const ReleaseFile = "release.yaml"

// Kustomize writes the plan as the files of a kustomization, by name: one
// strategic merge patch for each object of the release's manifest, and new
// objects as resources. Left are the steps that a patch cannot say without a
// text that was masked.
func (f Form) Kustomize() (files map[string][]byte, left []plan.Dropped, err error) {
	objects, err := f.objects(f.manifest()...)
	if err != nil {
		return nil, nil, err
	}
	k := &kustomization{form: f, files: map[string][]byte{}, Resources: []string{ReleaseFile}}
	for _, o := range objects {
		if err := k.add(o); err != nil {
			return nil, nil, err
		}
	}
	return k.files, k.left, k.finish()
}

// manifest is what helm prints of the release: for a stored one its record, else what was read.
func (f Form) manifest() [][]snapshot.Object {
	if f.Snapshot.Release.Record == snapshot.Stored {
		return [][]snapshot.Object{f.Snapshot.Release.Manifest, f.Snapshot.Release.Hooks, f.Snapshot.Objects}
	}
	return [][]snapshot.Object{f.Snapshot.Objects, f.Snapshot.Release.Hooks}
}

// patchPrefix begins the names of files with patches.
const patchPrefix = "patch-"

// writtenBy is the first line of every file, so that a later run knows what it may replace.
const writtenBy = "Written by kubectl airflowsec: generate it again instead of editing it."

// kustomization is the file of that name, and those beside it.
type kustomization struct {
	form  Form
	files map[string][]byte
	left  []plan.Dropped

	Resources []string
	Patches   []patchFile
}

type patchFile struct {
	Path   string         `json:"path"`
	Target map[string]any `json:"target"`
}

func (k *kustomization) add(o object) error {
	value, about := o.put(), append(slices.Clone(k.form.Comments[o.String()]), o.comments()...)
	isNew := o.before == nil || !k.rendered(o.Ref)
	switch {
	case isNew && value != nil:
	case isNew && o.Kind == string(snapshot.Namespace):
		value, _ = change.Sparse(o.Ref, o.changes)
	case isNew:
		for _, s := range o.steps {
			k.left = append(k.left, plan.Dropped{Step: s, Why: "the release's manifest does not hold the object"})
		}
		return nil
	default:
		if value = k.patch(o); value == nil {
			return nil
		}
	}
	if secret(value) {
		return fmt.Errorf("%s: it would hold a text that was masked as a secret", o.Ref)
	}
	name := k.name(o.Ref)
	if isNew {
		k.Resources = append(k.Resources, name)
	} else {
		name = patchPrefix + name
		k.Patches = append(k.Patches, patchFile{Path: name, Target: k.target(o.Ref)})
	}
	var b bytes.Buffer
	if err := single(&b, about, value); err != nil {
		return fmt.Errorf("%s: %w", o.Ref, err)
	}
	k.files[name] = b.Bytes()
	return nil
}

// rendered says that the release's manifest or hooks hold an object.
func (k *kustomization) rendered(ref snapshot.Ref) bool {
	lists := k.form.manifest()
	if k.form.Snapshot.Release.Record == snapshot.Stored {
		lists = lists[:2]
	}
	return slices.ContainsFunc(lists, func(list []snapshot.Object) bool {
		return slices.ContainsFunc(list, func(o snapshot.Object) bool { return o.Same(ref) && (o.Origin != snapshot.Live) })
	})
}

// patch is the strategic merge patch of an object, nil where nothing is left of
// it. It names no namespace, because charts leave theirs to Helm.
func (k *kustomization) patch(o object) map[string]any {
	var merged []change.Change
	for _, c := range o.changes {
		at, _, inText := strings.Cut(c.Path, "#/")
		if inText {
			text, _ := change.Lookup(o.after, at)
			c = change.Change{Target: c.Target, Op: change.Set, Path: at, Value: text}
		}
		if c.Op == change.Remove {
			c.Op, c.Value = change.Set, nil
			if field, value, keyed := change.Keyed(last(c.Path)); keyed {
				c.Value = map[string]any{field: value, "$patch": "delete"}
			}
		}
		if secret(c.Value) {
			k.left = append(k.left, o.dropped(o.origin(at), "the text holds what was masked as a secret: post-render edits the text itself"))
			continue
		}
		merged = append(merged, c)
	}
	ref := o.Ref
	ref.Namespace = ""
	out, unsaid := change.Sparse(ref, merged)
	for _, c := range unsaid {
		k.left = append(k.left, o.dropped(c, "only its place tells the list entry apart"))
	}
	if len(merged) == len(unsaid) {
		return nil
	}
	return out
}

// origin is the change that begins at a path.
func (o object) origin(path string) change.Change {
	for _, c := range o.changes {
		if strings.HasPrefix(c.Path, path) {
			return c
		}
	}
	return change.Change{Target: o.Ref, Path: path}
}

// target picks an object by kind and name; where another namespace has one of
// the same name, by namespace, too. Kustomize reads names as patterns.
func (k *kustomization) target(ref snapshot.Ref) map[string]any {
	_, version, grouped := strings.Cut(ref.APIVersion, "/")
	if !grouped {
		version = ref.APIVersion
	}
	out := map[string]any{"version": version, "kind": ref.Kind, "name": regexp.QuoteMeta(ref.Name)}
	if group := ref.Group(); group != "" {
		out["group"] = group
	}
	if own := k.form.Snapshot.Release.Namespace; ref.Namespace != "" && k.twin(ref) {
		out["namespace"] = regexp.QuoteMeta(ref.Namespace)
		if ref.Namespace == own { // whose objects mostly name none
			out["namespace"] = regexp.QuoteMeta(own) + "|default"
		}
	}
	return out
}

func (k *kustomization) twin(ref snapshot.Ref) bool {
	for _, list := range k.form.manifest() {
		for _, o := range list {
			if o.Kind == ref.Kind && o.Name == ref.Name && o.Namespace != ref.Namespace {
				return true
			}
		}
	}
	return false
}

var unsafe = pattern.New(`[^a-z0-9.-]+`)

// name is a file's name that no object's name can lead elsewhere, each once.
func (k *kustomization) name(ref snapshot.Ref) string {
	base := unsafe.ReplaceAllString(strings.ToLower(ref.Kind+"-"+ref.Name), "-")
	name := base + ".yaml"
	for n := 2; k.files[name] != nil || k.files[patchPrefix+name] != nil; n++ {
		name = base + "-" + strconv.Itoa(n) + ".yaml"
	}
	return name
}

func (k *kustomization) finish() error {
	value := map[string]any{"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": k.Resources}
	if len(k.Patches) > 0 {
		value["patches"] = k.Patches
	}
	var b bytes.Buffer
	err := single(&b, append(slices.Clone(k.form.Header), k.words()...), value)
	k.files["kustomization.yaml"] = b.Bytes()
	return err
}

// words say what the user has to do.
func (k *kustomization) words() []string {
	r := k.form.Snapshot.Release
	source := "helm template " + quoted(r.Name) + " CHART"
	if r.Record == snapshot.Stored {
		source = "helm get manifest " + quoted(r.Name)
	}
	return []string{
		"Before: " + source + " -n " + quoted(r.Namespace) + " > " + ReleaseFile,
		"Build:  kubectl kustomize .",
		"A patch whose object is not in " + ReleaseFile + " changes nothing: write the kustomization again after an upgrade of the chart.",
		"To take it back, remove this directory and apply " + ReleaseFile + " as it is.",
	}
}

func single(b *bytes.Buffer, about []string, value any) error {
	text, err := yaml.Marshal(value)
	comment(b, append([]string{writtenBy}, about...))
	b.Write(text)
	return err
}
