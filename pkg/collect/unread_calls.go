package collect

import (
	"maps"
	"slices"
	"strings"
)

// testFunctions look at whether a value is there or what it is like, not at what it says.
var testFunctions = set("not", "empty", "len", "kindIs", "kindOf", "typeIs", "typeIsLike", "typeOf")

// compareFunctions look at what a value says; a key that is only compared is not used by that.
var compareFunctions = set("eq", "ne", "has", "contains", "hasPrefix", "hasSuffix", "deepEqual", "regexMatch")

// passFunctions give back what they are given, rearranged at most.
var passFunctions = set(
	"and", "or", "coalesce", "default", "required", "concat", "without", "compact", "uniq",
	"reverse", "initial", "rest", "slice", "sortAlpha", "unset",
)

// function is the value of a function's call. Functions that are not known use all they are given.
func (f *frame) function(name string, args []abstract) abstract {
	r := f.reach
	name = strings.TrimPrefix(name, "must")
	if name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		name = strings.ToLower(name[:1]) + name[1:]
	}
	switch {
	case testFunctions[name]:
		for _, arg := range args {
			r.test(arg)
		}
		return nil
	case compareFunctions[name]:
		for _, arg := range args {
			r.compare(arg)
		}
		return nil
	case passFunctions[name]:
		for _, arg := range args {
			r.test(arg)
		}
		return union(args...)
	}
	if v, known := r.text(name, args); known {
		return v
	}
	if v, known := r.collection(name, args, f.name); known {
		return v
	}
	for _, arg := range args {
		r.consume(arg, true)
	}
	return nil
}

// text is the call of a function that makes text, reads it, or picks one of two.
func (r *reach) text(name string, args []abstract) (abstract, bool) {
	if len(args) == 0 {
		return nil, false
	}
	switch name {
	case "include":
		return r.include(args), true
	case "tpl":
		return r.tpl(args), true
	case "toYaml", "toJson", "toPrettyJson", "toRawJson", "toToml", "toYamlPretty":
		return yamlOf(args[0]), true
	case "fromYaml", "fromJson", "fromYamlArray", "fromJsonArray":
		return r.parsed(args[0]), true
	case "indent", "nindent", "trim":
		return args[len(args)-1], true
	case "splitList":
		return r.split(args), true
	case "print", "cat", "printf":
		return r.printed(name, args), true
	case "ternary":
		r.test(args[len(args)-1])
		return union(args[:len(args)-1]...), true
	}
	return nil, false
}

// compare notes that a value is compared. Of "whatever is below" and of the keys
// of a range that says nothing.
func (r *reach) compare(v abstract) {
	for _, a := range v {
		switch {
		case a.isPath && len(a.path) > 0 && isSymbol(a.path[len(a.path)-1]):
			r.test(abstract{a})
		case a.symbol == "":
			r.consume(abstract{a}, true)
		}
	}
}

// include calls the templates whose names a text may be.
func (r *reach) include(args []abstract) abstract {
	names := args[0].texts()
	var dot abstract
	if len(args) > 1 {
		dot = args[1]
	}
	if names == nil { // which template that is cannot be known
		r.consume(dot, true)
		return nil
	}
	var out []abstract
	for _, name := range names {
		for _, each := range r.alternatives(dot) {
			out = append(out, r.call(name, each))
		}
	}
	return union(out...)
}

// tpl walks a text that is a template: a file of the chart, or a value. Values
// are found by where they stand, so that they are walked with the dot they get.
func (r *reach) tpl(args []abstract) abstract {
	if len(args) < 2 {
		return nil
	}
	var out []abstract
	for _, a := range args[0] {
		if !a.isText {
			r.consume(abstract{a}, true)
			continue
		}
		name := "file " + a.text
		if r.templates[name] != nil || r.parse(name, a.text) {
			out = append(out, r.call(name, args[1]))
		}
	}
	for _, place := range pathsIn(args[0], 4) {
		for _, t := range r.texts {
			if isBelow(t.path, place) {
				out = append(out, r.call(t.template, args[1]))
			}
		}
	}
	return union(out...)
}

// pathsIn are the paths in a value, down to a depth.
func pathsIn(v abstract, depth int) [][]string {
	var out [][]string
	if depth < 0 {
		return nil
	}
	for _, a := range v {
		switch {
		case a.isPath && len(a.path) > 0:
			out = append(out, a.path)
		case a.yaml != nil:
			out = append(out, pathsIn(a.yaml, depth-1)...)
		case a.isList:
			for _, item := range a.list {
				out = append(out, pathsIn(item, depth-1)...)
			}
		case a.record != nil && a.record.id == "":
			for _, name := range slices.Sorted(maps.Keys(a.record.known)) {
				out = append(out, pathsIn(a.record.known[name], depth-1)...)
			}
			out = append(out, pathsIn(a.record.more, depth-1)...)
		}
	}
	return out
}

// isBelow says that a path leads to a place or below it.
func isBelow(path, place []string) bool {
	if len(path) < len(place) {
		return false
	}
	for i, step := range place {
		if step != path[i] && !isSymbol(step) {
			return false
		}
	}
	return true
}

// parsed is what a YAML or JSON text says, where it was written from a value.
func (r *reach) parsed(v abstract) abstract {
	var out []abstract
	for _, a := range v {
		if a.yaml != nil {
			out = append(out, a.yaml)
		} else {
			r.consume(abstract{a}, true)
		}
	}
	return union(out...)
}

// printed is a text put together of known texts; anything else is used by being printed.
func (r *reach) printed(name string, args []abstract) abstract {
	parts := make([]string, 0, len(args))
	for _, arg := range args {
		texts := arg.texts()
		if len(texts) != 1 {
			for _, arg := range args {
				r.consume(arg, true)
			}
			return nil
		}
		parts = append(parts, texts[0])
	}
	switch name {
	case "cat":
		return textOf(strings.Join(parts, " "))
	case "printf":
		out := parts[0]
		for _, part := range parts[1:] {
			out = strings.Replace(out, "%s", part, 1)
		}
		return textOf(out)
	}
	return textOf(strings.Join(parts, ""))
}

// split is the parts of known texts.
func (r *reach) split(args []abstract) abstract {
	separator, texts := args[0].texts(), args[len(args)-1].texts()
	if len(separator) != 1 || texts == nil {
		r.consume(args[len(args)-1], true)
		return nil
	}
	var out abstract
	for _, each := range texts {
		var list []abstract
		for part := range strings.SplitSeq(each, separator[0]) {
			list = append(list, textOf(part))
		}
		out = append(out, &atom{isList: true, list: list})
	}
	return out
}
