package rules_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// rightsInCorpus are the findings of AS301 to AS309, AS701, AS704 and AS705 in
// rendered charts, as "AS301:10 AS302:1"; a rule that is not named passes.
var rightsInCorpus = map[string]string{
	// Celery needs no API: every pod carries a needless token, the one role is too much, one account serves all.
	"community-8.9.0/00-defaults": "AS301:10 AS302:1 AS304:1 AS307:1 AS308:2 AS701:1 AS705:1",
	// rbac.secrets, and two pods more.
	"community-8.9.0/01-insecure-plaintext": "AS301:12 AS302:1 AS303:1 AS304:1 AS307:1 AS308:2 AS701:1 AS705:1",
	// The executor needs the API in scheduler, web UI, triggerer and task pods.
	"community-8.9.0/02-kubernetes-executor": "AS301:4 AS302:1 AS304:1 AS307:1 AS308:1 AS701:1",
	// The Vault agent logs in with the token everywhere but in PgBouncer; no value parts the account or trims the role.
	"community-8.9.0/16-hardened-celery":     "AS301:1 AS302:1 AS304:1 AS307:1 AS701:1",
	"community-8.9.0/17-hardened-kubernetes": "AS301:2 AS302:1 AS304:1 AS307:1 AS701:1",
	"official-1.15.0/00-defaults":            "AS301:9 AS302:2 AS304:1 AS308:1 AS701:1 AS705:1",
	"official-1.22.0/00-defaults":            "AS301:10 AS302:2 AS304:1 AS308:1 AS701:1 AS705:1",
	// multiNamespaceMode and createSCCRoleBinding make three cluster-wide bindings.
	"official-1.22.0/01-insecure-plaintext": "AS301:10 AS302:3 AS304:1 AS306:3 AS701:1",
	// The triggerer of 1.15 keeps the log reader's role, whatever the values say.
	"official-1.15.0/20-hardened-af2": "AS302:1 AS701:1",
	// One launcher role for three accounts with different needs, and a log reader that may list more than it needs.
	"official-1.22.0/21-hardened-af3": "AS302:2 AS304:1 AS701:1",
	// Meant for Airflow 2: the API server keeps its token, and its binding names a role that the chart did not render.
	"official-1.22.0/20-hardened-af2": "AS301:1 AS302:unknown AS303:unknown AS304:unknown AS305:unknown AS309:unknown AS701:1",
}

func TestCorpusRights(t *testing.T) {
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	for name, want := range rightsInCorpus {
		s := corpusSnapshot(t, filepath.Join(folder, filepath.FromSlash(name), "manifest.yaml"))
		if got := rightsFound(t, s); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func corpusSnapshot(t *testing.T, manifest string) *snapshot.Snapshot {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{manifest}, Release: "rel", Namespace: "airflow", Now: caseTime})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rightsFound(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	judged := slices.DeleteFunc(rules.All(), func(r *rule.Rule) bool {
		return !strings.HasPrefix(r.ID, "AS30") && !slices.Contains([]string{"AS701", "AS704", "AS705"}, r.ID)
	})
	report, err := check.Run(airflow.New(s), judged, &profile.Profile{Name: "corpus", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range report.Results {
		switch r.Outcome {
		case rule.Failed:
			out = append(out, fmt.Sprintf("%s:%d", r.Rule, len(r.Findings)))
		case rule.Unknown:
			out = append(out, r.Rule+":unknown")
		}
	}
	return strings.Join(out, " ")
}

// TestCorpusDrift takes rendered charts as installed and finds no drift; then
// it changes every part that AS711 compares, and finds each.
func TestCorpusDrift(t *testing.T) {
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	for _, name := range []string{"community-8.9.0/00-defaults", "official-1.22.0/18-pss-only", "official-1.22.0/13-networkpolicies"} {
		s := installed(t, corpusSnapshot(t, filepath.Join(folder, filepath.FromSlash(name), "manifest.yaml")))
		if found := drift(s); len(found) > 0 {
			t.Errorf("%s: %s drifted as installed: %s", name, found[0].Target, found[0].Message)
		}
		for i := range s.Objects {
			changed := copySnapshot(t, s)
			if field := disturb(changed.Objects[i].Content); field != "" && len(drift(changed)) == 0 {
				t.Errorf("%s: nobody sees that %s of %s differs", name, field, s.Objects[i].Ref)
			}
		}
	}
}

// installed makes a release of rendered objects: stored, and live as they are.
func installed(t *testing.T, s *snapshot.Snapshot) *snapshot.Snapshot {
	t.Helper()
	s.Objects = slices.DeleteFunc(s.Objects, func(o snapshot.Object) bool { return o.Origin == snapshot.Hook })
	live := copySnapshot(t, s)
	for i := range live.Objects {
		live.Objects[i].Origin = snapshot.Live
	}
	live.Release.Record, live.Release.Manifest, live.Release.Status = snapshot.Stored, s.Objects, "deployed"
	live.Coverage = caseCoverage("")
	return live
}

func drift(s *snapshot.Snapshot) []rule.Finding {
	p := rule.NewPass(airflow.New(s), rule.Paranoid, rule.Parameters{})
	rules.Find("AS711").Check(p)
	return p.Findings
}

// disturb changes something that matters in an object and names it; empty where it knows nothing to change.
func disturb(content map[string]any) string {
	spec, _ := content["spec"].(map[string]any)
	switch content["kind"] {
	case "Deployment", "StatefulSet":
		pod := spec["template"].(map[string]any)["spec"].(map[string]any)
		container := pod["containers"].([]any)[0].(map[string]any)
		container["image"] = "evil.example/airflow"
		return "the image"
	case "Role", "ClusterRole":
		content["rules"] = []any{map[string]any{"apiGroups": []any{"*"}, "resources": []any{"*"}, "verbs": []any{"*"}}}
		return "the rules"
	case "RoleBinding", "ClusterRoleBinding":
		content["subjects"] = []any{map[string]any{"kind": "User", "name": "eve"}}
		return "the subjects"
	case "NetworkPolicy":
		spec["ingress"] = []any{map[string]any{}}
		return "the ingress"
	case "Service":
		spec["externalIPs"] = []any{"203.0.113.9"}
		return "the external address"
	case "ServiceAccount":
		content["automountServiceAccountToken"] = content["automountServiceAccountToken"] != true
		return "the token switch"
	case "Secret", "ConfigMap":
		data, _ := content["data"].(map[string]any)
		for key := range data {
			data[key] = "other"
		}
		if len(data) == 0 {
			return ""
		}
		return "the data"
	}
	return ""
}
