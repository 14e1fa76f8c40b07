package harden

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ChartKeys tells which keys the chart at hand has. Where it is nil, nobody
// can tell, and the catalogue's word counts.
type ChartKeys interface {
	// Knows says whether the chart has a key.
	Knows(path []string) bool
	// Default is what the chart itself sets there; nil where nothing.
	Default(path []string) any
	// Absent says that the key belongs to a subchart that is not at hand.
	Absent(path []string) bool
}

// Wish is a finding that the chart's values may close.
type Wish struct {
	Rule, Fingerprint    string
	Target               snapshot.Ref
	Component, Container string
	// Changes are what the object must become.
	Changes []change.Change
	// Key and Value are the fix as a setting; Value is nil where there is no certain one.
	Key   string
	Value any
	// Alone says that the key is one option of Airflow's: no other key does anything to the finding.
	Alone bool
	// Summary is the fix in words.
	Summary string
}

// LeftWish is one that stays open, and why.
type LeftWish struct {
	Wish
	Reason string
}

// ValuesPlan is an overlay that closes what values can close, before anything is rendered.
type ValuesPlan struct {
	// Changes are sorted by key; where one sets a security context, its value is the whole map.
	Changes []ValuesChange
	Left    []LeftWish

	model    *airflow.Model
	keys     ChartKeys
	contexts []*contextItem
	settings []setting
}

// setting is a wish that a key of its own closes.
type setting struct {
	wish  Wish
	paths [][]string
}

// Values composes the overlay. Functions are what DAGs do through the
// Kubernetes API that no manifest shows, as the profile declares.
func Values(m *airflow.Model, wishes []Wish, keys ChartKeys, functions []airflow.Function) *ValuesPlan {
	p := &ValuesPlan{model: m, keys: keys}
	p.contexts = contextsOf(m, keys)
	for _, w := range wishes {
		items, parts := p.itemsOf(w)
		switch {
		case items != nil:
			p.wishFor(w, items, parts)
		case w.Value != nil && w.Key != "":
			p.set(w, functions)
		case w.Key != "":
			p.leave(w, "needs your decision: "+w.Summary)
		default:
			p.leave(w, nothingReaches(m))
		}
	}
	p.compose()
	slices.SortStableFunc(p.Changes, func(a, b ValuesChange) int { return slices.Compare(a.Path, b.Path) })
	return p
}

func nothingReaches(m *airflow.Model) string {
	return "no values key of the " + string(m.Dialect) + " chart reaches it: generate patches changes the object"
}

func (p *ValuesPlan) leave(w Wish, reason string) {
	p.Left = append(p.Left, LeftWish{Wish: w, Reason: reason})
}

// set asks for a setting; a map sets each of its keys.
func (p *ValuesPlan) set(w Wish, functions []airflow.Function) {
	if strings.Contains(w.Key, "[") {
		p.leave(w, "needs your decision, because it stands in a list of your values: "+w.Summary)
		return
	}
	if other := p.needsToken(w, functions); other != "" {
		p.leave(w, w.Key+" would take the token from "+other+", too, which needs it: give each an account of its own first")
		return
	}
	s := setting{wish: w}
	var changes []ValuesChange
	for _, leaf := range leavesOf(strings.Split(w.Key, "."), w.Value) {
		if reason := p.unusable(leaf.Path); reason != "" {
			p.leave(w, reason)
			return
		}
		leaf.Rules, leaf.Why, leaf.Fingerprints = []string{w.Rule}, w.Summary, []string{w.Fingerprint}
		if leaf.Path[len(leaf.Path)-1] == "create" {
			leaf.Why = "an account of its own, which the chart makes only then"
		}
		if other := p.changeAt(leaf.Path); other != nil && other.Value != leaf.Value {
			p.leave(w, "another finding asks for another value of "+leaf.Key())
			return
		}
		s.paths, changes = append(s.paths, leaf.Path), append(changes, leaf)
	}
	for _, c := range changes {
		p.add(c)
	}
	p.settings = append(p.settings, s)
}

// leavesOf are the single keys below a path that a value sets.
func leavesOf(path []string, value any) []ValuesChange {
	level, isMap := value.(map[string]any)
	if !isMap {
		return []ValuesChange{{Path: path, Value: value}}
	}
	var out []ValuesChange
	for _, key := range sortedKeys(level) {
		out = append(out, leavesOf(append(slices.Clone(path), key), level[key])...)
	}
	return out
}

// unusable says why a key cannot be written; empty where it can.
func (p *ValuesPlan) unusable(path []string) string {
	switch key := strings.Join(path, "."); {
	case p.keys == nil:
		return ""
	case p.keys.Absent(path):
		return key + " belongs to a subchart, of which Helm keeps no copy, so it was not tried: give --chart"
	case !p.keys.Knows(path):
		return "this chart has no key " + key + ": generate patches changes the object"
	}
	return ""
}

func (p *ValuesPlan) changeAt(path []string) *ValuesChange {
	i := slices.IndexFunc(p.Changes, func(c ValuesChange) bool { return slices.Equal(c.Path, path) })
	if i < 0 {
		return nil
	}
	return &p.Changes[i]
}

// add keeps a change, or notes the rule where it is wanted already.
func (p *ValuesPlan) add(c ValuesChange) {
	known := p.changeAt(c.Path)
	if known == nil {
		p.Changes = append(p.Changes, c)
		return
	}
	known.Rules, known.Fingerprints = distinct(append(known.Rules, c.Rules...)), distinct(append(known.Fingerprints, c.Fingerprints...))
}

// needsToken names a component that needs the token which a wish would take
// away with its own: workers and task pods share an account, for one.
func (p *ValuesPlan) needsToken(w Wish, functions []airflow.Function) string {
	const automount = "automountServiceAccountToken"
	if !slices.ContainsFunc(w.Changes, func(c change.Change) bool { return strings.HasSuffix(c.Path, automount) }) {
		return ""
	}
	i := slices.IndexFunc(p.model.Workloads, func(o *airflow.Workload) bool {
		return o.Ref == w.Target && strings.HasPrefix(w.Changes[0].Path, o.SpecPath()+"/")
	})
	if i < 0 {
		return ""
	}
	own := p.model.Workloads[i]
	for _, other := range p.model.Workloads {
		if other == own || other.Owner != nil || other.Namespace() != own.Namespace() || other.ServiceAccount() != own.ServiceAccount() {
			continue
		}
		token := p.model.MountsToken(other)
		if needed, _ := p.model.NeedsAPI(other, functions...); needed && token.Mounted && !token.Explicit && other.Spec.AutomountServiceAccountToken == nil {
			return string(other.Component)
		}
	}
	return ""
}
