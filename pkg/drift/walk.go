package drift

import (
	"strconv"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Difference is one place where a live object is not what the release says.
type Difference struct {
	// Path is a JSON pointer in the live object; Named is the same as a change wants it: list entries by their name.
	Path, Named string
	Want        any // nil where the release leaves it out
	Have        any // nil where the live object leaves it out
	// Entry is, with List, the name of a list's entry that is there too much or missing.
	List, Entry string

	// Container is the container that it is about; empty where it is about none.
	Container string
	// Field is the place in words, below the container where there is one.
	Field string
	// Severity is how bad a difference at this place is; empty where it does not matter for security.
	Severity rule.Severity
}

// spot is a place in both objects while they are walked.
type spot struct {
	path, named string
	parent, key string // the last two field names
}

func (s spot) field(key string) spot {
	part := "/" + change.Escape(key)
	return spot{s.path + part, s.named + part, s.key, key}
}

// item is an entry of a list: it stands below the list's own field name.
func (s spot) item(index int, fields []string, name string) spot {
	part := strconv.Itoa(index)
	named := part
	if key, keyed := keyOf(fields, name); keyed {
		named = key
	}
	return spot{s.path + "/" + part, s.named + "/" + named, "", s.key}
}

// differences walks two values of one field.
func differences(at spot, want, have any) []Difference {
	if same(at, want, have) {
		return nil
	}
	if fields := entryKeys[at.key]; fields != nil && (isList(want) || isList(have)) {
		return entryDifferences(at, fields, want, have)
	}
	w, wIs := asMap(at, want)
	h, hIs := asMap(at, have)
	if !wIs || !hIs {
		return []Difference{{Path: at.path, Named: at.named, Want: want, Have: have}}
	}
	var out []Difference
	for _, key := range fieldsOf(w, h) {
		if assigned[key] && w[key] == nil {
			continue
		}
		at := at.field(key)
		out = append(out, differences(at, orDefault(at, w), orDefault(at, h))...)
	}
	return out
}

// entryDifferences walks lists whose entries have a name, in whatever order.
func entryDifferences(at spot, fields []string, want, have any) []Difference {
	var out []Difference
	w, wNames := entriesByName(want, fields)
	h, hNames := entriesByName(have, fields)
	for _, name := range wNames {
		if h[name].content == nil {
			out = append(out, missingEntry(at, fields, name, w[name].content))
			continue
		}
		out = append(out, differences(at.item(h[name].index, fields, name), w[name].content, h[name].content)...)
	}
	for _, name := range hNames {
		if w[name].content == nil && !addedByOthers(at.key, name) {
			place := at.item(h[name].index, fields, name)
			out = append(out, Difference{Path: place.path, Named: place.named, Have: h[name].content, List: at.key, Entry: name})
		}
	}
	return out
}

// missingEntry is an entry that the release holds and the live list does not: its path is the list's.
func missingEntry(at spot, fields []string, name string, want any) Difference {
	out := Difference{Path: at.path, Named: at.named, Want: want, List: at.key, Entry: name}
	if part, keyed := keyOf(fields, name); keyed {
		out.Named += "/" + part
	}
	return out
}

// keyOf is an entry's part of a path as a change wants it. Only names and mount paths can stand there.
func keyOf(fields []string, name string) (part string, keyed bool) {
	if len(fields) != 1 {
		return "", false
	}
	_, _, keyed = change.Keyed(fields[0] + "=")
	return fields[0] + "=" + change.Escape(name), keyed
}
