package archtest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// source is one Go file of the project.
type source struct {
	path    string // from the module's root, with slashes
	pkg     string // the directory
	test    bool
	file    *ast.File
	set     *token.FileSet
	imports map[string]string // import path by the name the file uses
}

// sources are all Go files of the module. Nested modules are left out.
func sources(t *testing.T) []source {
	t.Helper()
	out, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("only %d Go files were found", len(out))
	}
	return out
}

var parsed = sync.OnceValues(parseAll)

func parseAll() ([]source, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	var out []source
	for _, top := range []string{"cmd", "pkg"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(name string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(name, ".go") {
				return nil
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			s, err := parse(name, filepath.ToSlash(rel))
			out = append(out, s)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the test")
		}
		dir = parent
	}
}

func parse(name, rel string) (source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return source{}, err
	}
	s := source{path: rel, pkg: path.Dir(rel), test: strings.HasSuffix(rel, "_test.go"), set: token.NewFileSet(), imports: map[string]string{}}
	if s.file, err = parser.ParseFile(s.set, rel, text, parser.ParseComments); err != nil {
		return source{}, err
	}
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return source{}, err
		}
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		s.imports[local+" "+imported] = imported
	}
	return s, nil
}

func (s source) at(node ast.Node) string { return s.set.Position(node.Pos()).String() }

func (s source) line(pos token.Pos) int { return s.set.Position(pos).Line }
