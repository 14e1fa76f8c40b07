package archtest

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImports holds every package to the table.
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		allowed, known := mayImport[s.pkg]
		if !known && !seen[s.pkg] {
			t.Errorf("%s: package %s is not in the table: give it one job and a row", s.path, s.pkg)
		}
		seen[s.pkg] = true
		if s.test || !known {
			continue
		}
		for _, imported := range s.imports {
			own, ours := strings.CutPrefix(imported, module)
			if ours && !slices.Contains(allowed, own) {
				t.Errorf("%s: %s may not import %s", s.path, s.pkg, own)
			}
		}
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("the table has a row for %s, which does not exist", pkg)
		}
	}
}

// TestImportsGoOneWay refuses a table with a cycle, whatever the code does today.
func TestImportsGoOneWay(t *testing.T) {
	var walk func(pkg string, path []string)
	walk = func(pkg string, path []string) {
		if slices.Contains(path, pkg) {
			t.Fatalf("a cycle: %s", strings.Join(append(path, pkg), " → "))
		}
		for _, next := range mayImport[pkg] {
			walk(next, append(slices.Clone(path), pkg))
		}
	}
	for pkg := range mayImport {
		walk(pkg, nil)
	}
}

// TestFences keeps outside libraries, the environment and the clock where they belong.
func TestFences(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.pkg, harness) {
			continue
		}
		for _, imported := range s.imports {
			for _, f := range fences {
				if strings.HasPrefix(imported, f.library) && !slices.Contains(f.only, s.pkg) {
					t.Errorf("%s imports %s: only in %v, because %s", s.path, imported, f.only, f.why)
				}
			}
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			called, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			for _, f := range calls {
				if s.names(called, f.library) && !slices.Contains(f.only, s.pkg) {
					t.Errorf("%s: %s only in %v, because %s", s.at(called), f.library, f.only, f.why)
				}
			}
			return true
		})
	}
}

// names says whether a selector is a function of a standard package, as "time.Now".
func (s source) names(called *ast.SelectorExpr, function string) bool {
	pkg, name, _ := strings.Cut(function, ".")
	left, ok := called.X.(*ast.Ident)
	if !ok || called.Sel.Name != name {
		return false
	}
	return s.imports[left.Name+" "+pkg] == pkg
}

// TestLibrariesInUseAreFenced keeps the list of fences honest.
func TestLibrariesInUseAreFenced(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			used[imported] = true
		}
	}
	for _, f := range fences {
		if len(f.only) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(used)), func(i string) bool { return strings.HasPrefix(i, f.library) }) {
			t.Errorf("%s is fenced but not used", f.library)
		}
	}
}

var row = regexp.MustCompile(`(?m)^\| ([a-z]+) \| .* \| ([^|]+) \|$`)

// TestArchitectureSaysTheSame compares the table of ARCHITECTURE.md with this one.
func TestArchitectureSaysTheSame(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{}
	var above []string
	for _, match := range row.FindAllStringSubmatch(string(text), -1) {
		pkg := "pkg/" + match[1]
		switch words := strings.TrimSpace(match[2]); words {
		case "–":
			told[pkg] = nil
		case "all data packages":
			told[pkg] = data
		case "all of the above":
			told[pkg] = above
		default:
			for _, name := range strings.Fields(words) {
				told[pkg] = append(told[pkg], "pkg/"+name)
			}
		}
		above = append(above, pkg)
	}
	for pkg, allowed := range mayImport {
		if strings.HasPrefix(pkg, harness) || strings.HasPrefix(pkg, "cmd/") {
			continue
		}
		written, found := told[pkg]
		if !found || !slices.Equal(sorted(written), sorted(allowed)) {
			t.Errorf("ARCHITECTURE.md lets %s import %v, the table %v", pkg, written, allowed)
		}
		delete(told, pkg)
	}
	for pkg := range told {
		t.Errorf("ARCHITECTURE.md tells of %s, which the table does not have", pkg)
	}
}

func sorted(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}
