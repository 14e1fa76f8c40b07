package snapshot

import (
	"slices"
	"testing"
)

func TestRefsAreOrderedAndCompared(t *testing.T) {
	a := Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "a"}
	b := Ref{APIVersion: "apps/v1beta1", Kind: "Deployment", Namespace: "n", Name: "a"}
	c := Ref{APIVersion: "v1", Kind: "Deployment", Namespace: "n", Name: "a"}
	if !a.Same(b) || a.Same(c) {
		t.Error("two versions of one API are one object, two groups are not")
	}
	list := []Ref{{Kind: "B"}, {Kind: "A", Name: "z"}, {Kind: "A", Name: "a"}}
	slices.SortFunc(list, Ref.Compare)
	if list[0].Name != "a" || list[2].Kind != "B" {
		t.Errorf("sorted to %v", list)
	}
	if c.Group() != "" || a.Group() != "apps" {
		t.Errorf("groups %q and %q", c.Group(), a.Group())
	}
}

func TestCoverageOfWhatNobodyNoted(t *testing.T) {
	s := &Snapshot{Coverage: []Coverage{{Kind: Secret, State: Forbidden, Reason: "no"}}}
	if got := s.CoverageOf(Secret); got.State != Forbidden || got.Reason != "no" {
		t.Errorf("Secret is %+v", got)
	}
	if got := s.CoverageOf(Pod); got.State != NotCollected {
		t.Errorf("what nobody noted counts as %+v", got)
	}
}

func TestAtWalksMapsOnly(t *testing.T) {
	o := Object{Content: map[string]any{"metadata": map[string]any{"labels": map[string]any{"a": "1", "n": int64(2)}}, "list": []any{"x"}}}
	if got := o.Labels(); len(got) != 1 || got["a"] != "1" {
		t.Errorf("labels %v", got)
	}
	if o.At("list", "0") != nil || o.At("nope", "deeper") != nil {
		t.Error("At found something behind a list or a missing key")
	}
}
