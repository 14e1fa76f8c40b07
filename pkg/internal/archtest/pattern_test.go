package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"testing"
)

// TestPatternsCompile holds what is compiled late to its syntax now: a wrong
// pattern would end a run that nobody has tried.
func TestPatternsCompile(t *testing.T) {
	tried := 0
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || !isNewPattern(call) {
				return true
			}
			if text, constant := written(call.Args[0]); constant {
				tried++
				if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", s.at(call), err)
				}
			}
			return true
		})
	}
	if tried < 100 {
		t.Errorf("only %d patterns were found", tried)
	}
}

func isNewPattern(call *ast.CallExpr) bool {
	called, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || called.Sel.Name != "New" {
		return false
	}
	from, ok := called.X.(*ast.Ident)
	return ok && from.Name == "pattern"
}

// written is a text put together of literals. For a name, which stands for the
// form of a masked value here, it has that of any text.
func written(e ast.Expr) (text string, constant bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		return "(?:.*)", true
	case *ast.BinaryExpr:
		left, first := written(e.X)
		right, second := written(e.Y)
		return left + right, first && second && e.Op == token.ADD
	}
	return "", false
}
