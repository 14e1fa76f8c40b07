package collect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestReportsKeepNoFreeText: what registries, policies and scanners wrote in their own words is dropped.
func TestReportsKeepNoFreeText(t *testing.T) {
	for text, want := range map[string]string{
		`{"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "VulnerabilityReport", "metadata": {"name": "r"},
		  "report": {"artifact": {"repository": "apache/airflow", "tag": "3.3.1", "mimeType": "hunter2 x"}, "registry": {"server": "user:hunter2 @x"},
		    "scanner": {"name": "Trivy", "vendor": "hunter2"}, "summary": {"criticalCount": 1, "note": "hunter2"}, "updateTimestamp": "2026-11-20T10:00:00Z",
		    "vulnerabilities": [{"vulnerabilityID": "CVE-1", "severity": "HIGH", "resource": "curl", "fixedVersion": "2", "title": "hunter2"},
		      {"vulnerabilityID": "CVE-2", "severity": "LOW", "resource": "curl", "fixedVersion": "2"}, {"vulnerabilityID": "CVE-3", "severity": "HIGH", "fixedVersion": ""}]},
		  "extra": "hunter2"}`: `{"artifact":{"repository":"apache/airflow","tag":"3.3.1"},"fixable":[{"resource":"curl","severity":"HIGH","vulnerabilityID":"CVE-1"}],"registry":{},"scanner":{"name":"Trivy"},"summary":{"criticalCount":1},"updateTimestamp":"2026-11-20T10:00:00Z"}`,
		`{"apiVersion": "wgpolicyk8s.io/v1alpha2", "kind": "PolicyReport", "metadata": {"name": "r"}, "scope": {"name": "hunter2"},
		  "results": [{"policy": "p", "result": "fail", "message": "failed to verify image a/b:1: hunter2 said no"},
		    {"policy": "q", "result": "fail", "message": "env holds hunter2"}, {"policy": "q", "result": "fail", "message": "verified image signatures for a/b:1"}]}`: `[{"image":"a/b:1","policy":"p","verdict":"refused"}]`,
		`{"apiVersion": "policy.sigstore.dev/v1beta1", "kind": "ClusterImagePolicy", "metadata": {"name": "p"},
		  "spec": {"mode": "enforce", "images": [{"glob": "a/**"}], "authorities": [{"key": {"data": "hunter2"}}], "match": [{"resource": "pods"}], "policy": {"data": "hunter2"}}}`: `{"authorities":[{"kind":"key"}],"images":[{"glob":"a/**"}],"mode":"enforce","narrowed":true}`,
	} {
		var content map[string]any
		if err := json.Unmarshal([]byte(text), &content); err != nil {
			t.Fatal(err)
		}
		m, err := newMasker()
		if err != nil {
			t.Fatal(err)
		}
		m.object(content)
		all, _ := json.Marshal(content)
		if strings.Contains(string(all), "hunter2") {
			t.Errorf("free text is left: %s", all)
		}
		for _, key := range []string{"report", "results", "spec"} {
			if content[key] == nil {
				continue
			}
			if got, _ := json.Marshal(content[key]); string(got) != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		}
	}
}

// TestReportedKeepsTheNewestScanOfEachImage: a namespace can hold one report for each finished task.
func TestReportedKeepsTheNewestScanOfEachImage(t *testing.T) {
	scan := func(name, kind, owner, tag, when string) snapshot.Object {
		return snapshot.Object{
			Ref:    snapshot.Ref{APIVersion: "aquasecurity.github.io/v1alpha1", Kind: "VulnerabilityReport", Namespace: "n", Name: name},
			Origin: snapshot.Live,
			Content: map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"trivy-operator.resource.kind": kind, "trivy-operator.resource.name": owner}},
				"report":   map[string]any{"artifact": map[string]any{"repository": "apache/airflow", "tag": tag}, "updateTimestamp": when},
			},
		}
	}
	objects := []snapshot.Object{
		{
			Ref: snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "af-scheduler"}, Origin: snapshot.Live,
			Content: map[string]any{"metadata": map[string]any{"labels": map[string]any{"release": "af", "tier": "airflow"}}},
		},
		scan("old", "ReplicaSet", "af-scheduler-6d4c", "3.3.1", "2026-01-01T00:00:00Z"),
		scan("new", "ReplicaSet", "af-scheduler-7f9b", "3.3.1", "2026-02-01T00:00:00Z"),
		scan("other-tag", "ReplicaSet", "af-scheduler-7f9b", "3.3.0", "2026-01-01T00:00:00Z"),
		scan("another-release", "ReplicaSet", "billing-7f9b", "3.3.1", "2026-03-01T00:00:00Z"),
	}
	w := newOwnership(&snapshot.Release{Name: "af", Namespace: "n"}, objects)
	w.own[0] = true
	w.reported()
	var kept []string
	for _, o := range w.kept() {
		kept = append(kept, o.Name)
	}
	if got := strings.Join(kept, " "); got != "af-scheduler new other-tag" {
		t.Errorf("kept %s", got)
	}
}
