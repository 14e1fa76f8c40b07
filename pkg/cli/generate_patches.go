package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// patchesFlags are the words of generate patches, as typed.
type patchesFlags struct {
	source     sourceFlags
	profile    string
	output     string
	directory  string
	only       []string
	needs      string
	pruneLabel string
	rollback   string
	verify     string
	liveOnly   bool
	quiet      bool
}

// patchesOptions are what generate patches does, with no word left to interpret.
type patchesOptions struct {
	source    source
	wish      planWish
	format    render.Format
	directory string
	rollback  string
	force     bool // take fields from their owners
	rehearse  func(context.Context, *render.PatchSet, bool) ([]snapshot.Admission, error)
	streams   Streams
}

// The forms of patches beside those that render has.
const (
	kustomizeForm = render.Format("kustomize")
	jsonPatchForm = render.Format("json-patch")
)

var patchForms = []render.Format{render.Apply, kustomizeForm, jsonPatchForm, render.JSON, render.YAML}

// patchesHelp is what generate patches says of itself.
const patchesHelp = `Writes the smallest set of patches that closes the findings which patches can
close, and proves it first: the set is replayed on a copy of the release, every
rule is asked again, and so is every connection that Airflow needs. The summary
goes to standard error: what is closed, what is left and why.

  networkpolicy  a default deny and, for each component, one policy with exactly
                 the connections it needs, hook Jobs and future task pods included
  rbac           for each component an account with exactly the rights that its
                 executor and options need, and a token only where it needs one
  pss            the fields that make the Pod Security evaluator pass the profile's
                 level, with the user each image is built for; containers that
                 nothing here knows are not touched; the namespace's labels at the
                 level that all pods then pass

Forms: apply is one stream for kubectl apply --server-side, new objects whole and
others as minimal apply configurations; kustomize writes a directory (-d);
json-patch is for kubectl patch --type=json; json and yaml hold plan and proof.

What the next helm upgrade would put back, or fail on, is not in the stream: use
generate values or post-render for it. With --live-only it is, under a header that
says what will happen. --rollback writes what restores the fields as they are now.

Each new object carries the label of --prune-label, so that the set can be removed
with one command. Objects of an older set that the new one no longer holds are
named, with the command that removes them. Generate again when values, the
executor, external addresses or the cluster's DNS change.

Exit codes: 0 written and the proof holds, 1 written and the proof does not hold
(standard error says what), 2 did not run and nothing is written, 3 written, but
something could not be read.`

func newGeneratePatchesCommand(streams Streams) *cobra.Command {
	flags := patchesFlags{source: sourceFlags{kube: newKubeFlags(), history: true}}
	cmd := &cobra.Command{
		Use:   "patches [RELEASE]",
		Short: "Write NetworkPolicies, roles and Pod Security fields that close findings and keep what Airflow needs",
		Long:  patchesHelp,
		Example: `  # look at the proof, then apply
  $HOST generate patches airflow -n airflow --rollback back.yaml > patches.yaml
  kubectl apply --server-side --field-manager=airflowsec -f patches.yaml

  # ask the API server, too, whether it would take everything
  $HOST generate patches airflow -n airflow --verify=server

  # for a chart that is not installed yet, as a kustomization
  $HOST generate patches --chart ./airflow --values prod.yaml -n airflow -o kustomize -d hardened`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	flags.source.evidence.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *patchesFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file; its exceptions, egress and ingressFrom are kept")
	flags.StringVarP(&f.output, "output", "o", string(render.Apply), "Form: apply, kustomize, json-patch, json or yaml")
	flags.StringVarP(&f.directory, "directory", "d", "", "Directory that -o kustomize writes")
	flags.StringSliceVar(&f.only, "only", planKinds, "Kinds of patches: networkpolicy, rbac, pss")
	flags.StringVar(&f.needs, "needs", "", "File with rights that DAGs need beside what Airflow's own operators do (docs/schema/needs.json)")
	flags.StringVar(&f.pruneLabel, "prune-label", "", "Label, as KEY=VALUE, on every new object (default airflowsec.io/release=RELEASE)")
	flags.StringVar(&f.rollback, "rollback", "", "Also write the way back to this file")
	flags.StringVar(&f.verify, "verify", "none", "Ask further: server makes a server-side dry run of every object under your rights")
	flags.BoolVar(&f.liveOnly, "live-only", false, "Also write what the next helm upgrade undoes or fails on")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no summary of the proof")
	completeWords(cmd, "output", "apply", "kustomize", "json-patch", "json", "yaml")
	completeWords(cmd, "only", planKinds...)
	completeWords(cmd, "verify", "none", "server")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

func (f *patchesFlags) toOptions(args []string, streams Streams) (*patchesOptions, error) {
	o := &patchesOptions{streams: streams, directory: f.directory, rollback: f.rollback, force: f.liveOnly}
	if err := f.validate(); err != nil {
		return nil, err
	}
	o.format = render.Format(f.output)
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	if o.wish, err = f.toWish(o.format); err != nil {
		return nil, err
	}
	if f.verify == "server" {
		o.rehearse = f.source.rehearsal(streams)
	}
	o.source, err = f.source.toSource(first(args), o.streams, f.quiet)
	return o, err
}

// validate refuses words that do not go together.
func (f *patchesFlags) validate() error {
	switch form := render.Format(f.output); {
	case !slices.Contains(patchForms, form):
		return fmt.Errorf("-o %q: use apply, kustomize, json-patch, json or yaml", f.output)
	case form == kustomizeForm && f.directory == "":
		return errors.New("-o kustomize writes several files: name their directory with -d")
	case form == kustomizeForm && f.rollback != "":
		return errors.New("-o kustomize needs no rollback: apply the release's manifest without its directory")
	case form != kustomizeForm && f.directory != "":
		return errors.New("-d goes with -o kustomize")
	case f.verify != "none" && f.verify != "server":
		return fmt.Errorf("--verify %q: use none or server", f.verify)
	case f.verify == "server" && f.source.offline():
		return errors.New("--verify=server asks the cluster that the release runs in; it does not go with files, charts or snapshots")
	case f.source.kube.all:
		return errors.New("patches are for one release; -A does not go with them")
	}
	return validKinds(f.only)
}

func (f *patchesFlags) toWish(format render.Format) (planWish, error) {
	w := planWish{kinds: f.only, form: liveForm, unheld: func(form emit.Form) ([]plan.Dropped, error) { return unheld(format, form) }}
	switch {
	case format == kustomizeForm:
		w.form = wholeForm
	case f.liveOnly:
		w.form = liveOnlyForm
	}
	var err error
	if w.label, err = parseLabel(f.pruneLabel); err != nil {
		return w, err
	}
	if w.needs, err = loadNeeds(f.needs); err != nil {
		return w, err
	}
	w.profile, err = loadProfile(f.profile)
	return w, err
}

// parseLabel reads KEY=VALUE as Kubernetes wants its labels; nil for none.
func parseLabel(text string) (*harden.Label, error) {
	if text == "" {
		return nil, nil
	}
	key, value, found := strings.Cut(text, "=")
	if !found || value == "" {
		return nil, fmt.Errorf("--prune-label %q: write it as KEY=VALUE", text)
	}
	problems := metav1validation.ValidateLabelName(key, field.NewPath("key"))
	if wrong := validation.IsValidLabelValue(value); len(problems) > 0 || len(wrong) > 0 {
		return nil, fmt.Errorf("--prune-label %q is not a label that Kubernetes takes", text)
	}
	return &harden.Label{Key: key, Value: value}, nil
}

func (o *patchesOptions) run(ctx context.Context) error {
	return o.source(ctx, func(s *snapshot.Snapshot) error {
		model := airflow.New(s, o.wish.needs...)
		set, err := o.wish.make(model)
		if err != nil {
			return about(model.Release, err)
		}
		if set.Objects, _, err = o.formOf(set).Objects(); err != nil {
			return about(model.Release, err)
		}
		if set.Unread = unread(s); o.rehearse != nil {
			if set.Admissions, err = o.rehearse(ctx, set, o.force); err != nil {
				return about(model.Release, err)
			}
		}
		if err := o.write(set); err != nil {
			return err
		}
		return verdictOn(set)
	})
}

// refuse says why nothing can be planned for a release.
func refuse(model *airflow.Model) error {
	switch {
	case len(model.Workloads) == 0:
		return errors.New("nothing to protect: no object that has or makes pods was found")
	case model.Dialect == airflow.Unsupported:
		return errors.New(model.Unsupported)
	case len(model.Malformed) > 0:
		return fmt.Errorf("%s does not fit Kubernetes' API, so its pods are not known", model.Malformed[0].Ref)
	}
	return nil
}

// unread are the kinds that the proof stands on and that were not read. Files
// hold no live pods, and the proof then stands on those that will be made.
func unread(s *snapshot.Snapshot) []snapshot.Coverage {
	var out []snapshot.Coverage
	for _, kind := range append(slices.Clone(snapshot.Workloads), snapshot.NetworkPolicy, snapshot.Service) {
		if c := s.CoverageOf(kind); c.State != snapshot.Read && (kind != snapshot.Pod || !s.Offline()) {
			out = append(out, c)
		}
	}
	if c := s.CoverageOf(snapshot.ClusterServices); c.State != snapshot.Read && !s.Offline() {
		out = append(out, c)
	}
	return out
}
