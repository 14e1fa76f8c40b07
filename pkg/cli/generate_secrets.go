package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// secretsFlags are the words of generate secrets, as typed.
type secretsFlags struct {
	source    sourceFlags
	wiring    wire.Options
	backend   string
	sync      string
	profile   string
	output    string
	directory string
	rotate    string
	quiet     bool
}

// secretsOptions are what generate secrets does, with no word left to interpret.
type secretsOptions struct {
	trying
	wiring    wire.Options
	profile   *profile.Profile
	format    render.Format
	directory string
	streams   Streams
}

// bundleFormat is the files of a wiring.
const bundleFormat = render.Format("bundle")

// secretsHelp is what generate secrets says of itself.
const secretsHelp = `Writes what connects a release to a secrets manager: values for its own chart,
the objects that bring Secrets into the cluster, Airflow's own backend for
connections and variables, and a script that moves each credential found today.

  vault                an address, a role of Vault's Kubernetes login
  aws-secrets-manager  a region and a role for the service accounts (IRSA)
  aws-ssm              the same, with the Parameter Store
  gcp                  a project and a Google service account (workload identity)
  azure                a Key Vault, a tenant and a client (workload identity)
  kubernetes           plain Secrets of your own, and no manager

With --sync the chart's credentials become Secrets that something keeps:
external-secrets and csi go with each manager; vault-operator with vault, and
vault-agent, too, which writes files that Airflow reads. Without --sync Airflow
itself asks the manager. What a chart takes from a Secret alone, and no sync
brings, is a Secret that the script makes.

Nothing is read but names: the script reads values when you run it, prints none,
and gives none to a command as an argument. No manager is asked and nothing is
written but files.

With -d the files are README.md, migrate.sh, objects.yaml and values.yaml. Without
it they come as one text, each below a line "-- NAME --", as in a txtar archive.
-o json and -o yaml hold all of it as data (docs/schema/secrets-wiring.json).

Everything is tried first: the chart is rendered with the values, and every pod
that took a credential takes it from its new place by the right key; no value is
left; and the rules about secrets are asked again. Whether the manager answers,
and whether its identity may read, only the cluster can tell.

Exit codes: 0 written and the proof holds, 1 written and the proof does not hold
(standard error says what), 2 did not run and nothing is written, 3 written, but
something could not be read or tried.`

func newGenerateSecretsCommand(streams Streams) *cobra.Command {
	flags := secretsFlags{source: sourceFlags{kube: newKubeFlags()}}
	cmd := &cobra.Command{
		Use:   "secrets [RELEASE]",
		Short: "Write what wires a secrets manager to a release: values, objects and the script that moves credentials",
		Long:  secretsHelp + rotateHelp,
		Example: `  # Vault, synced by External Secrets
  $HOST generate secrets airflow -n airflow --backend vault --sync external-secrets \
    --vault-address https://vault.example.com:8200 --vault-role airflow -d wiring

  # AWS, by Airflow's own backend, for a chart that is not installed yet
  $HOST generate secrets airflow -n airflow --chart ./airflow --values prod.yaml --backend aws-secrets-manager \
    --region eu-central-1 --role-arn arn:aws:iam::123456789012:role/airflow -d wiring

  # plain Secrets in place of values
  $HOST generate secrets airflow -n airflow --backend kubernetes -d wiring

  # how the Fernet key is replaced, step by step
  $HOST generate secrets airflow -n airflow --rotate fernet > rotate.sh`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.rotate != "" {
				return runs(flags.rotateOptions, streams)(cmd, args)
			}
			return runs(flags.toOptions, streams)(cmd, args)
		},
	}
	flags.source.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *secretsFlags) add(cmd *cobra.Command) {
	flags, w := cmd.Flags(), &f.wiring
	flags.StringVar(&f.backend, "backend", "", "Where credentials are to lie: vault, aws-secrets-manager, aws-ssm, gcp, azure or kubernetes")
	flags.StringVar(&f.sync, "sync", "", "What brings them to the pods: external-secrets, csi, vault-operator or vault-agent; default is Airflow's own backend")
	flags.StringVar(&w.Prefix, "prefix", "airflow", "What stored names begin with: PREFIX/NAMESPACE/RELEASE/NAME")
	flags.StringVar(&w.Store, "store", "", "SecretStore to use instead of making one: NAME or ClusterSecretStore/NAME")
	flags.StringVar(&w.WorkerRole, "worker-role", "", "Another identity for the pods that run tasks: a Vault role, role ARN, Google service account or client ID")
	flags.StringVar(&w.VaultAddress, "vault-address", "", "Vault: its address, https only")
	flags.StringVar(&w.VaultRole, "vault-role", "", "Vault: the role to log in with (default the release's name)")
	flags.StringVar(&w.VaultMount, "vault-mount", "secret", "Vault: where the KV store, version 2, is mounted")
	flags.StringVar(&w.VaultAuthMount, "vault-auth-mount", "kubernetes", "Vault: where the Kubernetes login is mounted")
	flags.StringVar(&w.Region, "region", "", "AWS: the region")
	flags.StringVar(&w.RoleARN, "role-arn", "", "AWS: the role that the service accounts assume")
	flags.StringVar(&w.Project, "project", "", "Google Cloud: the project that holds the secrets")
	flags.StringVar(&w.ServiceAccount, "gcp-service-account", "", "Google Cloud: the service account that pods act as")
	flags.StringVar(&w.VaultURL, "vault-url", "", "Azure: the Key Vault's address, https only")
	flags.StringVar(&w.Tenant, "tenant", "", "Azure: the tenant's ID")
	flags.StringVar(&w.ClientID, "client-id", "", "Azure: the ID of the client that pods log in as")
	flags.StringVar(&f.profile, "profile", "paranoid", "Hardening profile to judge the result by: baseline, restricted, paranoid, or a file; only its rules about secrets are asked")
	flags.StringVarP(&f.output, "output", "o", string(bundleFormat), "Output format: bundle, json or yaml")
	flags.StringVarP(&f.directory, "directory", "d", "", "Directory to write the files of the bundle to")
	flags.StringVar(&f.rotate, "rotate", "", "Write how one secret is replaced instead: "+strings.Join(rotation.Keys(), ", "))
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no summary of the proof")
	completeWords(cmd, "output", string(bundleFormat), "json", "yaml")
	completeWords(cmd, "rotate", rotation.Keys()...)
	completeWords(cmd, "backend", texts(wire.Backends)...)
	completeWords(cmd, "sync", texts(wire.Syncs)...)
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

func texts[T ~string](words []T) []string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

func (f *secretsFlags) toOptions(args []string, streams Streams) (*secretsOptions, error) {
	o := &secretsOptions{streams: streams, format: render.Format(f.output), directory: f.directory, wiring: f.wiring}
	o.wiring.Backend, o.wiring.Sync = wire.Backend(f.backend), wire.Sync(f.sync)
	if err := f.validate(o.format); err != nil {
		return nil, err
	}
	known := o.wiring
	if err := known.Complete("release"); err != nil { // before anything is read
		return nil, err
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	o.trying = f.source.toTrying(first(args), o.streams, f.quiet)
	return o, nil
}

func (f *secretsFlags) validate(format render.Format) error {
	s := &f.source
	if err := s.validate(); err != nil {
		return err
	}
	switch {
	case f.backend == "":
		return errors.New("--backend is missing: use vault, aws-secrets-manager, aws-ssm, gcp, azure or kubernetes")
	case !slices.Contains([]render.Format{bundleFormat, render.JSON, render.YAML}, format):
		return fmt.Errorf("-o %q: use bundle, json or yaml", format)
	case f.directory != "" && format != bundleFormat:
		return errors.New("-d goes with -o bundle")
	case s.kube.all:
		return errors.New("secrets are wired for one release; -A does not go with them")
	case len(s.files) > 0:
		return errors.New("manifests hold no values: read the cluster, or give --chart or --from")
	}
	return nil
}

func (o *secretsOptions) run(ctx context.Context) error { return try(ctx, o.trying, o) }

func (o *secretsOptions) write(model *airflow.Model, set *render.WiringSet) error {
	files, err := emit.Wiring(model, set.Plan)
	if err != nil {
		return err
	}
	if err := render.WiringProof(o.streams.ErrOut, set); err != nil {
		return err
	}
	switch {
	case o.format != bundleFormat:
		return render.Wiring(o.streams.Out, o.format, set)
	case o.directory != "":
		return writeDirectory(o.directory, files)
	}
	return o.print(emit.WiringArchive(files))
}

func (o *secretsOptions) print(text []byte) error {
	_, err := o.streams.Out.Write(text)
	return err
}
