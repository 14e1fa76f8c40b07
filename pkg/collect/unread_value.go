package collect

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// abstract is what is known of a value inside a template before anything is
// rendered: the places of the values it may come from, in any mix.
type abstract []*atom

// atom is one possibility. Exactly one of its parts is set.
type atom struct {
	path   []string // a place in the values, from the top
	isPath bool
	omit   []string // keys that were left out of what stands at path
	record *fields  // a map made in a template, or the template's own root
	list   []abstract
	isList bool
	text   string // a text known in full
	isText bool
	symbol string   // the key of a range; on a text, the range whose key the text is
	over   []string // what that range runs over
	yaml   abstract // the YAML or JSON text of a value, not yet used
}

// fields are the entries of a map made in a template.
type fields struct {
	id      string // of a chart's root
	number  int    // tells maps apart
	known   map[string]abstract
	dynamic []dynamicField
	more    abstract          // what was merged in
	files   map[string]string // a chart's files, of its .Files
}

// dynamicField is an entry whose key is that of a range.
type dynamicField struct {
	symbol string
	value  abstract
}

func pathOf(path ...string) *atom { return &atom{isPath: true, path: path} }

func textOf(text string) abstract { return abstract{{isText: true, text: text}} }

func yamlOf(v abstract) abstract {
	if len(v) == 0 {
		return nil
	}
	return abstract{{yaml: v}}
}

// union is all possibilities of several values, each once.
func union(values ...abstract) abstract {
	total, only := 0, abstract(nil)
	for _, v := range values {
		if len(v) > 0 {
			total, only = total+len(v), v
		}
	}
	if total <= 1 || total == len(only) {
		return only
	}
	out := make(abstract, 0, total)
	for _, v := range values {
		for _, a := range v {
			if !slices.ContainsFunc(out, a.same) {
				out = append(out, a)
			}
		}
	}
	return out
}

// distinct is the possibilities of one value, each once.
func (v abstract) distinct() abstract {
	var out abstract
	for _, a := range v {
		if !slices.ContainsFunc(out, a.same) {
			out = append(out, a)
		}
	}
	return out
}

// same says that two possibilities are one.
func (a *atom) same(b *atom) bool {
	switch {
	case a == b:
		return true
	case a.isPath && b.isPath:
		return slices.Equal(a.path, b.path) && slices.Equal(a.omit, b.omit)
	case a.isText && b.isText:
		return a.text == b.text && a.symbol == b.symbol
	case a.record != nil:
		return a.record == b.record
	case a.yaml != nil && len(a.yaml) == len(b.yaml):
		for i, inner := range a.yaml {
			if !inner.same(b.yaml[i]) {
				return false
			}
		}
		return true
	}
	return !a.isText && !b.isText && a.symbol != "" && a.symbol == b.symbol && slices.Equal(a.over, b.over)
}

// texts are the texts a value may be; nil where it may be something else.
func (v abstract) texts() []string {
	var out []string
	for _, a := range v {
		if !a.isText {
			return nil
		}
		out = append(out, a.text)
	}
	return out
}

// signDepth is how deep maps are told apart by what they hold; further down, by being another map.
const signDepth = 2

// alternatives are the values with each field that may be one of a few texts
// fixed to one of them: what belongs to one text then stays apart from the others.
func (r *reach) alternatives(v abstract) []abstract {
	const most = 8
	if len(v) != 1 || v[0].record == nil || v[0].record.id != "" {
		return []abstract{v}
	}
	f := v[0].record
	for _, name := range slices.Sorted(maps.Keys(f.known)) {
		texts := f.known[name].texts()
		if len(texts) < 2 || len(texts) > most {
			continue
		}
		var out []abstract
		for _, text := range texts {
			fixed := r.newFields()
			fixed.known, fixed.dynamic, fixed.more = maps.Clone(f.known), f.dynamic, f.more
			fixed.known[name] = textOf(text)
			out = append(out, abstract{{record: fixed}})
		}
		return out
	}
	return []abstract{v}
}

// sign tells what templates are called with apart.
func (v abstract) sign(b *strings.Builder, depth int) {
	for _, a := range v {
		b.WriteByte('|')
		a.sign(b, depth)
	}
}

func (a *atom) sign(b *strings.Builder, depth int) {
	switch {
	case a.isPath:
		b.WriteString(placeName(a.path))
		b.WriteByte('-')
		b.WriteString(placeName(a.omit))
	case a.isText:
		b.WriteString("t" + a.text)
	case a.symbol != "":
		b.WriteString("k" + a.symbol)
	case a.isList:
		for _, item := range a.list {
			b.WriteByte('[')
			item.sign(b, depth)
		}
	case a.record != nil:
		a.record.sign(b, depth)
	default:
		b.WriteByte('y')
		a.yaml.sign(b, depth)
	}
}

func (f *fields) sign(b *strings.Builder, depth int) {
	switch {
	case f.id != "":
		b.WriteString("#" + f.id)
		return
	case depth == 0:
		b.WriteString("#" + strconv.Itoa(f.number))
		return
	}
	b.WriteByte('{')
	for _, name := range slices.Sorted(maps.Keys(f.known)) {
		b.WriteString(name + ":")
		f.known[name].sign(b, depth-1)
	}
	for _, d := range f.dynamic {
		b.WriteString(d.symbol + ":")
		d.value.sign(b, depth-1)
	}
	b.WriteByte('&')
	f.more.sign(b, depth-1)
	b.WriteByte('}')
}

// replace puts a key in place of a range's symbol.
func (r *reach) replace(v abstract, symbol, key string, depth int) abstract {
	out := make(abstract, 0, len(v))
	for _, a := range v {
		out = append(out, r.replaceIn(a, symbol, key, depth))
	}
	return out
}

func (r *reach) replaceIn(a *atom, symbol, key string, depth int) *atom {
	switch {
	case depth < 0:
		return a
	case a.isPath:
		if !slices.Contains(a.path, symbol) {
			return a
		}
		path := slices.Clone(a.path)
		for i, step := range path {
			if step == symbol {
				path[i] = key
			}
		}
		return &atom{isPath: true, path: path, omit: a.omit}
	case a.symbol == symbol:
		return &atom{isText: true, text: key}
	case a.isList:
		list := make([]abstract, len(a.list))
		for i, item := range a.list {
			list[i] = r.replace(item, symbol, key, depth-1)
		}
		return &atom{isList: true, list: list}
	case a.record != nil && a.record.id == "":
		return &atom{record: r.replaceFields(a.record, symbol, key, depth-1)}
	case a.yaml != nil:
		return &atom{yaml: r.replace(a.yaml, symbol, key, depth-1)}
	}
	return a
}

func (r *reach) replaceFields(f *fields, symbol, key string, depth int) *fields {
	out := r.newFields()
	out.more = r.replace(f.more, symbol, key, depth)
	for name, v := range f.known {
		out.known[name] = r.replace(v, symbol, key, depth)
	}
	for _, d := range f.dynamic {
		out.dynamic = append(out.dynamic, dynamicField{d.symbol, r.replace(d.value, symbol, key, depth)})
	}
	return out
}

// newFields is a new map made in a template.
func (r *reach) newFields() *fields {
	r.maps++
	return &fields{number: r.maps, known: map[string]abstract{}}
}
