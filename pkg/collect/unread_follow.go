package collect

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// walk follows fields.
func (r *reach) walk(v abstract, names []string) abstract {
	for _, name := range names {
		v = r.field(v, name)
	}
	return v
}

// field is what stands under a key of a value.
func (r *reach) field(v abstract, name string) abstract {
	var out []abstract
	for _, a := range v {
		switch {
		case a.isPath && !slices.Contains(a.omit, name):
			out = append(out, r.below(a.path, name))
		case a.record != nil:
			out = append(out, r.fieldOf(a.record, name))
		case a.isList && strings.Trim(name, "0123456789") == "":
			if i, err := strconv.Atoi(name); err == nil && i < len(a.list) {
				out = append(out, a.list[i])
			}
		}
	}
	return union(out...)
}

// fieldKey names a field of a map, as the maps were after so many changes.
type fieldKey struct {
	of      *fields
	name    string
	changes int
}

// fieldOf is what stands under a key of a map made in a template.
func (r *reach) fieldOf(f *fields, name string) abstract {
	if len(f.dynamic) == 0 && len(f.more) == 0 {
		return f.known[name]
	}
	key := fieldKey{f, name, r.changes}
	if found, done := r.cached[key]; done {
		return found
	}
	r.cached[key] = nil // maps may hold each other
	out := []abstract{f.known[name]}
	for _, d := range f.dynamic {
		out = append(out, r.settled(r.replace(d.value, d.symbol, name, 4)))
	}
	r.cached[key] = union(append(out, r.field(f.more, name))...)
	return r.cached[key]
}

// below is the place under a key of another place, and what templates put there.
func (r *reach) below(path []string, name string) abstract {
	here := append(slices.Clone(path), name)
	out := abstract{{isPath: true, path: here}}
	if len(here) > maxDepth {
		return out
	}
	out = append(out, r.aliases[placeName(here)]...)
	prefix := placeName(path) + "\x01"
	for place, put := range r.aliases {
		if symbol, found := strings.CutPrefix(place, prefix); found && isSymbol(symbol) && !strings.Contains(symbol, "\x01") {
			out = append(out, r.replace(put, symbol, name, 4)...)
		}
	}
	return out
}

// maxDepth bounds how deep places are followed through aliases.
const maxDepth = 24

// settled adds what templates put at the places of a value.
func (r *reach) settled(v abstract) abstract {
	out := v
	for _, a := range v {
		if a.isPath {
			out = append(slices.Clip(out), r.aliases[placeName(a.path)]...)
		}
	}
	return out
}

func placeName(path []string) string { return strings.Join(path, "\x01") }

// alias notes that templates put a value at a place in the values.
func (r *reach) alias(place []string, v abstract) {
	name := placeName(place)
	for _, a := range v {
		if a.isPath && placeName(a.path) == name {
			continue
		}
		if !slices.ContainsFunc(r.aliases[name], a.same) {
			r.aliases[name] = append(r.aliases[name], a)
			r.changes++
		}
	}
}

// each is the entries and the keys of what a range runs over. All entries
// under unknown keys share the range's symbol, so that a key and its value stay together.
func (r *reach) each(v abstract, symbol string) (items, keys abstract) {
	return r.eachTo(v, symbol, 6)
}

func (r *reach) eachTo(v abstract, symbol string, depth int) (items, keys abstract) {
	var all []abstract
	if depth < 0 {
		return nil, nil
	}
	for _, a := range v {
		switch {
		case a.isPath:
			all = append(all, r.below(a.path, symbol))
			keys = append(keys, &atom{symbol: symbol, over: a.path})
		case a.isList:
			all = append(all, a.list...)
		case a.record != nil:
			for _, name := range slices.Sorted(maps.Keys(a.record.known)) {
				all = append(all, a.record.known[name])
				keys = append(keys, &atom{isText: true, text: name, symbol: symbol})
			}
			for _, d := range a.record.dynamic {
				all = append(all, r.replace(d.value, d.symbol, symbol, 4))
				keys = append(keys, &atom{symbol: symbol})
			}
			more, moreKeys := r.eachTo(a.record.more, symbol, depth-1)
			all, keys = append(all, more), append(keys, moreKeys...)
		}
	}
	return union(all...), keys.distinct()
}

// withoutKeys leaves out the keys of ranges: to hand a key on is not to use what stands under it.
func withoutKeys(v abstract) abstract {
	var out abstract
	for _, a := range v {
		if a.isList {
			list := make([]abstract, len(a.list))
			for i, item := range a.list {
				list[i] = withoutKeys(item)
			}
			a = &atom{isList: true, list: list}
		}
		if a.symbol == "" {
			out = append(out, a)
		}
	}
	return out
}

// items is the entries of the lists in a value.
func (r *reach) items(v abstract) abstract {
	var all []abstract
	for _, a := range v {
		if a.isList {
			all = append(all, a.list...)
		}
	}
	return yamlOf(union(all...))
}

// test notes that a value decides something by being there.
func (r *reach) test(v abstract) {
	for _, a := range v {
		switch {
		case a.isPath:
			r.marks.touch(a.path)
		case a.yaml != nil:
			r.test(a.yaml)
		}
	}
}

// consume notes that a value is used as a whole. The dot that a chart's templates
// begin with is passed around everywhere; that alone uses none of the values.
func (r *reach) consume(v abstract, passed bool) {
	r.consumed(v, passed, 6)
}

func (r *reach) consumed(v abstract, passed bool, depth int) {
	if depth < 0 {
		return
	}
	for _, a := range v {
		switch {
		case a.isPath && passed && r.isRoot(a.path):
		case a.isPath:
			r.marks.use(a.path, a.omit)
		case a.symbol != "" && a.over != nil:
			r.marks.at(append(slices.Clone(a.over), anyKey)).seen = true
		case a.isList:
			for _, item := range a.list {
				r.consumed(item, true, depth-1)
			}
		case a.record != nil && a.record.id == "":
			for _, field := range a.record.known {
				r.consumed(field, true, depth-1)
			}
			for _, d := range a.record.dynamic {
				r.consumed(d.value, true, depth-1)
			}
			r.consumed(a.record.more, true, depth-1)
		case a.yaml != nil:
			r.consumed(a.yaml, false, depth-1)
		}
	}
}

// isRoot says that a place is all the values of a chart.
func (r *reach) isRoot(path []string) bool {
	for _, root := range r.roots {
		for _, a := range root[0].record.known["Values"] {
			if slices.Equal(a.path, path) {
				return true
			}
		}
	}
	return false
}
