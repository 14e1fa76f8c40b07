package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// postRenderFlags are the words of post-render, as typed.
type postRenderFlags struct {
	profile   string
	only      []string
	namespace string
	quiet     bool
}

// postRenderOptions are what post-render does, with no word left to interpret.
type postRenderOptions struct {
	release, namespace string // empty: recognised
	profile            *profile.Profile
	kinds              []string
	streams            Streams
}

func newPostRenderCommand(streams Streams) *cobra.Command {
	var flags postRenderFlags
	cmd := &cobra.Command{
		Use:   "post-render [RELEASE]",
		Short: "Harden manifests on their way from Helm to the cluster",
		Long: `Reads manifests on standard input and writes them, hardened, to standard output:
a post-renderer for helm install and helm upgrade. What it does comes back with
every upgrade, so that nothing it sets is ever undone.

Only planned fields change. Documents without a change pass byte for byte, Secrets
among them; in the others comments and the order of keys stay. The task pod
template is edited inside its ConfigMap. New accounts and roles come last.
NetworkPolicies are written with --only networkpolicy alone, because what they
keep depends on the cluster's DNS and API server, which manifests do not tell:
generate patches reads those.

The plan is proved before anything is printed: what was edited is read and judged
again. Input that does not parse, or a plan whose proof does not hold, prints
nothing and ends with exit code 2, which stops Helm. The summary goes to standard
error: Helm 3 shows that only where something failed, and Helm 4 never does, so
send what helm template prints through this command to see it.

Helm 3 passes no hooks to post-renderers: their pods stay as the chart made them.
Helm 4 passes them. Neither tells the namespace: where no manifest names it, give
-n. Give both on every upgrade; without the post-renderer the next one takes the
chart's fields back.`,
		Example: `  # Helm 3
  helm upgrade airflow apache-airflow/airflow -n airflow --reset-then-reuse-values \
    --post-renderer kubectl-airflowsec --post-renderer-args post-render \
    --post-renderer-args --namespace=airflow

  # Helm 4, with the plugin airflowsec-post-render
  helm upgrade airflow apache-airflow/airflow -n airflow --reset-then-reuse-values \
    --post-renderer airflowsec-post-render

  # what would it change?
  helm template airflow apache-airflow/airflow -n airflow > before.yaml
  $HOST post-render -n airflow < before.yaml | diff before.yaml -`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	f := cmd.Flags()
	f.StringVar(&flags.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file")
	f.StringSliceVar(&flags.only, "only", []string{podKind, rbacKind}, "What to change: pss, rbac, networkpolicy")
	f.StringVarP(&flags.namespace, "namespace", "n", "", "Namespace of the release; default is the one that the manifests name")
	f.BoolVarP(&flags.quiet, "quiet", "q", false, "No summary")
	completeWords(cmd, "only", planKinds...)
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
	return cmd
}

func (f *postRenderFlags) toOptions(args []string, streams Streams) (*postRenderOptions, error) {
	o := &postRenderOptions{release: first(args), namespace: f.namespace, kinds: f.only, streams: streams}
	if err := validKinds(f.only); err != nil {
		return nil, err
	}
	if o.namespace == "" && underHelm() { // which a post-renderer is not: Helm does not tell it
		o.namespace = os.Getenv("HELM_NAMESPACE")
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	o.profile, err = loadProfile(f.profile)
	return o, err
}

func (o *postRenderOptions) run(ctx context.Context) error {
	manifests, err := io.ReadAll(o.streams.In)
	if err != nil {
		return fmt.Errorf("standard input cannot be read: %w", err)
	}
	out, set, err := o.harden(ctx, manifests)
	if err != nil {
		return err
	}
	if err := render.Proof(o.streams.ErrOut, set); err != nil {
		return err
	}
	_, err = o.streams.Out.Write(out)
	return err
}

// harden edits manifests, and proves that what it made is what was planned.
func (o *postRenderOptions) harden(ctx context.Context, manifests []byte) ([]byte, *render.PatchSet, error) {
	before, err := o.read(ctx, manifests)
	if err != nil {
		return nil, nil, err
	}
	model := airflow.New(before)
	wish := planWish{profile: o.profile, kinds: o.kinds, form: manifestForm(before)}
	set, err := wish.make(model)
	if err != nil {
		return nil, nil, about(model.Release, err)
	}
	if !set.Proof.Holds() || set.Flows != nil && !set.Flows.Holds() {
		_ = render.Proof(o.streams.ErrOut, set)
		return nil, nil, about(model.Release, errors.New("the plan cannot be proved, so the manifests are not changed"))
	}
	if o.namespace == "" && namespaceless(before) && slices.ContainsFunc(set.Plan.Steps, namesNamespace) {
		return nil, nil, about(model.Release, errors.New("new rights are for accounts of a namespace, and no manifest names the release's: give -n"))
	}
	out, err := emit.Edit(manifests, set.Plan.Changes(), before.Release.Namespace)
	if err != nil {
		return nil, nil, about(model.Release, err)
	}
	return out, set, o.prove(ctx, out, set)
}

// prove judges what was edited: it must be what the plan's copy was.
func (o *postRenderOptions) prove(ctx context.Context, manifests []byte, set *render.PatchSet) error {
	with := *o
	with.release, with.namespace = set.Model.Release, set.Model.Snapshot.Release.Namespace
	after, err := with.read(ctx, manifests)
	if err != nil {
		return err
	}
	report, err := judge(airflow.New(after), rules.All(), o.profile)
	if err != nil {
		return about(set.Model.Release, err)
	}
	if now, then := fingerprints(report), fingerprints(set.Proof.Report); !slices.Equal(now, then) {
		return about(set.Model.Release, errors.New("what was edited is not what was planned, so the manifests are not changed"))
	}
	return nil
}

// fingerprints are the findings of a report, sorted.
func fingerprints(r *check.Report) []string {
	var out []string
	for _, result := range r.Results {
		for _, f := range result.Findings {
			out = append(out, result.Rule+" "+f.Fingerprint)
		}
	}
	slices.Sort(out)
	return out
}

func (o *postRenderOptions) read(ctx context.Context, manifests []byte) (*snapshot.Snapshot, error) {
	read := func(namespace string) (*snapshot.Snapshot, error) {
		return collect.FromFiles(ctx, collect.Files{
			Paths: []string{"-"}, Stdin: bytes.NewReader(manifests), Release: o.release, Namespace: namespace, Now: now(), Rendered: true,
		})
	}
	s, err := read(o.namespace)
	if err != nil || o.namespace != "" {
		return s, err
	}
	if named := namespaceOfAccounts(s); named != "" && named != s.Release.Namespace {
		return read(named)
	}
	return s, nil
}

// namespaceless says that no manifest tells the release's namespace.
func namespaceless(s *snapshot.Snapshot) bool {
	return s.Release.Namespace == "default" && namespaceOfAccounts(s) == ""
}

// namesNamespace says that a step makes an object which must name a namespace inside.
func namesNamespace(s plan.Step) bool {
	return s.Op == change.Put && s.Target.Kind == string(snapshot.RoleBinding)
}

// namespaceOfAccounts is the namespace that the release's bindings give rights
// in: charts leave their own out elsewhere. Empty where they name none or several.
func namespaceOfAccounts(s *snapshot.Snapshot) string {
	found := ""
	for _, kind := range []snapshot.Kind{snapshot.RoleBinding, snapshot.ClusterRoleBinding} {
		for _, o := range s.OfKind(kind) {
			subjects, _ := o.At("subjects").([]any)
			for _, each := range subjects {
				subject, _ := each.(map[string]any)
				namespace, _ := subject["namespace"].(string)
				if namespace == "" || namespace == found {
					continue
				}
				if found != "" {
					return ""
				}
				found = namespace
			}
		}
	}
	return found
}

// manifestForm keeps out what is about objects that the manifests do not hold.
func manifestForm(s *snapshot.Snapshot) func(plan.Step) string {
	return func(step plan.Step) string {
		there := func(o snapshot.Object) bool { return o.Same(step.Target) }
		if step.Op != change.Put && !slices.ContainsFunc(s.Objects, there) {
			return "the manifests do not hold the object"
		}
		return ""
	}
}
