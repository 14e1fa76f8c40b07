package collect

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// corpus is the folder of rendered charts, <chart>/<overlay>/manifest.yaml with its values.yaml.
func corpus(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("AIRFLOWSEC_CORPUS")
	if dir == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no corpus of rendered charts")
	}
	manifests, err := filepath.Glob(filepath.Join(dir, "*", "*", "manifest.yaml"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("%s holds no manifests: %v", dir, err)
	}
	return manifests
}

// commonWords stand in names and labels of every release, whatever its secrets
// are; the last is what a template writes for a value that is not there.
var commonWords = []string{"airflow", "postgres", "secret", missingValue}

// secretsIn are the decoded values of a manifest's Secrets that masking must hide, longer than five bytes.
func secretsIn(t *testing.T, manifest string) []string {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range splitDocuments(text) {
		var object struct {
			Kind string
			Data map[string]string
		}
		if err := yaml.Unmarshal(d.text, &object); err != nil || object.Kind != "Secret" {
			continue
		}
		for key, value := range object.Data {
			plain, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			section, option, isOption := airflowOption(key)
			if isOption && clearOption(section, option) || clearEnv[key] || len(plain) <= 5 || strings.HasSuffix(key, "_CMD") || option == "backend_kwargs" || slices.Contains(commonWords, string(plain)) {
				continue
			}
			out = append(out, string(plain))
		}
	}
	return out
}

func TestCorpus(t *testing.T) {
	checked := 0
	for _, manifest := range corpus(t) {
		s, err := FromFiles(context.Background(), Files{Paths: []string{manifest}, Now: fixedTime})
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Release.Name != "rel" || s.Release.Namespace != "airflow" && s.Release.Namespace != "default" || len(s.OfKind(snapshot.Deployment)) == 0 {
			t.Errorf("%s: release %q in %q, %d deployments", manifest, s.Release.Name, s.Release.Namespace, len(s.OfKind(snapshot.Deployment)))
		}
		var out, again bytes.Buffer
		if err := WriteSnapshot(&out, s); err != nil {
			t.Fatal(err)
		}
		for _, secret := range secretsIn(t, manifest) {
			checked++
			if strings.Contains(out.String(), secret) {
				t.Errorf("%s: a Secret's value of %d bytes survives", manifest, len(secret))
			}
		}
		read, err := ReadSnapshot(bytes.NewReader(out.Bytes()), "s")
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteSnapshot(&again, read); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("%s: the snapshot reads otherwise than it was written (%v)", manifest, err)
		}
	}
	t.Logf("%d secret values looked for", checked)
	if checked < 200 {
		t.Errorf("only %d secret values were looked for", checked)
	}
}

// TestCorpusValues masks the values of the corpus: what a user would call a secret does not survive.
func TestCorpusValues(t *testing.T) {
	for _, manifest := range corpus(t) {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(manifest), "values.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		user := map[string]any{}
		if err := yaml.Unmarshal(text, &user); err != nil {
			t.Fatal(err)
		}
		out, err := writeYAML(testMasker(t).values(user))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"plain-", "-plain", "in-values", "BEGIN ", "u:p@", "AAAAAAAAAA", "var-plain", "ssh-ed25519"} {
			if bytes.Contains(out, []byte(secret)) {
				t.Errorf("%s: %q survives", manifest, secret)
			}
		}
	}
}
