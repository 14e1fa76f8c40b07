package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

// TestNoFormHoldsASecret writes every form of a plan for a release full of
// canaries, and its way back, and looks for them in all that is written.
func TestNoFormHoldsASecret(t *testing.T) {
	var c canaries
	dir := t.TempDir()
	release := filepath.Join(dir, "release.yaml")
	if err := os.WriteFile(release, []byte(c.plant(secretPlaces)), 0o600); err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(dir, "written")
	for _, form := range []string{"apply", "json-patch", "kustomize"} {
		line := []string{"generate", "patches", "-f", release, "-o", form, "--live-only"}
		if form == "kustomize" {
			line = append(line, "-d", filepath.Join(written, form))
		} else {
			line = append(line, "--rollback", filepath.Join(dir, form))
		}
		out := printed(line)
		if escaped.MatchString(out) {
			t.Errorf("%v prints %q", line, around(out))
		}
		if strings.Contains(out, "error:") {
			t.Errorf("%v: %s", line, out)
		}
		if form != "kustomize" {
			noCanaryIn(t, filepath.Join(dir, form))
		}
	}
	noCanaryIn(t, written)
}

// TestPostRenderPassesSecretsThrough counts each canary before and after: the
// manifests keep them all, and standard error tells none.
func TestPostRenderPassesSecretsThrough(t *testing.T) {
	var c canaries
	manifests := c.plant(secretPlaces)
	for _, words := range [][]string{{"post-render"}, {"post-render", "--only", "pss,rbac,networkpolicy", "--profile", "paranoid", "-n", "team"}} {
		var out, talk bytes.Buffer
		code := cli.Main(context.Background(), append([]string{"kubectl-airflowsec"}, words...), cli.Streams{In: strings.NewReader(manifests), Out: &out, ErrOut: &talk})
		if code != 0 || escaped.Match(talk.Bytes()) || strings.Contains(out.String(), "⟦") {
			t.Fatalf("%v: exit code %d, %s", words, code, talk.String())
		}
		before, after := found(manifests), found(out.String())
		if !slices.Equal(before, after) || len(before) < 60 {
			t.Errorf("%v: %d canaries went in and %d came out", words, len(before), len(after))
		}
		if !strings.Contains(out.String(), "runAsNonRoot: true") {
			t.Errorf("%v hardened nothing:\n%s", words, talk.String())
		}
	}
}

func found(text string) []string {
	out := escaped.FindAllString(text, -1)
	slices.Sort(out)
	return out
}
