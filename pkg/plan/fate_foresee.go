package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Foresee fills the fate of every step by replaying both kinds of upgrade on
// the objects as the plan leaves them. It fails where a step does not fit its
// object, or the object was not read.
func (p *Plan) Foresee(s *snapshot.Snapshot) error {
	var all []*forecast
	for i := 0; i < len(p.Steps); {
		next := i + 1
		for next < len(p.Steps) && p.Steps[next].Target.Same(p.Steps[i].Target) {
			next++
		}
		f, err := newForecast(s, p.Steps[i:next])
		if err != nil {
			return err
		}
		f.foresee()
		all = append(all, f)
		i = next
	}
	mix(s, all)
	for i := range p.Steps {
		p.Steps[i].Fate.Release = forRelease(&s.Release, p.Steps[i].Fate)
	}
	return nil
}

// forRelease is the outcome that the release's own record asks for.
func forRelease(r *snapshot.Release, f Fate) Outcome {
	switch {
	case r.Record != snapshot.Stored:
		return ""
	case r.ApplyMethod == "ssa":
		return f.ByApply
	}
	return f.ByMerge
}

// forecast is one object before the plan, after it, and after each kind of upgrade.
type forecast struct {
	steps    []Step // a part of the plan's own
	kind     string
	managers []snapshot.Manager
	live     map[string]any // empty for a new object
	patched  map[string]any
	manifest map[string]any // what Helm sets; nil where it does not know the object
	guessed  bool           // the manifest is what Helm owns, for the record was not read
	anew     bool           // a hook, which Helm makes anew
	merged   map[string]any
	applied  map[string]any
}

func newForecast(s *snapshot.Snapshot, steps []Step) (*forecast, error) {
	f := &forecast{steps: steps, kind: steps[0].Target.Kind}
	target := steps[0].Target
	if o := find(target, s.Objects, s.Release.Hooks); o != nil {
		f.live, f.managers = o.Content, o.Managers
	} else if steps[0].Op != change.Put {
		return nil, fmt.Errorf("%s: nothing to change: the object was not read", target)
	}
	f.patched = runtime.DeepCopyJSON(f.live)
	if f.patched == nil {
		f.patched = map[string]any{}
	}
	for i := range steps {
		if err := steps[i].Apply(f.patched); err != nil {
			return nil, err
		}
	}
	f.findManifest(s, target)
	return f, nil
}

func find(target snapshot.Ref, lists ...[]snapshot.Object) *snapshot.Object {
	for _, list := range lists {
		if i := slices.IndexFunc(list, func(o snapshot.Object) bool { return o.Same(target) }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// findManifest finds what Helm sets of the object: in the release's record, in
// what a chart or files would install, or, where there is no record, among what
// Helm owns of the live object.
func (f *forecast) findManifest(s *snapshot.Snapshot, target snapshot.Ref) {
	o := find(target, s.Release.Manifest, s.Release.Hooks)
	if o == nil && s.Offline() {
		o = find(target, s.Objects)
	}
	switch {
	case o != nil && o.Annotations()[hookMark] != "":
		if f.anew = isMadeAnew(o); f.anew { // else Helm leaves the hook of another time alone
			f.manifest = o.Content
		}
	case o != nil:
		f.manifest = o.Content
	case s.CoverageOf(snapshot.ReleaseRecord).State != snapshot.Read && len(s.Release.Manifest) == 0:
		for _, m := range f.managers {
			if m.Name == helm {
				f.manifest, _ = setBy(m.Fields, f.live).(map[string]any)
				f.guessed = true
			}
		}
	}
}

// hookMark is the annotation that makes an object a hook.
const hookMark = "helm.sh/hook"

// isMadeAnew says that an upgrade deletes a hook and makes it again: one that runs then.
// Source: https://helm.sh/docs/topics/charts_hooks/
func isMadeAnew(o *snapshot.Object) bool {
	when := o.Annotations()[hookMark]
	return strings.Contains(when, "upgrade") || len(snapshot.MaskedIn(when)) > 0
}

// foresee fills the fates, but for what becomes of fields that stand beside each other.
func (f *forecast) foresee() {
	f.merged, f.applied = f.patched, f.patched
	if f.manifest != nil && !f.anew {
		f.merged = merged(f.kind, f.patched, f.manifest)
	}
	refused := false
	for i := range f.steps {
		step := &f.steps[i]
		places := placesOf(f.kind, step.Path, f.live)
		step.Fate = f.fateOf(step, places)
		refused = refused || step.Fate.ByApply == Conflicts
	}
	if !refused && f.manifest != nil { // a refused upgrade leaves the object alone
		f.applied = f.putBack()
	}
}

func (f *forecast) fateOf(s *Step, places []place) Fate {
	mine, _ := lookup(f.patched, places)
	before, _ := lookup(f.live, places)
	fate := Fate{ByMerge: Survives, ByApply: Survives, Owners: ownersOf(f.kind, f.managers, places, mine)}
	if f.manifest == nil {
		fate.Contested = f.contested(s, places, before, mine, Survives)
		return fate
	}
	helms, found := lookup(f.manifest, places)
	fate.SetByHelm = found
	if f.anew {
		fate.ByMerge, fate.ByApply = Reverted, Reverted
		fate.Reason = "Helm makes this hook anew at every upgrade"
		return fate
	}
	fate.ByMerge = byMerge(f.kind, places, f.patched, f.merged)
	fate.ByApply = byApply(f.kind, places, f.patched, f.manifest)
	fate.Contested = f.contested(s, places, before, mine, fate.ByApply)
	if !fate.Safe() {
		fate.Reason = f.reason(helms, found)
	}
	return fate
}

// contested are the managers that have to be overruled today. Where the live
// object's are not known, what Helm sets is taken for Helm's.
func (f *forecast) contested(s *Step, places []place, before, mine any, byApply Outcome) []string {
	switch {
	case s.Op == change.Remove: // a patch that takes away asks nobody
		return nil
	case len(f.managers) > 0:
		return contestedBy(f.kind, f.managers, places, before, mine)
	case byApply == Conflicts:
		return []string{helm}
	}
	return nil
}

func (f *forecast) reason(helms any, found bool) string {
	who := "the release's manifest sets"
	if f.guessed {
		who = "Helm has set"
	}
	if !found {
		return who + " what this is a part of"
	}
	return who + " " + inFew(helms)
}

// longest is how many characters of a value a reason tells.
const longest = 60

// inFew is a value in few words, without secrets.
func inFew(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "another value"
	}
	words := []rune(strings.ReplaceAll(snapshot.Redact(string(text)), `\n`, " "))
	if len(words) > longest {
		return "a longer value"
	}
	return "it to " + string(words)
}
