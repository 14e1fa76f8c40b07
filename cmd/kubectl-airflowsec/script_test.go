package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

var update = flag.Bool("update", false, "rewrite the expected outputs inside the scripts")

// TestMain makes the real program callable from scripts under each name it has.
func TestMain(m *testing.M) {
	run := func() {
		os.Exit(cli.Main(context.Background(), os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}))
	}
	testscript.Main(m, map[string]func(){
		"kubectl-airflowsec":          run,
		"kubectl_complete-airflowsec": run,
		"airflowsec":                  run,
	})
}

// TestScripts runs testdata/script/*.txtar: the command line, specified.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SOURCE_DATE_EPOCH", "1795262400") // 2026-11-21 12:00 UTC
			env.Setenv("ROOT", root)
			env.Setenv("CORPUS", os.Getenv("AIRFLOWSEC_CORPUS"))
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
	})
}
