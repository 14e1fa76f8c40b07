package diff

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Settings stand in the release's values: what is there, and what should be; nothing else of the values shows.
func TestSettingsAppearAsTheReleasesValues(t *testing.T) {
	s := snapshotOf(t)
	s.Release.Values = map[string]any{
		"executor": "CeleryExecutor",
		"config": map[string]any{
			"api":  map[string]any{"expose_config": "True", "workers": 2},
			"core": map[string]any{"test_connection": snapshot.Masked{}.String()},
			"fab":  map[string]any{"session_lifetime_minutes": "480"},
		},
	}
	report := &check.Report{Profile: "paranoid", Results: []check.Result{{Rule: "AS508", Slug: "config-not-exposed"}}}
	d, err := OfProfile(Profile{Snapshot: s, Report: report, Plan: &plan.Plan{}, Settings: []plan.Setting{
		{Key: "config.api.expose_config", Value: "False", Rules: []string{"AS508"}},
		{Key: "config.core.test_connection", Value: "Disabled", Rules: []string{"AS514"}},
		{Key: "config.fab.cookie_secure", Value: "True", Rules: []string{"AS506"}},
		{Key: "config.fab.session_lifetime_minutes", Value: "480", Rules: []string{"AS507"}},
	}})
	if err != nil || len(d.Objects) != 1 {
		t.Fatalf("%+v, %v", d, err)
	}
	want := ` apiVersion: helm.sh/release.v1
 kind: Release
 metadata:
   name: af
   namespace: air
 values:
   config:
     api:
-      expose_config: "True"
+      expose_config: "False" # AS508
     core:
-      test_connection: '[secret]'
+      test_connection: Disabled # AS514
     fab:
+      cookie_secure: "True" # AS506
`
	o := d.Objects[0]
	if got := joined(Lines(o.Before, o.After), "-+ "); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(o.Fields) != 3 || o.Fields[0].Path != "/values/config/api/expose_config" || !strings.Contains(o.Fields[0].Note, "generate values") {
		t.Errorf("fields %+v", o.Fields)
	}
	if o.Rules[2] != (Rule{"AS508", "config-not-exposed"}) {
		t.Errorf("rules %+v", o.Rules)
	}
	rows := ThreeWays(s, newDiff(s, "release"), d).Rows
	if len(rows) != 3 || rows[0].Installed != "True" || rows[0].Live != "True" || rows[0].Wanted != "False" || rows[0].Drifted {
		t.Errorf("three ways: %+v", rows)
	}
}

func TestWithoutSettingsNoReleaseAppears(t *testing.T) {
	if d := compared(t, snapshotOf(t, live)); !d.Empty() {
		t.Errorf("%+v", d.Objects)
	}
}
