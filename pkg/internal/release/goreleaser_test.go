package release

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"sigs.k8s.io/yaml"
)

// goreleaser is the part of .goreleaser.yaml that decides on names and contents.
type goreleaser struct {
	Builds []struct {
		Binary, Main        string
		Env, Flags, LDFlags []string
		GOOS, GOARCH        []string
	}
	Archives []struct {
		Meta            bool
		Formats         []string
		NameTemplate    string `json:"name_template"`
		WrapInDirectory string `json:"wrap_in_directory"`
		BuildsInfo      info   `json:"builds_info"`
		Files           []struct {
			Src, Dst    string
			StripParent bool `json:"strip_parent"`
			Info        info
		}
	}
	Checksum struct {
		NameTemplate string `json:"name_template"`
		Algorithm    string
	}
}

type info struct {
	Owner, Group, MTime string
	Mode                int64
}

func readGoreleaser(t *testing.T) goreleaser {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config goreleaser
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Builds) != 1 || len(config.Archives) != 2 || config.Archives[0].Meta || !config.Archives[1].Meta {
		t.Fatalf(".goreleaser.yaml has %d builds and %d archives, want one, and two of which the second holds no program", len(config.Builds), len(config.Archives))
	}
	return config
}

func TestGoreleaserMakesTheSameArchives(t *testing.T) {
	config := readGoreleaser(t)
	for _, platform := range Platforms() {
		want := config.archive(t, 0, platform)
		dir := t.TempDir()
		fake := filepath.Join(dir, "fake")
		writeFile(t, fake, "not a program")
		archive, err := Archive(root(t), fake, dir, "1.2.3", platform, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.Base(archive); got != want.name {
			t.Errorf("archive %s is %s in .goreleaser.yaml", got, want.name)
		}
		if got := list(t, archive); !slices.Equal(got, want.entries) {
			t.Errorf("%s holds\n%v, in .goreleaser.yaml\n%v", archive, got, want.entries)
		}
	}
	want := config.archive(t, 1, Platform{})
	archive, err := PostRenderArchive(root(t), t.TempDir(), "1.2.3", time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got := list(t, archive); filepath.Base(archive) != want.name || !slices.Equal(got, want.entries) {
		t.Errorf("%s holds\n%v, in .goreleaser.yaml %s holds\n%v", archive, got, want.name, want.entries)
	}
	if config.Checksum.NameTemplate != Checksums || config.Checksum.Algorithm != "sha256" {
		t.Errorf("checksum is %+v, want %s with sha256", config.Checksum, Checksums)
	}
}

type expected struct {
	name    string
	entries []entry
}

// archive works out what goreleaser makes of one archive for one platform.
func (g goreleaser) archive(t *testing.T, n int, platform Platform) expected {
	t.Helper()
	a := g.Archives[n]
	out := expected{name: g.name(t, a.NameTemplate, platform) + "." + strings.Join(a.Formats, " and ")}
	file := g.Builds[0].Binary
	if platform.OS == "windows" {
		file += ".exe"
	}
	if !a.Meta {
		out.entries = []entry{{path.Join(a.WrapInDirectory, file), a.BuildsInfo.Mode, a.BuildsInfo.Owner + ":" + a.BuildsInfo.Group}}
	}
	for _, f := range a.Files {
		name := f.Src
		if f.StripParent {
			name = path.Join(f.Dst, path.Base(f.Src))
		}
		out.entries = append(out.entries, entry{path.Join(a.WrapInDirectory, name), f.Info.Mode, f.Info.Owner + ":" + f.Info.Group})
		if f.Info.MTime == "" {
			t.Errorf("%s has no fixed mtime in .goreleaser.yaml", f.Src)
		}
	}
	slices.SortFunc(out.entries, byName)
	return out
}

func (g goreleaser) name(t *testing.T, pattern string, platform Platform) string {
	t.Helper()
	parsed, err := template.New("name").Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	var name bytes.Buffer
	if err := parsed.Execute(&name, map[string]string{"Version": "1.2.3", "Os": platform.OS, "Arch": platform.Arch}); err != nil {
		t.Fatal(err)
	}
	return name.String()
}

func TestGoreleaserBuildsTheSameBinaries(t *testing.T) {
	build := readGoreleaser(t).Builds[0]
	var platforms []Platform
	for _, system := range build.GOOS {
		for _, arch := range build.GOARCH {
			platforms = append(platforms, Platform{system, arch})
		}
	}
	slices.SortFunc(platforms, func(a, b Platform) int { return strings.Compare(a.OS+a.Arch, b.OS+b.Arch) })
	if !slices.Equal(platforms, Platforms()) {
		t.Errorf("platforms are %v, in .goreleaser.yaml %v", Platforms(), platforms)
	}
	stamp := Stamp{Version: "{{ .Version }}", Commit: "{{ .FullCommit }}", Date: "{{ .CommitDate }}"}
	if got := strings.Join(build.LDFlags[1:], " "); got != stamp.Flags() {
		t.Errorf("linker flags for the stamp are\n%s, in .goreleaser.yaml\n%s", stamp.Flags(), got)
	}
	if build.Main != "./cmd/"+binary || !slices.Equal(build.Env, []string{"CGO_ENABLED=0"}) || !slices.Contains(build.Flags, "-trimpath") {
		t.Errorf("build of .goreleaser.yaml is %+v", build)
	}
}

// TestMakeBuildsWithReleaseFlags has make say what it runs: it reads two lines of .goreleaser.yaml as text.
func TestMakeBuildsWithReleaseFlags(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs make and a shell")
	}
	flags, linker, err := releaseFlags(root(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "go"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
	cmd := exec.CommandContext(t.Context(), "make", "-s", "-C", root(t), "--no-print-directory", "build")
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := strings.Join(slices.Concat([]string{"build"}, flags, []string{"-ldflags", linker, "-o"}), "\n") + "\n"
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("make build runs go with\n%swant\n%s", out, want)
	}
}
