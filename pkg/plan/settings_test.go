package plan

import (
	"reflect"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

func TestSettingsAreKeysWithOneValue(t *testing.T) {
	fix := func(key string, value any) []check.Fix {
		return []check.Fix{{Kind: rule.Values, ValuesKey: key, Value: value}}
	}
	report := &check.Report{Results: []check.Result{
		{Rule: "AS306", Findings: []check.Finding{{Fixes: fix("multiNamespaceMode", false)}}},
		{Rule: "AS103", Findings: []check.Finding{{Fixes: fix("securityContexts", map[string]any{"a": 1}), Changes: []change.Change{{}}}}},
		{Rule: "AS509", Findings: []check.Finding{
			{Fixes: fix("config.webserver.expose_config", "False")},
			{Fixes: fix("config.webserver.expose_hostname", "False"), Excepted: true},
		}},
		{Rule: "AS508", Findings: []check.Finding{
			{Fixes: fix("config.webserver.expose_config", "False")}, {Fixes: fix("config.webserver.expose_config", "False")},
			{Fixes: fix("config.api.auth_backends", nil)}, {Fixes: []check.Fix{{Kind: rule.Manual}}},
			{Fixes: fix("config.a.b", "1")},
		}},
		{Rule: "AS510", Findings: []check.Finding{{Fixes: fix("config.a.b", "2")}}},
	}}
	want := []Setting{
		{"config.a.b", "1", []string{"AS508"}},
		{"config.webserver.expose_config", "False", []string{"AS508", "AS509"}},
	}
	if got := Settings(report, []string{"AS306"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
