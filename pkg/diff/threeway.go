package diff

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ThreeWay is what Helm installed, what is live and what the profile asks for,
// field by field.
type ThreeWay struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"` // always "ThreeWayDiff"
	Release    Release `json:"release"`
	Profile    string  `json:"profile"`
	// Rows are sorted by object and path. Where the three agree there is none.
	Rows   []Row    `json:"rows"`
	Left   []Left   `json:"left"`
	Unread []string `json:"unread"`
}

// Row is one field. A side that does not hold the field, or the object, is absent.
type Row struct {
	snapshot.Ref
	Component string `json:"component,omitempty"`
	// Path is empty where the whole object is there on some sides only.
	Path      string `json:"path"`
	Container string `json:"container,omitempty"`
	Installed any    `json:"installed,omitempty"`
	Live      any    `json:"live,omitempty"`
	Wanted    any    `json:"wanted,omitempty"`
	// Drifted says that live is not what Helm installed, Planned that the profile asks for something else than live.
	Drifted bool     `json:"drifted"`
	Planned bool     `json:"planned"`
	Rules   []string `json:"rules,omitempty"`
}

// ThreeWays joins what differs from the release and what differs from the
// profile, two comparisons of one snapshot.
func ThreeWays(s *snapshot.Snapshot, release, profile *Diff) *ThreeWay {
	t := &ThreeWay{
		APIVersion: APIVersion, Kind: "ThreeWayDiff", Release: profile.Release,
		Profile: strings.TrimPrefix(profile.Against, "profile "),
		Rows:    []Row{}, Left: profile.Left, Unread: mergeSorted(release.Unread, profile.Unread),
	}
	for _, o := range release.Objects {
		for _, f := range o.Fields {
			t.Rows = append(t.Rows, Row{
				Ref: o.Ref, Component: o.Component, Path: f.Path, Container: f.Container,
				Installed: renamed(f.After), Live: renamed(f.Before), Wanted: renamed(f.Before), Drifted: true,
			})
		}
	}
	for _, o := range profile.Objects {
		for _, f := range o.Fields {
			t.plan(s, o, f)
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		if order := a.Compare(b.Ref); order != 0 {
			return order
		}
		return strings.Compare(a.Path, b.Path)
	})
	return t
}

// plan adds what the profile asks for, to the row of a field that drifted or as one of its own.
func (t *ThreeWay) plan(s *snapshot.Snapshot, o Object, f Field) {
	i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Same(o.Ref) && r.Path == f.Path })
	if i < 0 {
		installed, _ := redacted(installedAt(s, o.Ref, f.Path), nil)
		if o.Kind == releaseKind { // Helm keeps the values that it installed with
			installed = f.Before
		}
		t.Rows = append(t.Rows, Row{Ref: o.Ref, Path: f.Path, Container: f.Container, Installed: installed, Live: f.Before})
		i = len(t.Rows) - 1
	}
	r := &t.Rows[i]
	r.Component = firstOf(r.Component, o.Component)
	r.Wanted, r.Planned, r.Rules = f.After, true, f.Rules
}

// installedAt is what the release's manifest says at a path; nil where nothing.
func installedAt(s *snapshot.Snapshot, ref snapshot.Ref, path string) any {
	for i := range s.Release.Manifest {
		if o := &s.Release.Manifest[i]; o.Same(ref) {
			value, _ := change.Lookup(o.Content, path)
			return value
		}
	}
	return nil
}

// renamed is a value of the comparison with the release, whose masked values
// say where they stand among three sides.
func renamed(value any) any {
	switch v := value.(type) {
	case string:
		return strings.NewReplacer("[secret, before]", "[secret, live]", "[secret, after]", "[secret, installed]").Replace(v)
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = renamed(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = renamed(inner)
		}
		return out
	}
	return value
}

// Empty says that the three agree.
func (t *ThreeWay) Empty() bool { return len(t.Rows) == 0 }

func mergeSorted(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return append([]string{}, slices.Compact(out)...)
}
