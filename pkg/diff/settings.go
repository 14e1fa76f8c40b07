package diff

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const (
	inTheValues = "in the chart's values, which no patch of a live object changes: generate values writes and tries them"
	releaseKind = "Release"
)

// settings are the release's own values as an object, of which only the keys
// that close findings by themselves are looked at; false where there are none.
func (p Profile) settings() (*Object, bool, error) {
	release := p.Snapshot.Release
	s := sides{ref: snapshot.Ref{APIVersion: "helm.sh/release.v1", Kind: releaseKind, Namespace: release.Namespace, Name: release.Name}}
	s.before, s.after = bareRelease(s.ref), bareRelease(s.ref)
	o := &Object{Ref: s.ref, Status: Changed, Rules: []Rule{}, Fields: []Field{}}
	var fields []Field
	for _, setting := range p.Settings {
		key := change.ValuesPointer(setting.Key)
		f := Field{Path: "/values" + key, Rules: setting.Rules, Note: inTheValues}
		if now, found := change.Lookup(release.Values, key); found {
			if err := (change.Change{Target: s.ref, Op: change.Set, Path: f.Path, Value: now}).Apply(s.before); err != nil {
				return nil, false, err
			}
		}
		if err := (change.Change{Target: s.ref, Op: change.Set, Path: f.Path, Value: setting.Value}).Apply(s.after); err != nil {
			return nil, false, err
		}
		for _, id := range setting.Rules {
			o.addRule(id)
		}
		fields = append(fields, f)
	}
	s.fill(o, fields)
	return o, len(o.Fields) > 0, nil
}

func bareRelease(ref snapshot.Ref) map[string]any {
	return map[string]any{
		"apiVersion": ref.APIVersion, "kind": ref.Kind, "values": map[string]any{},
		"metadata": map[string]any{"name": ref.Name, "namespace": ref.Namespace},
	}
}
