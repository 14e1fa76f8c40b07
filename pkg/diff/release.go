package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/drift"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// OfRelease compares what is live with what Helm installed: every field that
// the release sets, what matters for security and was added to its objects, and
// objects that are gone. Component is Airflow's word for an object.
func OfRelease(s *snapshot.Snapshot, component func(snapshot.Ref) string) *Diff {
	d := newDiff(s, "release")
	if status := s.Release.Status; status != "" && status != "deployed" {
		d.Unread = append(d.Unread, fmt.Sprintf("the release's status is %s: what runs may come from another revision", status))
	}
	for i := range s.Release.Manifest {
		want := &s.Release.Manifest[i]
		if reason := unread(s, want); reason != "" {
			if !slices.Contains(d.Unread, reason) {
				d.Unread = append(d.Unread, reason)
			}
			continue
		}
		if o := ofRelease(s, want); o != nil {
			o.Component = component(want.Ref)
			d.Objects = append(d.Objects, *o)
		}
	}
	slices.SortStableFunc(d.Objects, func(a, b Object) int { return a.Compare(b.Ref) })
	slices.Sort(d.Unread)
	return d
}

// ofRelease is how one object of a release differs; nil where it does not.
func ofRelease(s *snapshot.Snapshot, want *snapshot.Object) *Object {
	o := &Object{Ref: want.Ref, Status: Changed, Rules: []Rule{}, Fields: []Field{}}
	have := drift.Find(s.OfKind(snapshot.Kind(want.Kind)), want.Ref)
	if have == nil {
		if drift.EndsByItself(want) {
			return nil
		}
		o.Status, o.After = Missing, whole(want.Content)
		o.Fields = []Field{{After: hidden(trimmed(want.Content), "")}}
		return o
	}
	var fields []Field
	for _, found := range driftOf(s, want, have) {
		fields = append(fields, Field{Path: found.Named, Container: found.Container, Security: found.Severity != "", Note: setBy(have, found)})
	}
	sides{ref: want.Ref, before: have.Content, after: want.Content}.fill(o, fields)
	if len(o.Fields) == 0 {
		return nil
	}
	return o
}

// setBy names who changed a live field, as far as the API server knows.
func setBy(have *snapshot.Object, found drift.Difference) string {
	if found.Have == nil {
		return ""
	}
	var names []string
	for _, m := range have.Managers {
		if m.Name != helmManager && !slices.Contains(names, m.Name) && have.Manages(m.Name, found.Path) {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "set by " + strings.Join(names, ", ")
}

// helmManager is the field manager of both Helms.
const helmManager = "helm"

// driftOf leaves out replicas that an autoscaler sets.
func driftOf(s *snapshot.Snapshot, want, have *snapshot.Object) []drift.Difference {
	return slices.DeleteFunc(drift.Whole(want, have), func(d drift.Difference) bool {
		return d.Path == drift.Replicas && drift.Autoscaled(s, want.Ref)
	})
}

// unread says why an object of the release cannot be compared; empty where it can.
func unread(s *snapshot.Snapshot, want *snapshot.Object) string {
	c := s.CoverageOf(snapshot.Kind(want.Kind))
	switch {
	case want.Namespace != "" && want.Namespace != s.Release.Namespace:
		return fmt.Sprintf("%s: namespace %s is not read", title(want.Ref), want.Namespace)
	case want.Kind == string(snapshot.ClusterRole) && c.State == snapshot.Read && s.Find(snapshot.ClusterRole, "", want.Name) == nil:
		return fmt.Sprintf("%s: it is gone, or no binding of the release names it any more", title(want.Ref))
	case c.State == snapshot.Read:
		return ""
	case c.State == snapshot.NotCollected && c.Reason == "":
		return fmt.Sprintf("%s objects are not read", want.Kind)
	case c.Reason != "":
		return fmt.Sprintf("%s objects could not be read: %s", want.Kind, c.Reason)
	}
	return fmt.Sprintf("%s objects could not be read (%s)", want.Kind, c.State)
}
