package collect

import (
	"maps"
	"slices"
)

// collection is the call of a function on maps and lists.
func (r *reach) collection(name string, args []abstract, place string) (abstract, bool) {
	switch {
	case name == "dict":
		return r.dict(args), true
	case name == "list" || name == "tuple":
		return abstract{{isList: true, list: args}}, true
	case len(args) == 0:
		return nil, false
	}
	if v, known := r.picked(name, args); known {
		return v, true
	}
	return r.combined(name, args, place)
}

// picked is the call of a function that takes entries out of maps and lists.
func (r *reach) picked(name string, args []abstract) (abstract, bool) {
	last := args[len(args)-1]
	switch name {
	case "index", "get":
		v := args[0]
		for _, key := range args[1:] {
			v = r.entry(v, key)
		}
		return v, true
	case "hasKey":
		if len(args) > 1 {
			r.test(r.entry(args[0], args[1]))
		}
		return nil, true
	case "dig":
		v := last
		for _, key := range args[:max(0, len(args)-2)] {
			v = r.entry(v, key)
		}
		return v, true
	case "pluck":
		var list []abstract
		for _, m := range args[1:] {
			list = append(list, r.entry(m, args[0]))
		}
		return abstract{{isList: true, list: list}}, true
	}
	return nil, false
}

// combined is the call of a function that makes maps and lists of others.
func (r *reach) combined(name string, args []abstract, place string) (abstract, bool) {
	last := args[len(args)-1]
	switch name {
	case "deepCopy":
		return r.copied(last), true
	case "set":
		r.set(args)
		return args[0], true
	case "merge", "mergeOverwrite":
		return r.merged(args), true
	case "omit":
		return omitted(args), true
	case "pick":
		out := r.newFields()
		for _, key := range args[1:] {
			for _, text := range key.texts() {
				out.known[text] = r.field(args[0], text)
			}
		}
		return abstract{{record: out}}, true
	case "append", "prepend", "push":
		return union(args[0], abstract{{isList: true, list: args[1:]}}), true
	case "first", "last", "values":
		items, _ := r.each(last, symbolPrefix+place+"/"+name)
		if name == "values" {
			return abstract{{isList: true, list: []abstract{items}}}, true
		}
		return items, true
	case "keys":
		_, keys := r.each(last, symbolPrefix+place+"/keys")
		return abstract{{isList: true, list: []abstract{keys}}}, true
	}
	return nil, false
}

// entry is what stands under a key that may be a text or the key of a range.
func (r *reach) entry(v, key abstract) abstract {
	var out []abstract
	for _, k := range key {
		switch {
		case k.isText:
			out = append(out, r.field(v, k.text))
		case k.symbol != "":
			out = append(out, r.field(v, k.symbol))
			if k.over != nil { // whatever keys there are
				continue
			}
		default:
			r.test(abstract{k})
			items, _ := r.each(v, symbolPrefix+"?")
			out = append(out, items)
			r.consume(abstract{k}, true)
		}
	}
	return union(out...)
}

// dict is a map made of keys and values.
func (r *reach) dict(args []abstract) abstract {
	out := r.newFields()
	for i := 0; i+1 < len(args); i += 2 {
		for _, key := range args[i] {
			switch {
			case key.isText:
				out.known[key.text] = union(out.known[key.text], args[i+1])
			case key.symbol != "":
				out.addDynamic(key.symbol, args[i+1])
			default: // under a key that nobody knows: taken as used
				r.consume(abstract{key}, true)
				r.consume(args[i+1], true)
			}
		}
	}
	return abstract{{record: out}}
}

// set puts a value into a map: one made in a template, or the values themselves.
func (r *reach) set(args []abstract) {
	if len(args) < 3 {
		return
	}
	r.changes++
	for _, key := range args[1] {
		v, name := args[2], key.text
		switch {
		case key.isText && key.symbol != "": // of all entries of a range, the one under this key
			v = r.replace(v, key.symbol, key.text, 4)
		case !key.isText && key.symbol != "":
			name = key.symbol
		case !key.isText: // under a key that nobody knows: taken as used
			r.consume(abstract{key}, true)
			r.consume(v, true)
			continue
		}
		for _, into := range args[0] {
			r.put(into, name, v)
		}
	}
}

func (r *reach) put(into *atom, name string, v abstract) {
	switch {
	case into.isPath:
		r.alias(append(slices.Clone(into.path), name), v)
	case into.record == nil || into.record.known == nil:
	case isSymbol(name):
		into.record.addDynamic(name, v)
	default:
		into.record.known[name] = union(into.record.known[name], v)
	}
}

func (f *fields) addDynamic(symbol string, v abstract) {
	for i, d := range f.dynamic {
		if d.symbol == symbol {
			f.dynamic[i].value = union(d.value, v)
			return
		}
	}
	f.dynamic = append(f.dynamic, dynamicField{symbol, v})
}

// merged is several maps in one. The first takes the others in, as Sprig's merge does.
func (r *reach) merged(args []abstract) abstract {
	others := union(args[1:]...)
	for _, a := range args[0] {
		if a.record != nil && a.record.id == "" {
			a.record.more = union(a.record.more, slices.DeleteFunc(slices.Clone(others), a.same))
			r.changes++
		}
	}
	return union(args...)
}

// omitted is a map without some keys.
func omitted(args []abstract) abstract {
	var keys []string
	for _, key := range args[1:] {
		keys = append(keys, key.texts()...)
	}
	var out abstract
	for _, a := range args[0] {
		if a.isPath {
			a = &atom{isPath: true, path: a.path, omit: append(slices.Clone(a.omit), keys...)}
		}
		out = append(out, a)
	}
	return out
}

// copied is a deep copy. What is put into the copy of a template's root, or into
// the values below it, is seen only there.
func (r *reach) copied(v abstract) abstract {
	var out abstract
	for _, a := range v {
		if a.record != nil && a.record.known["Values"] != nil {
			root, values := r.newFields(), r.newFields()
			values.more = a.record.known["Values"]
			root.known, root.more = maps.Clone(a.record.known), a.record.more
			root.known["Values"] = abstract{{record: values}}
			a = &atom{record: root}
		}
		out = append(out, a)
	}
	return out
}
