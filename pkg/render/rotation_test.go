package render_test

import (
	"bytes"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
)

func TestRotation(t *testing.T) {
	plan := &rotation.Plan{
		Key: rotation.GitKey, Title: "the deploy key of git-sync", Release: "af", Namespace: "air", Chart: "airflow 8.9.0", Airflow: "2.8.4",
		Executors: []string{"CeleryExecutor"}, Secrets: []string{"git/id_rsa"}, Restart: []string{"deployment/af-web", "statefulset/af-worker"},
		Notices:  []string{"Nobody notices anything but the restart, where the Git server takes both keys for a while."},
		Warnings: []string{"A name with \x1b[31mcolour\nand a line."},
		Steps: []rotation.Step{
			{Title: "Make a new key pair", Why: "What is printed is the public key, for the Git server, and nothing else of the pair is.", Commands: []string{"( set -u &&\ndir=$(mktemp -d) )", "kubectl get pods"}},
			{Title: "Add the public key at the Git server", Why: "This is done by hand."},
		},
	}
	for name, format := range map[string]render.Format{"rotation.sh": render.Shell, "rotation.json": render.JSON, "rotation.yaml": render.YAML} {
		var b bytes.Buffer
		if err := render.Rotation(&b, format, plan); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
	if err := render.Rotation(&bytes.Buffer{}, "wide", plan); err == nil {
		t.Error("an unknown format is taken")
	}
}
