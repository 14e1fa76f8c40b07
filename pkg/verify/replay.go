package verify

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Replay is a copy of a snapshot with changes made in it: those of live and of
// rendered objects, and of hooks that stand in the release's record alone. A
// Put adds its object where there is none. It fails where a change does not fit.
func Replay(s *snapshot.Snapshot, changes []change.Change) (*snapshot.Snapshot, error) {
	out := *s
	out.Objects, out.Release.Hooks = slices.Clone(s.Objects), slices.Clone(s.Release.Hooks)
	copied := map[snapshot.Ref]bool{}
	for _, c := range changes {
		o := target(&out, c)
		if o == nil {
			return nil, fmt.Errorf("%s: nothing to change: the object was not read", c.Target)
		}
		if !copied[o.Ref] { // the content is still the first snapshot's
			o.Content, copied[o.Ref] = runtime.DeepCopyJSON(o.Content), true
		}
		if err := c.Apply(o.Content); err != nil {
			return nil, err
		}
		if c.Op == change.Set {
			o.Managers = append(slices.Clone(o.Managers), manager(c))
		}
	}
	out.Objects = withoutOldTaskPods(out.Objects, s, changes)
	out.Sort()
	return &out, nil
}

// target is the object that a change is about; a Put makes it where there is none.
func target(s *snapshot.Snapshot, c change.Change) *snapshot.Object {
	for _, list := range [][]snapshot.Object{s.Objects, s.Release.Hooks} {
		if i := slices.IndexFunc(list, func(o snapshot.Object) bool { return o.Same(c.Target) }); i >= 0 {
			return &list[i]
		}
	}
	if c.Op != change.Put {
		return nil
	}
	s.Objects = append(s.Objects, snapshot.Object{Ref: c.Target, Origin: snapshot.Rendered, Content: map[string]any{}})
	return &s.Objects[len(s.Objects)-1]
}

// manager is the field manager of a change as the API server would note it.
func manager(c change.Change) snapshot.Manager {
	fields := map[string]any{}
	parts := change.Split(c.Path)
	for i := len(parts) - 1; i >= 0; i-- {
		name := "f:" + parts[i]
		if field, value, keyed := change.Keyed(parts[i]); keyed {
			text, err := json.Marshal(map[string]any{field: value})
			if err == nil {
				name = "k:" + string(text)
			}
		}
		fields = map[string]any{name: fields}
	}
	return snapshot.Manager{Name: snapshot.PlanManager, Operation: "Apply", Fields: fields}
}
