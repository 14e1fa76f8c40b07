package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// revisionOptions are what diff --revision A..B does.
type revisionOptions struct {
	kube     *kubeFlags
	release  string
	from, to int // to is 0 for the deployed revision
	profile  *profile.Profile
	failOn   rule.Severity // empty: never fail
	format   render.Format
	render   render.Options
	quiet    bool
	evidence evidence
	streams  Streams
}

// oneRevision reads --revision N; 0 for none.
func oneRevision(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--revision %q: use a revision, counted from 1, or two as A..B", text)
	}
	return n, nil
}

// twoRevisions reads A..B; to is 0 where it is left out.
func twoRevisions(text string) (from, to int, err error) {
	a, b, _ := strings.Cut(text, "..")
	if from, err = oneRevision(a); err == nil {
		to, err = oneRevision(b)
	}
	if err != nil || from == 0 || from == to {
		return 0, 0, fmt.Errorf("--revision %q: use two different revisions as A..B, or A.. for A and the deployed one", text)
	}
	return from, to, nil
}

func (f *diffFlags) toRevisions(args []string, streams Streams) (*revisionOptions, error) {
	o := &revisionOptions{kube: f.source.kube, release: first(args), format: render.Format(f.output), quiet: f.quiet, streams: streams}
	if err := f.validate(); err != nil {
		return nil, err
	}
	var err error
	if o.from, o.to, err = twoRevisions(f.revision); err != nil {
		return nil, err
	}
	f.source.revision = o.from // so that another source than the cluster is refused
	if err = f.source.validate(); err != nil {
		return nil, err
	}
	if len(f.only) != len(planKinds) {
		return nil, errors.New("--revision A..B compares findings; --only does not go with it")
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	if o.failOn, err = severityOf(f.failOn); err != nil {
		return nil, err
	}
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	if o.evidence, err = f.source.evidence.read(); err != nil {
		return nil, err
	}
	o.render, err = f.renderOptions(streams)
	return o, err
}

func (o *revisionOptions) run(ctx context.Context) error {
	progress := newProgress(o.streams, o.quiet)
	defer progress.stop()
	cluster, err := o.kube.cluster(o.streams, progress.show)
	if err != nil {
		return err
	}
	cluster.History = true
	found, err := o.kube.releases(ctx, cluster, o.release)
	if err != nil {
		return err
	}
	r, err := o.compare(ctx, cluster, found[0])
	if err != nil {
		return about(found[0].Name, err)
	}
	progress.stop()
	if err := render.Revisions(o.streams.Out, o.format, r, o.render); err != nil {
		return err
	}
	return verdict(o.failOn != "" && r.Worst().Rank() >= o.failOn.Rank(), len(r.Unread) > 0)
}

func (o *revisionOptions) compare(ctx context.Context, cluster *collect.Cluster, found collect.Found) (*diff.Revisions, error) {
	to := o.to
	if to == 0 {
		to = found.Revision
	}
	if to == o.from {
		return nil, fmt.Errorf("revision %d is the deployed one: there is nothing to compare", to)
	}
	for _, n := range []int{o.from, to} {
		if !slices.Contains(found.Revisions, n) {
			return nil, noRevision(found, n)
		}
	}
	before, beforeStatus, err := o.judged(ctx, cluster, found, o.from)
	if err != nil {
		return nil, err
	}
	after, afterStatus, err := o.judged(ctx, cluster, found, to)
	if err != nil {
		return nil, err
	}
	return diff.OfRevisions(before, after, beforeStatus, afterStatus), nil
}

func noRevision(found collect.Found, n int) error {
	if len(found.Revisions) == 0 {
		return errors.New("none of its revisions can be read")
	}
	var stored []string
	for _, r := range found.Revisions {
		stored = append(stored, strconv.Itoa(r))
	}
	return fmt.Errorf("no revision %d; stored: %s", n, strings.Join(stored, ", "))
}

// judged is the report of a revision as Helm recorded it, the deployed one
// among them: what was changed by hand since is nothing that an upgrade brought.
func (o *revisionOptions) judged(ctx context.Context, cluster *collect.Cluster, found collect.Found, revision int) (*check.Report, string, error) {
	found.Revision = 0 // none of them is what is live
	s, err := cluster.Read(ctx, found, revision)
	if err != nil {
		return nil, "", err
	}
	if c := s.CoverageOf(snapshot.ReleaseRecord); c.State != snapshot.Read {
		return nil, "", fmt.Errorf("revision %d cannot be read: %s", revision, c.Reason)
	}
	o.evidence.beside(s)
	report, err := judge(airflow.New(s), withoutDrift(rules.All()), o.profile)
	return report, s.Release.Status, err
}

// withoutDrift leaves out the rule that compares a record with what is live.
func withoutDrift(catalogue []*rule.Rule) []*rule.Rule {
	return slices.DeleteFunc(slices.Clone(catalogue), func(r *rule.Rule) bool { return r.Slug == "no-drift" })
}
