package controlplane

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
)

// stageFiles are the behaviours that kwok is asked to play, as files of its own
// module under kustomize/stage: a pod is Ready at once, a Job's pod completes, a
// deleted pod goes, the node is Ready and stays so, and a claim gets a volume.
var stageFiles = []string{
	"pod/fast/pod-ready.yaml",
	"pod/fast/pod-complete.yaml",
	"pod/fast/pod-delete.yaml",
	"node/fast/node-initialize.yaml",
	"node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
	"volume/fast/pvc-provision.yaml",
	"volume/fast/pvc-delete.yaml",
	"volume/fast/pv-bind.yaml",
	"volume/fast/pv-delete.yaml",
}

// stagesName is the file of all stages, beside the built kwok.
const stagesName = "kwok-stages.yaml"

func copyStages(ctx context.Context, source, bin string) error {
	dir, err := goCommand(ctx, source, "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, name := range stageFiles {
		text, err := os.ReadFile(filepath.Join(dir, "kustomize", "stage", filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		all.WriteString("---\n")
		all.Write(text)
	}
	return os.WriteFile(filepath.Join(bin, stagesName), all.Bytes(), 0o644)
}
