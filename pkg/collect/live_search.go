package collect

import (
	"context"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// search is one look for releases: Helm's storage by metadata alone, live
// workloads by their labels, and then whose record each trace has.
type search struct {
	cluster   *Cluster
	namespace string // empty for all
	records   []*stored
	traces    []*trace
	coverage  map[snapshot.Kind]snapshot.Coverage
	found     []Found
}

func (c *Cluster) search(ctx context.Context, namespace string) (*search, error) {
	if err := c.start(); err != nil {
		return nil, err
	}
	ctx = quiet(ctx)
	tell(c.Progress, "looking for Airflow releases")
	s := &search{cluster: c, namespace: namespace}
	if err := s.list(ctx); err != nil {
		return nil, err
	}
	if err := s.join(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(s.found, func(a, b Found) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return s, nil
}

// list asks for records and traces side by side.
func (s *search) list(ctx context.Context) error {
	g, got := newGroup(ctx), newAnswers()
	g.run("looking for live workloads", func(ctx context.Context) (err error) {
		var coverage map[snapshot.Kind]snapshot.Coverage
		s.traces, coverage, err = s.cluster.reader.traces(ctx, s.namespace)
		for _, c := range coverage {
			got.note(c)
		}
		return err
	})
	byPlace := make([][]*stored, len(s.cluster.places))
	for i, place := range s.cluster.places {
		g.run("looking for Helm releases", func(ctx context.Context) (err error) {
			byPlace[i], err = s.cluster.reader.records(ctx, place, s.namespace, "")
			got.note(coverageOf(snapshot.ReleaseRecord, asking(reading{resource: place.resource, verb: "list"}, s.namespace), err))
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return stopped(ctx, err)
	}
	s.coverage = got.coverage
	for _, list := range byPlace {
		for _, r := range list {
			if !r.gone() && s.record(r.namespace, r.name) == nil {
				s.records = append(s.records, r)
			}
		}
	}
	return nothingRead(s.coverage)
}

// listCoverage is the search's coverage, sorted.
func (s *search) listCoverage() []snapshot.Coverage {
	var out []snapshot.Coverage
	for _, c := range s.coverage {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b snapshot.Coverage) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return out
}

func (s *search) record(namespace, name string) *stored {
	for _, r := range s.records {
		if r.namespace == namespace && r.name == name {
			return r
		}
	}
	return nil
}

// join gives each trace its record, and opens the records that no trace explains.
func (s *search) join(ctx context.Context) error {
	used := map[*stored]bool{}
	for _, t := range s.traces {
		r, unread, err := s.recordOf(ctx, t)
		if err != nil {
			return err
		}
		if r != nil {
			used[r] = true
		}
		s.found = append(s.found, newFound(t.name, t.namespace, t.chart, r, unread))
	}
	for _, r := range s.records {
		if used[r] || !s.mustOpen(r) {
			continue
		}
		if err := s.open(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// mustOpen says whether a record without a trace is worth its download. In one
// namespace every record is. Across the cluster, where most releases are not
// Airflow's, only one that may never have made an object: an installed Airflow has traces.
func (s *search) mustOpen(r *stored) bool {
	return s.namespace != "" || s.coverage[snapshot.Deployment].State != snapshot.Read || r.current().status != "deployed"
}

// open decodes a record and keeps the release if it is Airflow's.
func (s *search) open(ctx context.Context, r *stored) error {
	rec, err := s.cluster.reader.body(ctx, r, r.current().number)
	switch {
	case ctx.Err() != nil:
		return stopped(ctx, err)
	case err != nil:
		merge(s.coverage, unreadRecord(err))
	case (s.namespace == "" || rec.Namespace == s.namespace) && rec.isAirflow():
		s.found = append(s.found, newFound(r.name, rec.Namespace, chartOf(rec.helmChart()), r, snapshot.Coverage{}))
	}
	return nil
}

// recordOf finds a trace's record: in its own namespace, else under its name in
// another one (Flux can store releases apart from their objects).
func (s *search) recordOf(ctx context.Context, t *trace) (*stored, snapshot.Coverage, error) {
	if r := s.record(t.namespace, t.name); r != nil {
		return r, snapshot.Coverage{}, nil
	}
	unread := s.coverage[snapshot.ReleaseRecord]
	candidates := s.elsewhere(ctx, t)
	for _, r := range candidates {
		rec, err := s.cluster.reader.body(ctx, r, r.current().number)
		if ctx.Err() != nil {
			return nil, unread, stopped(ctx, err)
		}
		if err == nil && rec.Namespace == t.namespace {
			return r, snapshot.Coverage{}, nil
		}
	}
	if unread.State == snapshot.Read {
		unread = snapshot.Coverage{Kind: snapshot.ReleaseRecord, State: snapshot.NotCollected, Reason: whyNoRecord(t)}
	}
	return nil, unread, nil
}

// elsewhere are records of the trace's name in other namespaces, but for those whose own namespace explains them.
func (s *search) elsewhere(ctx context.Context, t *trace) []*stored {
	var out []*stored
	for _, r := range s.records {
		explained := slices.ContainsFunc(s.traces, func(t *trace) bool { return t.name == r.name && t.namespace == r.namespace })
		if r.name == t.name && !explained {
			out = append(out, r)
		}
	}
	if s.namespace == "" || t.flux == "" || t.flux == s.namespace {
		return out
	}
	for _, place := range s.cluster.places {
		list, err := s.cluster.reader.records(ctx, place, t.flux, t.name)
		if err == nil {
			out = append(out, list...)
		}
	}
	return out
}

func whyNoRecord(t *trace) string {
	switch {
	case t.argo:
		return "Argo CD applied this release: Helm holds no record of it"
	case t.flux != "":
		return "Flux keeps this release's record elsewhere: look with -A"
	}
	return "Helm holds no record of this release in its namespace"
}

func newFound(name, namespace string, chart snapshot.Chart, r *stored, unread snapshot.Coverage) Found {
	f := Found{Name: name, Namespace: namespace, Chart: chart, Record: snapshot.Recognised, stored: r, unread: unread}
	if r != nil {
		f.Record, f.Revision, f.Status, f.Revisions = snapshot.Stored, r.current().number, r.current().status, r.numbers()
	}
	return f
}

// unreadRecord is the coverage of a record that was asked for.
func unreadRecord(err error) snapshot.Coverage {
	return coverageOf(snapshot.ReleaseRecord, "read the release", err)
}

// stopped is the error of a run that was cancelled, else err itself.
func stopped(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
