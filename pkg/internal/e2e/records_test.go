package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const recordPrefix = "sh.helm.release.v1."

// stored is the text Helm wrote for a revision.
func stored(t testing.TB, c *controlplane.Cluster, namespace, release string, revision int) []byte {
	t.Helper()
	out, err := c.Run(t.Context(), controlplane.Admin, "kubectl", "get", "secret", "-n", namespace,
		fmt.Sprintf("%s%s.v%d", recordPrefix, release, revision), "-o", "jsonpath={.data.release}")
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.StdEncoding.DecodeString(out)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// revised is a stored release with another revision number and status.
func revised(t testing.TB, text []byte, revision int, status string) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	var release map[string]any
	if err := json.Unmarshal(content, &release); err != nil {
		t.Fatal(err)
	}
	release["version"] = revision
	release["info"].(map[string]any)["status"] = status
	if content, err = json.Marshal(release); err != nil {
		t.Fatal(err)
	}
	return encoded(t, content)
}

// encoded is gzip in base64.
func encoded(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return []byte(base64.StdEncoding.EncodeToString(b.Bytes()))
}

// secret is a stored revision as a manifest.
func secret(namespace, release string, revision int, status string, text []byte) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata:
  name: %s%s.v%d
  namespace: %s
  labels: {owner: helm, name: %s, status: %s, version: "%d"}
type: helm.sh/release.v1
data: {release: %s}
`, recordPrefix, release, revision, namespace, release, status, revision, base64.StdEncoding.EncodeToString(text))
}

// TestDamagedRecords judges what can be seen without the record, says what is
// wrong with it, and lets no rule pass that needs it.
func TestDamagedRecords(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	install(t, c, "helm3", "community", "team", "af")
	whole := stored(t, c, "team", "af", 1)
	const canary = "canary-3f9a"
	for _, test := range []struct {
		name string
		text []byte
		want string
	}{
		{"truncated", whole[:len(whole)/2/4*4], "is truncated"},
		{"not base64", []byte(canary + "!"), "is not base64"},
		{"not gzip", []byte(base64.StdEncoding.EncodeToString([]byte(canary))), "is not gzip"},
		{"not JSON", encoded(t, []byte(canary)), "is not a release in JSON"},
		{"bomb", encoded(t, make([]byte, 64<<20+1)), "unpacks to more than 64 MiB"},
		{"another revision", revised(t, whole, 2, "deployed"), "holds revision 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			apply(t, c, secret("team", "af", 1, "deployed", test.text))
			s := read(t, as(t, c.Kubeconfig(controlplane.Admin)), "team", "af")
			want := "read the release: " + recordPrefix + "af.v1 in namespace team " + test.want
			if got := s.CoverageOf(snapshot.ReleaseRecord); got.State != snapshot.NotCollected || got.Reason != want {
				t.Errorf("got %+v", got)
			}
			if s.Release.Record != snapshot.Recognised || s.Release.Chart.Version == "" || strings.Contains(written(t, s), canary) {
				t.Errorf("got %+v", s.Release)
			}
			for _, result := range judge(t, s).Results {
				if result.Outcome == rule.Passed && slices.Contains(rules.Find(result.Rule).Needs, snapshot.ReleaseRecord) {
					t.Errorf("%s passed without the record", result.Rule)
				}
			}
		})
	}
}

// TestFiftyRevisions opens one of them.
func TestFiftyRevisions(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{Users: 1})
	install(t, c, "helm3", "community", "team", "af")
	first := stored(t, c, "team", "af", 1)
	var b strings.Builder
	for n := 1; n <= 50; n++ {
		status := "superseded"
		switch n {
		case 49:
			status = "deployed"
		case 50:
			status = "failed"
		}
		b.WriteString("---\n" + secret("team", "af", n, status, revised(t, first, n, status)))
	}
	apply(t, c, b.String())
	grantAll(t, c, least(1))
	cluster := as(t, c.Kubeconfig(least(1)))
	found := find(t, cluster, "team", "af")
	if found.Revision != 49 || len(found.Revisions) != 50 {
		t.Errorf("revision %d of %d", found.Revision, len(found.Revisions))
	}
	if s, err := cluster.Read(context.Background(), found, 0); err != nil || s.Release.Revision != 49 {
		t.Errorf("got %+v, %v", s.Release, err)
	}
	requests, err := c.Requests(least(1))
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, r := range requests {
		if r.Resource == "secrets" {
			lists++
		}
	}
	if lists != 3 {
		t.Errorf("%d requests for Secrets: the revisions' names, one body and the other Secrets take three", lists)
	}
	old, err := cluster.Read(context.Background(), found, 7)
	if err != nil || old.Release.Revision != 7 {
		t.Fatalf("revision 7: %v", err)
	}
	for _, o := range old.OfKind(snapshot.Deployment) {
		if o.Origin != snapshot.Rendered {
			t.Errorf("revision 7 is judged by the live %s", o)
		}
	}
	if len(judge(t, old).Results) == 0 {
		t.Error("revision 7 could not be judged")
	}
	if _, err := cluster.Read(context.Background(), found, 51); err == nil || !strings.HasPrefix(err.Error(), "release af in namespace team has no revision 51; stored: 1, 2, 3") {
		t.Errorf("got %v", err)
	}
}
