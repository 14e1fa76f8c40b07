package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// source hands over one snapshot after the other, so that only one is in memory.
type source func(ctx context.Context, each func(*snapshot.Snapshot) error) error

// sourceFlags say what to read: the cluster, or one of four things that need none.
type sourceFlags struct {
	kube        *kubeFlags
	files       []string
	chart       string
	values      []string
	set         []string
	setString   []string
	setFile     []string
	from        string
	sample      bool
	revision    int
	kubeVersion string
	// history says that the command looks at other revisions, too.
	history  bool
	held     collect.Archive // what charts are held against; only check has flags for it
	evidence evidenceFlags
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	f.addSources(cmd)
	cmd.Flags().IntVar(&f.revision, "revision", 0, "Helm revision to read; default is the deployed one")
}

// addSources declares all but --revision, which means more than one number to some commands.
func (f *sourceFlags) addSources(cmd *cobra.Command) {
	f.kube.add(cmd)
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.files, "filename", "f", nil, "Rendered manifests to read instead of the cluster: a file, a directory, or - for standard input")
	flags.StringVar(&f.chart, "chart", "", "Chart directory or archive to render instead of reading the cluster")
	flags.StringArrayVar(&f.values, "values", nil, "Values file for --chart")
	flags.StringArrayVar(&f.set, "set", nil, "Value for --chart, as in helm --set")
	flags.StringArrayVar(&f.setString, "set-string", nil, "Text value for --chart, as in helm --set-string")
	flags.StringArrayVar(&f.setFile, "set-file", nil, "Value from a file for --chart, as in helm --set-file")
	flags.StringVar(&f.from, "from", "", "Saved snapshot to read instead of the cluster (see the snapshot command)")
	flags.BoolVar(&f.sample, "sample", false, "Read the sample release that is built in")
	flags.StringVar(&f.kubeVersion, "kube-version", "", "Kubernetes version to assume without a cluster, as 1.36")
}

// toSource checks that the flags name one source and says how to read it, with
// what was given beside it.
func (f *sourceFlags) toSource(release string, streams Streams, quiet bool) (source, error) {
	if err := f.validate(); err != nil {
		return nil, err
	}
	beside, err := f.evidence.read()
	if err != nil {
		return nil, err
	}
	return beside.into(f.place(release, streams, quiet)), nil
}

// place says how to read the one source that the flags name.
func (f *sourceFlags) place(release string, streams Streams, quiet bool) source {
	progress := newProgress(streams, quiet)
	switch {
	case f.sample:
		return once(func(context.Context) (*snapshot.Snapshot, error) { return holding(release, readSample) })
	case f.from != "":
		open := func() (*snapshot.Snapshot, error) { return openSnapshot(f.from, streams) }
		return once(func(context.Context) (*snapshot.Snapshot, error) { return holding(release, open) })
	case len(f.files) > 0:
		return once(func(ctx context.Context) (*snapshot.Snapshot, error) {
			return collect.FromFiles(ctx, collect.Files{
				Paths: f.files, Stdin: streams.In, Release: release, Namespace: f.kube.config.Namespace, KubeVersion: f.kubeVersion, Now: now(),
			})
		})
	case f.chart != "":
		return once(func(ctx context.Context) (*snapshot.Snapshot, error) {
			defer progress.stop()
			return collect.FromChart(ctx, f.chartSource(release, progress))
		})
	}
	return f.live(release, streams, progress)
}

func (f *sourceFlags) validate() error {
	given := 0
	for _, on := range []bool{f.sample, f.from != "", len(f.files) > 0, f.chart != ""} {
		if on {
			given++
		}
	}
	valuesGiven := len(f.values)+len(f.set)+len(f.setString)+len(f.setFile) > 0
	switch {
	case given > 1:
		return errors.New("give one source only: -f, --chart, --from or --sample")
	case valuesGiven && f.chart == "":
		return errors.New("--values and --set need --chart; manifests are read with -f")
	case f.kubeVersion != "" && (given == 0 || f.from != "" || f.sample):
		return errors.New("--kube-version is for -f and --chart; a cluster or snapshot tells its own version")
	case f.revision != 0 && given > 0:
		return errors.New("--revision reads a release of the cluster; it does not go with another source")
	case f.revision < 0:
		return fmt.Errorf("--revision %d: a revision counts from 1", f.revision)
	case f.kube.all && given > 0:
		return errors.New("-A is for the cluster; it does not go with another source")
	}
	return nil
}

func (f *sourceFlags) chartSource(release string, progress *progress) collect.Chart {
	if release == "" {
		release = "airflow"
	}
	takeHelmSettings(&f.kube.config, false) // manifests name their namespace themselves; a chart is rendered for the one Helm would install into
	namespace := f.kube.config.Namespace
	if namespace == "" {
		namespace = "default"
	}
	cache := ""
	if dir, err := os.UserCacheDir(); err == nil {
		cache = filepath.Join(dir, "kubectl-airflowsec")
	}
	return collect.Chart{
		Path: f.chart, ValueFiles: f.values, Set: f.set, SetString: f.setString, SetFile: f.setFile,
		Release: release, Namespace: namespace, KubeVersion: f.kubeVersion,
		Held: f.held, CacheDir: cache, Progress: progress.show, Now: now(),
	}
}

// chartFile is the file a finding in a rendered chart points at: the last values file given, else the chart's own.
func (f *sourceFlags) chartFile() string {
	switch {
	case f.chart == "":
		return ""
	case len(f.values) > 0:
		return filepath.ToSlash(f.values[len(f.values)-1])
	}
	return filepath.ToSlash(filepath.Join(f.chart, "values.yaml"))
}

func (f *sourceFlags) live(release string, streams Streams, progress *progress) source {
	return func(ctx context.Context, each func(*snapshot.Snapshot) error) error {
		defer progress.stop()
		cluster, err := f.kube.cluster(streams, progress.show)
		if err != nil {
			return err
		}
		cluster.History = f.history
		cluster.Held = f.held
		found, err := f.kube.releases(ctx, cluster, release)
		if err != nil {
			return err
		}
		var failed partial
		for _, one := range found {
			s, err := cluster.Read(ctx, one, f.revision)
			if err == nil {
				err = each(s)
			}
			switch {
			case err == nil:
			case len(found) == 1 || ctx.Err() != nil:
				return err
			default:
				failed = append(failed, fmt.Errorf("namespace %s: %w", one.Namespace, err))
			}
		}
		if len(failed) > 0 {
			return failed
		}
		return nil
	}
}

// partial are the errors of some releases among several: the others still have their answer.
type partial []error

// Error names them all in one sentence.
func (p partial) Error() string {
	var out []string
	for _, err := range p {
		out = append(out, err.Error())
	}
	return fmt.Sprintf("%d of the releases could not be judged: %s", len(p), strings.Join(out, "; "))
}

func once(read func(context.Context) (*snapshot.Snapshot, error)) source {
	return func(ctx context.Context, each func(*snapshot.Snapshot) error) error {
		s, err := read(ctx)
		if err != nil {
			return err
		}
		return each(s)
	}
}

// holding reads a snapshot and refuses one of another release than the one named.
func holding(release string, read func() (*snapshot.Snapshot, error)) (*snapshot.Snapshot, error) {
	s, err := read()
	if err == nil && release != "" && s.Release.Name != "" && s.Release.Name != release {
		return nil, fmt.Errorf("the snapshot holds release %s, not %s", s.Release.Name, release)
	}
	return s, err
}

func openSnapshot(path string, streams Streams) (*snapshot.Snapshot, error) {
	if path == "-" {
		return collect.ReadSnapshot(streams.In, "standard input")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read", path)
	}
	defer file.Close()
	return collect.ReadSnapshot(file, path)
}
