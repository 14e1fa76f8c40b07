package netpol

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Most that is imagined of one selector: a selector that asks for more says
// little of what it matches.
const maxImagined = 64

// someName stands for a name or value that a selector leaves open.
const someName = "another"

// imagine are sets of labels that a selector matches, one for each combination
// of the values that it lists; few is false where there are too many.
func (s selector) imagine() (sets []labels.Set, few bool) {
	sets = []labels.Set{{}}
	if !s.given() {
		return sets, true
	}
	requirements, _ := s.labels.Requirements()
	var open []string // keys with any value, after those with values that count
	for _, r := range requirements {
		switch r.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			if sets = with(sets, r.Key(), slices.Sorted(maps.Keys(r.Values()))); len(sets) > maxImagined {
				return nil, false
			}
		case selection.Exists:
			open = append(open, r.Key())
		}
	}
	for _, key := range open {
		sets = with(sets, key, []string{someName})
	}
	return slices.DeleteFunc(sets, func(set labels.Set) bool { return !s.labels.Matches(set) }), true
}

// with gives each set each value. A value that is there already stays: whether
// it fits both is found out afterwards.
func with(sets []labels.Set, key string, values []string) []labels.Set {
	var out []labels.Set
	for _, set := range sets {
		if _, has := set[key]; has {
			out = append(out, set)
			continue
		}
		for _, value := range values {
			next := labels.Set{key: value}
			maps.Copy(next, set)
			out = append(out, next)
		}
	}
	return out
}

// impossible says that no labels match.
func (s selector) impossible() bool {
	sets, few := s.imagine()
	return few && len(sets) == 0
}

// beside says whether a selector of namespaces can match others than the one.
// Any namespace may have any label but the one that holds its name.
func (s selector) beside(home string) bool {
	names, listed := []string{someName}, false
	requirements, _ := s.labels.Requirements()
	for _, r := range requirements {
		if r.Key() != namespaceName {
			continue
		}
		switch r.Operator() {
		case selection.DoesNotExist:
			return false
		case selection.Equals, selection.DoubleEquals, selection.In:
			if !listed {
				names, listed = slices.Sorted(maps.Keys(r.Values())), true
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool {
			return name == home || !r.Matches(labels.Set{namespaceName: name})
		})
	}
	return slices.ContainsFunc(names, func(name string) bool { return name != home })
}
