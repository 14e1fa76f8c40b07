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
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// patchesFlags are the words of generate patches, as typed.
type patchesFlags struct {
	source     sourceFlags
	profile    string
	output     string
	only       []string
	pruneLabel string
	quiet      bool
}

// patchesOptions are what generate patches does, with no word left to interpret.
type patchesOptions struct {
	source  source
	profile *profile.Profile
	format  render.Format
	label   *harden.Label // nil: the release's own
	quiet   bool
	streams Streams
}

// patchKinds are what --only may name.
var patchKinds = []string{"networkpolicy"}

func newGeneratePatchesCommand(streams Streams) *cobra.Command {
	flags := patchesFlags{source: sourceFlags{kube: newKubeFlags()}}
	cmd := &cobra.Command{
		Use:   "patches [RELEASE]",
		Short: "Write NetworkPolicies that keep what Airflow needs and deny the rest",
		Long: `Writes a default deny for the release's pods and, for each component, one policy
with exactly the connections it needs: ports from the pods themselves, task pods
and hook Jobs included, also those that do not exist yet.

Before anything is printed, the policies are replayed together with those in
force, and every needed connection is asked for. The summary goes to standard
error: how many needed flows pass, how many other connections between Airflow's
pods are denied, and what stays open and why. A host name cannot be named in a
policy: give its address range in the profile (parameters.egress). Generate again
when values, the executor, external addresses or the cluster's DNS change.

Each object carries the label of --prune-label, so that the set can be removed
with one command: kubectl delete networkpolicy -n NAMESPACE -l LABEL. Policies
of an older set that the new one no longer holds are named, with the command
that removes them (kubectl apply --prune does not know server-side apply).`,
		Example: `  # look at the proof, then apply
  $HOST generate patches airflow -n airflow > policies.yaml
  kubectl apply --server-side --field-manager=airflowsec -f policies.yaml

  # for a chart that is not installed yet
  $HOST generate patches --chart ./airflow --values prod.yaml -n airflow`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *patchesFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file; its egress and ingressFrom are kept")
	flags.StringVarP(&f.output, "output", "o", string(render.Apply), "Output format: apply, json or yaml")
	flags.StringSliceVar(&f.only, "only", patchKinds, "Kinds of patches: networkpolicy")
	flags.StringVar(&f.pruneLabel, "prune-label", "", "Label, as KEY=VALUE, on every object written (default airflowsec.io/release=RELEASE)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no summary of the proof")
	completeWords(cmd, "output", "apply", "json", "yaml")
	completeWords(cmd, "only", patchKinds...)
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

func (f *patchesFlags) toOptions(args []string, streams Streams) (*patchesOptions, error) {
	o := &patchesOptions{streams: streams, quiet: f.quiet}
	var err error
	if o.format = render.Format(f.output); !slices.Contains([]render.Format{render.Apply, render.JSON, render.YAML}, o.format) {
		return nil, fmt.Errorf("-o %q: use apply, json or yaml", f.output)
	}
	for _, kind := range f.only {
		if !slices.Contains(patchKinds, kind) {
			return nil, fmt.Errorf("--only %q: use %s", kind, strings.Join(patchKinds, ", "))
		}
	}
	if f.source.kube.all {
		return nil, errors.New("patches are for one release; -A does not go with them")
	}
	if o.label, err = parseLabel(f.pruneLabel); err != nil {
		return nil, err
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	o.source, err = f.source.toSource(first(args), o.streams, f.quiet)
	return o, err
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
		model := airflow.New(s)
		set, err := o.plan(model)
		if err != nil {
			return about(model.Release, err)
		}
		if err := render.Proof(o.streams.ErrOut, set); err != nil {
			return err
		}
		if err := o.write(set); err != nil {
			return err
		}
		switch {
		case !set.Proof.Holds():
			return errFindings
		case len(set.Unread)+len(set.Proof.Unread)+len(set.Proof.Beside) > 0: // what others' pods need was not asked
			return errIncomplete
		}
		return nil
	})
}

func (o *patchesOptions) write(set *render.PatchSet) error {
	if o.format == render.Apply {
		return emit.Patches(o.streams.Out, set.Model, set.Plan, set.Label, set.Stale)
	}
	return render.Patches(o.streams.Out, o.format, set)
}

func (o *patchesOptions) plan(model *airflow.Model) (*render.PatchSet, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	network := netpol.Of(model)
	if len(network.Malformed) > 0 {
		return nil, fmt.Errorf("%s does not fit Kubernetes' API, so what it allows cannot be told", network.Malformed[0].Ref)
	}
	if broken := network.Evaluator.Broken(); len(broken) > 0 {
		return nil, fmt.Errorf("what a policy in force allows cannot be told: %w", broken[0])
	}
	label := harden.ReleaseLabel(model.Release)
	if o.label != nil {
		label = *o.label
	}
	if wrong := validation.IsValidLabelValue(label.Value); len(wrong) > 0 {
		return nil, fmt.Errorf("the release's name is no value for a label: %s; give --prune-label", wrong[0])
	}
	flows := model.Flows(o.profile.Parameters.Declarations())
	plan := harden.Network(model, network, flows, label)
	return &render.PatchSet{
		Model: model, Label: label, Plan: plan, Stale: plan.Stale(model, label), Proof: verify.Network(network, flows, plan), Unread: unread(model.Snapshot),
	}, nil
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
