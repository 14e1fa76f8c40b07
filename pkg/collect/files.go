package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Files is what to read when the source is rendered manifests.
type Files struct {
	Paths       []string  // files, directories (searched to the bottom), or "-" for Stdin
	Stdin       io.Reader // read where Paths holds "-"
	Release     string    // empty: recognised from the objects' labels
	Namespace   string    // empty: the one most objects name, else "default"
	KubeVersion string    // as "1.36"; empty leaves the server version unknown
	Now         time.Time // the time of reading; zero means the clock's
	// Rendered says that a chart rendered what is read, and no user wrote it: of
	// a key that stands twice the last one counts, as it does for Helm.
	Rendered bool
	// Warn is told what the user should know; nil tells nobody.
	Warn func(string)
}

// stdinName stands for standard input in errors and findings.
const stdinName = "stdin"

// FromFiles reads rendered manifests. Its errors name file, line, object and field, never a value.
func FromFiles(ctx context.Context, f Files) (*snapshot.Snapshot, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	s := newSnapshot(snapshot.FromFiles, f.Release, f.Namespace, f.Now)
	if s.ServerVersion, err = serverVersion(f.KubeVersion); err != nil {
		return nil, err
	}
	options := []manifestOption{strict}
	if f.Rendered {
		options = nil
	}
	for _, path := range f.Paths {
		objects, err := f.read(ctx, path, m, options...)
		if err != nil {
			return nil, err
		}
		s.Objects = append(s.Objects, objects...)
	}
	if len(s.Objects) == 0 {
		return nil, &inputError{file: strings.Join(f.Paths, ", "), problem: "holds no Kubernetes objects"}
	}
	settle(s)
	if err := refuseTwins(s.Objects); err != nil {
		return nil, err
	}
	s.Coverage = offlineCoverage(s)
	m.seal(s)
	return s, nil
}

func newSnapshot(record snapshot.Record, release, namespace string, now time.Time) *snapshot.Snapshot {
	if now.IsZero() {
		now = time.Now()
	}
	return &snapshot.Snapshot{
		APIVersion: snapshot.Version, Kind: "Snapshot", TakenAt: now.UTC().Truncate(time.Second),
		Release: snapshot.Release{Name: release, Namespace: namespace, Record: record},
	}
}

func serverVersion(given string) (string, error) {
	if given == "" {
		return "", nil
	}
	full, _, _, err := kubeVersion(given)
	return full, err
}

// read reads one path: a file, a directory or standard input.
func (f Files) read(ctx context.Context, path string, m *masker, options ...manifestOption) ([]snapshot.Object, error) {
	if path == "-" {
		if f.Stdin == nil {
			return nil, errors.New("there is no standard input to read")
		}
		return parseManifests(f.Stdin, stdinName, f.Namespace, m, options...)
	}
	names, err := manifestFiles(path)
	if err != nil {
		return nil, err
	}
	var out []snapshot.Object
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		objects, err := parseFile(name, f.Namespace, m, options...)
		if err != nil {
			return nil, err
		}
		out = append(out, objects...)
	}
	return out, nil
}

func parseFile(name, namespace string, m *masker, options ...manifestOption) ([]snapshot.Object, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer file.Close()
	return parseManifests(file, name, namespace, m, options...)
}

// manifestFiles are the files a path stands for, sorted. A file named outright is read whatever its name.
func manifestFiles(path string) ([]string, error) { return filesIn(path, ".yaml", ".yml", ".json") }

// filesIn are the files with some endings that a path stands for.
func filesIn(path string, endings ...string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var names []string
	err = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return unreadable(name, err)
		case entry.IsDir() && name != path && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains(endings, strings.ToLower(filepath.Ext(name))):
			names = append(names, name)
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = &inputError{file: path, problem: "holds no " + strings.Join(endings[:len(endings)-1], ", ") + " or " + endings[len(endings)-1] + " file"}
	}
	slices.Sort(names)
	return names, err
}

// settle fills in what was not given: the release's name and namespace, and the objects' namespaces.
func settle(s *snapshot.Snapshot) {
	if s.Release.Name == "" {
		s.Release.Name = cmp.Or(common(s.Objects, "release"), common(s.Objects, "app.kubernetes.io/instance"))
	}
	if s.Release.Namespace == "" {
		s.Release.Namespace = usualNamespace(s.Objects)
	}
	for i := range s.Objects {
		place(&s.Objects[i], s.Release.Namespace)
	}
}

// common is the value of a label that all objects with this label agree on, or empty.
func common(objects []snapshot.Object, label string) string {
	found := ""
	for i := range objects {
		value := objects[i].Labels()[label]
		if value == "" || value == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = value
	}
	return found
}

// usualNamespace is the namespace most objects name; "default" where none does.
func usualNamespace(objects []snapshot.Object) string {
	count := map[string]int{}
	for i := range objects {
		if name := objects[i].Namespace; name != "" {
			count[name]++
		}
	}
	if len(count) == 0 {
		return "default"
	}
	return slices.MinFunc(slices.Collect(maps.Keys(count)), func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
}

// refuseTwins fails where two documents describe one object: which of them counts is not for us to guess.
func refuseTwins(objects []snapshot.Object) error {
	seen := map[snapshot.Ref]*snapshot.Object{}
	for i := range objects {
		o := &objects[i]
		if first, twice := seen[o.Ref]; twice && first.Origin == o.Origin {
			return &inputError{file: o.File, line: o.Line, object: shown(o), problem: fmt.Sprintf("stands twice: it is also in %s:%d", first.File, first.Line)}
		}
		seen[o.Ref] = o
	}
	return nil
}
