package collect

import (
	"strconv"
	"strings"
	"text/template/parse"
)

// frame is one template being walked.
type frame struct {
	reach *reach
	name  string
	out   abstract // what it writes that is not used yet
	news  bool     // an assignment added to what a variable may be
	maybe int      // how many blocks around may be left out
}

// variables are the variables of a block, each with all it may be.
type variables struct {
	known map[string]abstract
	outer *variables
}

func (v *variables) inner() *variables { return &variables{known: map[string]abstract{}, outer: v} }

func (v *variables) get(name string) abstract {
	for ; v != nil; v = v.outer {
		if found, ok := v.known[name]; ok {
			return found
		}
	}
	return nil
}

// assign puts a value into a variable where it was declared: instead of what
// it was, or, where that is not certain to happen, besides. It says whether that is news.
func (v *variables) assign(name string, value abstract, certain bool) bool {
	for at := v; at != nil; at = at.outer {
		if found, ok := at.known[name]; ok {
			if certain {
				at.known[name] = value
				return false
			}
			at.known[name] = union(found, value)
			return len(at.known[name]) != len(found)
		}
	}
	v.known[name] = value
	return true
}

// maxSteps bounds the work on one chart: a hundred times what the largest Airflow chart takes.
const maxSteps = 5_000_000

// maxNesting is how often a template may call itself before what it is given counts as used.
const maxNesting = 3

// call walks a named template and returns what it writes that is not used yet.
func (r *reach) call(name string, dot abstract) abstract {
	tree := r.templates[name]
	if tree == nil || tree.Root == nil {
		return nil
	}
	var b strings.Builder
	b.WriteString(name)
	dot.sign(&b, signDepth)
	sign := b.String()
	if known, done := r.memo[sign]; done {
		return known
	}
	if r.depth[name] >= maxNesting {
		r.consume(withoutKeys(dot), true)
		return r.items(dot)
	}
	r.memo[sign] = nil
	r.depth[name]++
	f := &frame{reach: r, name: name}
	f.list(tree.Root, dot, &variables{known: map[string]abstract{"$": dot}})
	r.depth[name]--
	r.memo[sign] = f.out.distinct()
	return r.memo[sign]
}

func (f *frame) list(list *parse.ListNode, dot abstract, vars *variables) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		f.node(node, dot, vars)
	}
}

func (f *frame) node(node parse.Node, dot abstract, vars *variables) {
	if f.reach.steps++; f.reach.steps > maxSteps {
		return
	}
	switch node := node.(type) {
	case *parse.ActionNode:
		if v := f.pipe(node.Pipe, dot, vars); len(node.Pipe.Decl) == 0 {
			f.emit(v)
		}
	case *parse.IfNode:
		inner := vars.inner()
		f.reach.test(f.pipe(node.Pipe, dot, inner))
		f.branch(node.List, dot, inner)
		f.branch(node.ElseList, dot, inner)
	case *parse.WithNode:
		inner := vars.inner()
		v := f.pipe(node.Pipe, dot, inner)
		f.reach.test(v)
		f.branch(node.List, v, inner)
		f.branch(node.ElseList, dot, inner)
	case *parse.RangeNode:
		f.loop(node, dot, vars)
	case *parse.TemplateNode:
		var v abstract
		if node.Pipe != nil {
			v = f.pipe(node.Pipe, dot, vars)
		}
		f.emit(f.reach.call(node.Name, v))
	}
}

// branch is a block that may be left out.
func (f *frame) branch(list *parse.ListNode, dot abstract, vars *variables) {
	f.maybe++
	f.list(list, dot, vars.inner())
	f.maybe--
}

func (f *frame) loop(node *parse.RangeNode, dot abstract, vars *variables) {
	inner := vars.inner()
	over := f.commands(node.Pipe, dot, vars)
	f.reach.test(over)
	if len(over) == 1 && over[0].isList { // its turns are known one by one
		for i, item := range over[0].list {
			inner.declare(node.Pipe.Decl, textOf(strconv.Itoa(i)), item)
			f.list(node.List, item, inner.inner())
		}
		return
	}
	symbol := symbolPrefix + f.name + ":" + strconv.Itoa(int(node.Pos)) + "/" + strconv.Itoa(f.reach.depth[f.name])
	items, keys := f.reach.each(over, symbol)
	inner.declare(node.Pipe.Decl, keys, items)
	before := f.news
	for range maxLoops {
		f.news = false
		f.branch(node.List, items, inner)
		if !f.news {
			break
		}
	}
	f.news = before || f.news
	f.branch(node.ElseList, dot, vars)
}

// declare sets the variables of a range.
func (v *variables) declare(names []*parse.VariableNode, key, item abstract) {
	switch len(names) {
	case 1:
		v.known[names[0].Ident[0]] = item
	case 2:
		v.known[names[0].Ident[0]], v.known[names[1].Ident[0]] = key, item
	}
}

// maxLoops is how often a loop is walked while its assignments add to what its next turn sees.
const maxLoops = 4

// emit takes what is written. Known texts and YAML are kept for whoever included
// the template; everything else is used by being written.
func (f *frame) emit(v abstract) {
	for _, a := range v {
		if a.yaml != nil || a.isText {
			f.out = append(f.out, a)
		} else {
			f.reach.consume(abstract{a}, false)
		}
	}
}

// pipe is the value of a pipeline, put into its variables where it declares any.
func (f *frame) pipe(pipe *parse.PipeNode, dot abstract, vars *variables) abstract {
	v := f.commands(pipe, dot, vars)
	for _, variable := range pipe.Decl {
		if pipe.IsAssign {
			f.news = vars.assign(variable.Ident[0], v, f.maybe == 0) || f.news
		} else {
			vars.known[variable.Ident[0]] = v
		}
	}
	return v
}

func (f *frame) commands(pipe *parse.PipeNode, dot abstract, vars *variables) abstract {
	var v abstract
	for i, command := range pipe.Cmds {
		v = f.command(command, dot, vars, v, i > 0)
	}
	return v
}

func (f *frame) command(command *parse.CommandNode, dot abstract, vars *variables, last abstract, piped bool) abstract {
	var args []abstract
	for _, arg := range command.Args[1:] {
		args = append(args, f.value(arg, dot, vars))
	}
	if piped {
		args = append(args, last)
	}
	switch first := command.Args[0].(type) {
	case *parse.IdentifierNode:
		return f.function(first.Ident, args)
	case *parse.FieldNode, *parse.ChainNode, *parse.VariableNode:
		if len(args) > 0 {
			return f.method(first, args, dot, vars)
		}
	}
	return f.value(command.Args[0], dot, vars)
}

// method is a call such as .Files.Get "name"; of all methods only this one leads on.
func (f *frame) method(node parse.Node, args []abstract, dot abstract, vars *variables) abstract {
	var out abstract
	for _, a := range f.fileHolders(node, dot, vars) {
		if a.record == nil || a.record.files == nil {
			continue
		}
		for _, name := range args[0].texts() {
			text, found := a.record.files[name]
			f.reach.blind = f.reach.blind || !found && len(a.record.files) == 0
			out = append(out, textOf(text)...)
		}
	}
	for _, arg := range args {
		f.reach.consume(arg, true)
	}
	return out
}

// fileHolders is what a method ending in Get is called on.
func (f *frame) fileHolders(node parse.Node, dot abstract, vars *variables) abstract {
	switch node := node.(type) {
	case *parse.FieldNode:
		if n := len(node.Ident); node.Ident[n-1] == "Get" {
			return f.reach.walk(dot, node.Ident[:n-1])
		}
	case *parse.VariableNode:
		if n := len(node.Ident); n > 1 && node.Ident[n-1] == "Get" {
			return f.reach.walk(vars.get(node.Ident[0]), node.Ident[1:n-1])
		}
	case *parse.ChainNode:
		if n := len(node.Field); node.Field[n-1] == "Get" {
			return f.reach.walk(f.value(node.Node, dot, vars), node.Field[:n-1])
		}
	}
	return nil
}

func (f *frame) value(node parse.Node, dot abstract, vars *variables) abstract {
	switch node := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return f.reach.walk(dot, node.Ident)
	case *parse.VariableNode:
		return f.reach.walk(vars.get(node.Ident[0]), node.Ident[1:])
	case *parse.ChainNode:
		return f.reach.walk(f.value(node.Node, dot, vars), node.Field)
	case *parse.PipeNode:
		return f.pipe(node, dot, vars)
	case *parse.StringNode:
		return textOf(node.Text)
	case *parse.NumberNode:
		return textOf(node.Text)
	case *parse.IdentifierNode:
		return f.function(node.Ident, nil)
	}
	return nil
}
