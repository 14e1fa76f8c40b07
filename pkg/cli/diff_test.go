package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func diffWords() diffFlags {
	return diffFlags{
		source: sourceFlags{kube: newKubeFlags()}, profile: "baseline", against: againstProfile, only: planKinds,
		failOn: "high", output: "diff", color: "never",
	}
}

func TestDiffFlagsBecomeOptions(t *testing.T) {
	s, _, _ := streams()
	t.Setenv("KUBECTL_EXTERNAL_DIFF", "")
	flags := diffWords()
	flags.source.sample, flags.only = true, []string{podKind}
	o, err := flags.toOptions(nil, s)
	if err != nil {
		t.Fatal(err)
	}
	if o.release || o.threeWay || o.external != nil || o.format != "diff" || !slices.Equal(o.kinds, []string{podKind}) {
		t.Errorf("got %+v", o)
	}
	t.Setenv("KUBECTL_EXTERNAL_DIFF", "meld")
	if o, err = flags.toOptions(nil, s); err != nil || !slices.Equal(o.external, []string{"meld"}) {
		t.Errorf("the program is %v, %v", o.external, err)
	}
	for _, change := range []func(*diffFlags){func(f *diffFlags) { f.output = "json" }, func(f *diffFlags) { f.threeWay = true }} {
		flags := flags
		change(&flags)
		if o, err = flags.toOptions(nil, s); err != nil || o.external != nil {
			t.Errorf("the program shows what is no diff: %v, %v", o, err)
		}
	}
}

func TestRevisionsBecomeOptions(t *testing.T) {
	s, _, _ := streams()
	flags := diffWords()
	for text, want := range map[string][2]int{"3..4": {3, 4}, "4..3": {4, 3}, "3..": {3, 0}} {
		flags.revision = text
		o, err := flags.toRevisions([]string{"af"}, s)
		if err != nil || [2]int{o.from, o.to} != want || o.release != "af" || o.failOn != rule.High {
			t.Errorf("--revision %s: %+v, %v", text, o, err)
		}
	}
	for _, text := range []string{"..", "..4", "0..1", "1..1", "-1..2", "1...2", "a..b", "1..2..3"} {
		flags.revision = text
		if _, err := flags.toRevisions(nil, s); err == nil {
			t.Errorf("--revision %s is taken", text)
		}
	}
}

// TestExternalDiffIsReadAsKubectlReadsIt holds what kubectl makes of the setting.
func TestExternalDiffIsReadAsKubectlReadsIt(t *testing.T) {
	for setting, want := range map[string][]string{
		"":                         nil,
		"meld":                     {"meld"},
		"diff -u -N":               {"diff", "-u", "-N"},
		"diff  --color=always x_y": {"diff", "--color=always"},
		"sh -c rm;x $HOME /etc":    {"sh", "-c"},
		"/usr/bin/my-diff -y":      {"/usr/bin/my-diff", "-y"},
	} {
		t.Setenv("KUBECTL_EXTERNAL_DIFF", setting)
		if got := externalDiff(); !slices.Equal(got, want) {
			t.Errorf("%q became %q", setting, got)
		}
	}
}

// TestSidesStayInTheirDirectory: a name from a file leads nowhere else.
func TestSidesStayInTheirDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	o := diff.Object{Ref: snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "../..", Name: "../../x\x00y"}}
	dir, err := writeSide("LIVE", []diff.Object{o}, func(diff.Object) string { return "text" })
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 1 || filepath.Base(files[0]) != "apps.v1.Deployment..._....._.._x_y" {
		t.Errorf("written: %v", files)
	}
	if _, err := writeSide("LIVE", []diff.Object{o, o}, func(diff.Object) string { return "" }); err == nil {
		t.Error("one object's file was written over by another's")
	}
}

// BenchmarkDiff is the whole of diff -f, the plan and its proof included: on the
// community chart's default render where the corpus is at hand, else on the sample.
func BenchmarkDiff(b *testing.B) {
	args := []string{"kubectl-airflowsec", "diff", "--sample"}
	path := filepath.Join(os.Getenv("AIRFLOWSEC_CORPUS"), "community-8.9.0", "00-defaults", "manifest.yaml")
	if _, err := os.Stat(path); err == nil {
		args = []string{"kubectl-airflowsec", "diff", "-f", path}
	}
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if code := Main(context.Background(), args, Streams{In: strings.NewReader(""), Out: &out, ErrOut: &out}); code != exitFindings {
			b.Fatalf("exit code %d: %s", code, out.String())
		}
	}
}

// TestDiffOfTheCorpus: no rendered chart shows a secret or a difference without
// one, and what a plan has made of it does not differ any more.
// namesOf are the objects of a kind; empty is every kind.
func namesOf(objects []diff.Object, kind string) []string {
	var out []string
	for _, o := range objects {
		if kind == "" || o.Ref.Kind == kind {
			out = append(out, o.Ref.String())
		}
	}
	return out
}

func TestDiffOfTheCorpus(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("AIRFLOWSEC_CORPUS"), "*", "*", "manifest.yaml"))
	if os.Getenv("AIRFLOWSEC_CORPUS") == "" || len(paths) == 0 {
		t.Skip("AIRFLOWSEC_CORPUS names no corpus")
	}
	with, err := loadProfile("restricted")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/diff.json")
	if err != nil {
		t.Fatal(err)
	}
	o := &diffOptions{profile: with, kinds: planKinds}
	for _, path := range paths {
		s, err := collect.FromFiles(t.Context(), collect.Files{Paths: []string{path}, Now: now()})
		if err != nil {
			t.Fatal(err)
		}
		model := airflow.New(s)
		d, err := o.fromProfile(model)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var b bytes.Buffer
		if err := render.Diff(&b, render.JSON, d, render.Options{}); err != nil {
			t.Fatal(err)
		}
		if value, err := jsonschema.UnmarshalJSON(&b); err != nil || schema.Validate(value) != nil {
			t.Errorf("%s: %v %v", path, err, schema.Validate(value))
		}
		for _, object := range d.Objects {
			if object.Before == object.After || strings.Contains(object.Before+object.After, "⟦") {
				t.Errorf("%s: %s is shown as\n%s→\n%s", path, object.Ref, object.Before, object.After)
			}
		}
		set, err := planWish{profile: with, kinds: planKinds, form: wholeForm}.make(model)
		if err != nil {
			t.Fatal(err)
		}
		again, err := o.fromProfile(set.Proof.After)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := namesOf(again.Objects, ""), namesOf(d.Objects, "Release"); !slices.Equal(got, want) {
			t.Errorf("%s: after its plan %v still differ, want %v, which only values change", path, got, want)
		}
	}
}
