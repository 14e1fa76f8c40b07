package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestSizes holds files and functions to what one reads in one go.
func TestSizes(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		lines := s.line(s.file.FileEnd)
		used[s.path] = lines > maxFileLines
		if lines > maxFileLines && !tables[s.path] {
			t.Errorf("%s has %d lines, more than %d", s.path, lines, maxFileLines)
		}
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, more than %d", s.at(f), f.Name.Name, n, maxFunctionLines)
			}
		}
	}
	for file := range tables {
		if !used[file] {
			t.Errorf("%s is listed as a long table and is not", file)
		}
	}
}

// TestNames refuses packages and files named after nothing in particular.
func TestNames(t *testing.T) {
	for _, s := range sources(t) {
		file := strings.TrimSuffix(strings.TrimSuffix(path.Base(s.path), ".go"), "_test")
		for _, name := range append(strings.Split(s.pkg, "/"), file, s.file.Name.Name) {
			if slices.Contains(vague, name) {
				t.Errorf("%s: the name %q says nothing about what is inside", s.path, name)
			}
		}
	}
}

// TestNoInit refuses work that happens by importing a package.
func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: no init functions: list things where they can be seen", s.at(f))
			}
		}
	}
}

var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

// TestNothingUnfinished refuses notes to oneself.
func TestNothingUnfinished(t *testing.T) {
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				if word := unfinished.FindString(c.Text); word != "" {
					t.Errorf("%s: %s: do it, or leave it out", s.at(c), word)
				}
			}
		}
	}
}

// TestTablesStayAsTheyAre refuses package variables that change: they are
// tables, and whatever changes belongs to a run.
func TestTablesStayAsTheyAre(t *testing.T) {
	variables := map[string]map[string]bool{}
	files := slices.DeleteFunc(sources(t), func(s source) bool { return s.test || strings.HasPrefix(s.pkg, harness) })
	for _, s := range files {
		if variables[s.pkg] == nil {
			variables[s.pkg] = map[string]bool{}
		}
		for _, name := range s.packageVariables() {
			variables[s.pkg][name.Name] = true
		}
	}
	for _, s := range files {
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			own := declared(f)
			ast.Inspect(f, func(node ast.Node) bool {
				for _, target := range assigned(node) {
					if name := root(target); name != nil && variables[s.pkg][name.Name] && !own[name.Name] {
						t.Errorf("%s: %s is a package variable and must not change", s.at(target), name.Name)
					}
				}
				return true
			})
		}
	}
}

func (s source) packageVariables() []*ast.Ident {
	var out []*ast.Ident
	for _, decl := range s.file.Decls {
		g, ok := decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			out = append(out, spec.(*ast.ValueSpec).Names...)
		}
	}
	return out
}

// declared are the names that a function declares itself, its parameters among them.
func declared(f *ast.FuncDecl) map[string]bool {
	out := map[string]bool{}
	note := func(list ...ast.Expr) {
		for _, e := range list {
			if name, ok := e.(*ast.Ident); ok {
				out[name.Name] = true
			}
		}
	}
	ast.Inspect(f, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.Field:
			for _, name := range n.Names {
				note(name)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				note(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				note(n.Key, n.Value)
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				note(name)
			}
		}
		return true
	})
	return out
}

// assigned are the targets of an assignment or an increment.
func assigned(node ast.Node) []ast.Expr {
	switch n := node.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	}
	return nil
}

// root is the variable in which a target lies: table in table["key"].field.
func root(target ast.Expr) *ast.Ident {
	for {
		switch at := target.(type) {
		case *ast.Ident:
			return at
		case *ast.IndexExpr:
			target = at.X
		case *ast.SelectorExpr:
			target = at.X
		case *ast.StarExpr:
			target = at.X
		case *ast.ParenExpr:
			target = at.X
		default:
			return nil
		}
	}
}
