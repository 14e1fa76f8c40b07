package collect

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestClaimantTrustsWhatNobodyOverwrites(t *testing.T) {
	type m = map[string]string
	for _, test := range []struct {
		name                string
		labels, annotations m
		want                string
	}{
		{"nothing", nil, nil, ""},
		{"both charts", m{"release": "af", "tier": "airflow"}, nil, "af"},
		{"subchart", m{"app.kubernetes.io/instance": "af"}, nil, "af"},
		{"Argo CD overwrites the instance", m{"release": "af", "app.kubernetes.io/instance": "data-platform"}, nil, "af"},
		{"Helm's annotation", m{"release": "prometheus"}, m{helmRelease: "af", helmNamespace: "team"}, "af"},
		{"another namespace's release", nil, m{helmRelease: "af", helmNamespace: "other"}, "other/af"},
		{"no namespace said", nil, m{helmRelease: "af"}, "af"},
	} {
		if got := claimant("team", test.labels, test.annotations); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestChartFromLabels(t *testing.T) {
	for label, want := range map[string]snapshot.Chart{
		"airflow-8.9.0":         {Name: "airflow", Version: "8.9.0"},
		"airflow-1.22.0-rc1":    {Name: "airflow", Version: "1.22.0-rc1"},
		"our-airflow-1.0.0_abc": {Name: "our-airflow", Version: "1.0.0+abc"},
		"airflow":               {Name: "airflow"},
		"our-airflow":           {Name: "our-airflow"},
		"":                      {},
	} {
		got := chartFrom(map[string]string{"chart": label})
		if got.Name != want.Name || got.Version != want.Version {
			t.Errorf("%q: got %s %s", label, got.Name, got.Version)
		}
	}
}
