package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// upgrade is one kind of upgrade: what it makes of an object, and where a step's outcome is noted.
type upgrade struct {
	after   func(*forecast) map[string]any
	outcome func(*Fate) *Outcome
}

var upgrades = []upgrade{
	{func(f *forecast) map[string]any { return f.merged }, func(f *Fate) *Outcome { return &f.ByMerge }},
	{func(f *forecast) map[string]any { return f.applied }, func(f *Fate) *Outcome { return &f.ByApply }},
}

// mix finds the pods that can start as the plan leaves them and not after an
// upgrade, and the surviving steps that have a part in it.
func mix(s *snapshot.Snapshot, all []*forecast) {
	for _, u := range upgrades {
		var found []trouble
		for _, f := range all {
			found = append(found, u.troubles(s, all, f)...)
		}
		for _, t := range found {
			t.mark(u)
		}
	}
}

// trouble is a field that stays although what it needs is put back.
type trouble struct {
	forecast *forecast
	path     string
	reason   string
}

// mark makes the surviving steps that have set the field mixed.
func (t trouble) mark(u upgrade) {
	at := placesOf(t.forecast.kind, t.path, t.forecast.patched)
	for i := range t.forecast.steps {
		step := &t.forecast.steps[i]
		outcome := u.outcome(&step.Fate)
		if *outcome == Survives && leadsTo(placesOf(t.forecast.kind, step.Path, t.forecast.live), at) {
			*outcome = Mixed
			if step.Fate.Reason == "" {
				step.Fate.Reason = t.reason
			}
		}
	}
}

// leadsTo says that a path ends at or above a place.
func leadsTo(path, at []place) bool {
	return len(path) <= len(at) && slices.EqualFunc(path, at[:len(path)], func(a, b place) bool {
		return a.field == b.field && a.index == b.index && (a.entry == nil) == (b.entry == nil) && equal(a.entry, b.entry)
	})
}

// troubles are those that an upgrade brings to the pod of one object.
func (u upgrade) troubles(s *snapshot.Snapshot, all []*forecast, f *forecast) []trouble {
	before := podIn(f, f.patched, all, s, func(f *forecast) map[string]any { return f.patched })
	after := podIn(f, u.after(f), all, s, u.after)
	if before == nil || after == nil {
		return nil
	}
	var out []trouble
	for name, c := range after.containers {
		earlier, found := before.containers[name]
		if !found {
			continue
		}
		if reason := c.rootInstead(name); reason != "" && earlier.rootInstead(name) == "" {
			out = append(out, trouble{f, c.nonRootAt, reason})
		}
		if lost := lostMount(earlier.writable, c.writable); lost != "" && c.readOnlyAt != "" {
			out = append(out, trouble{f, c.readOnlyAt, fmt.Sprintf("the mount at %s is put back beside it, and container %s can write there no more", lost, name)})
		}
		if earlier.token && !c.token {
			reason := fmt.Sprintf("the volume with container %s's own token is put back beside it", name)
			out = append(out, trouble{f, after.automountAt, reason})
			if after.account != nil {
				out = append(out, trouble{after.account, automountField, reason})
			}
		}
	}
	slices.SortFunc(out, func(a, b trouble) int { return strings.Compare(a.path+a.reason, b.path+b.reason) })
	return out
}

func lostMount(before, after map[string]bool) string {
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if !after[path] {
			return path
		}
	}
	return ""
}

// putBack is an object after an upgrade by server-side apply that is not
// refused: what the plan took away and Helm sets is there again.
func (f *forecast) putBack() map[string]any {
	back := func(s Step) bool { return s.Op == change.Remove && s.Fate.ByApply == Reverted }
	if !slices.ContainsFunc(f.steps, back) {
		return f.patched
	}
	out := runtime.DeepCopyJSON(f.patched)
	for _, s := range f.steps {
		if !back(s) {
			continue
		}
		if helms, found := lookup(f.manifest, placesOf(f.kind, s.Path, f.live)); found {
			again := change.Change{Target: s.Target, Op: change.Set, Path: s.Path, Value: helms}
			_ = again.Apply(out) // it fits where the field stood before
		}
	}
	return out
}
