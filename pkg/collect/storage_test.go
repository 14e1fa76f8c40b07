package collect

import "testing"

func TestRecordName(t *testing.T) {
	for object, want := range map[string]struct {
		name   string
		number int
		ok     bool
	}{
		"sh.helm.release.v1.airflow.v1":     {"airflow", 1, true},
		"sh.helm.release.v1.air.vane.v12":   {"air.vane", 12, true},
		"sh.helm.release.v1.af.v2.v3":       {"af.v2", 3, true},
		"sh.helm.release.v1.airflow.v0":     {"airflow", 0, false},
		"sh.helm.release.v1.airflow.vlast":  {"airflow", 0, false},
		"sh.helm.release.v1..v1":            {"", 0, false},
		"sh.helm.release.v1.airflow":        {"", 0, false},
		"airflow-fernet-key":                {"", 0, false},
		"sh.helm.release.v2.airflow.v1":     {"", 0, false},
		"sh.helm.release.v1.airflow.v-3":    {"airflow", -3, false},
		"sh.helm.release.v1.airflow.v1.bak": {"airflow", 0, false},
	} {
		name, number, ok := recordName(object)
		if ok != want.ok || ok && (name != want.name || number != want.number) {
			t.Errorf("%s: got %q %d %v", object, name, number, ok)
		}
	}
}

func TestCurrentIsTheDeployedElseTheNewest(t *testing.T) {
	for _, test := range []struct {
		revisions []revision
		want      int
		gone      bool
	}{
		{[]revision{{1, "superseded"}, {2, "deployed"}}, 2, false},
		{[]revision{{1, "superseded"}, {2, "deployed"}, {3, "failed"}}, 2, false},
		{[]revision{{1, "superseded"}, {2, "deployed"}, {3, "pending-upgrade"}}, 2, false},
		{[]revision{{1, "failed"}, {2, "failed"}}, 2, false},
		{[]revision{{1, "pending-install"}}, 1, false},
		{[]revision{{1, "superseded"}, {2, "uninstalled"}}, 2, true},
		{[]revision{{4, "deployed"}, {5, "deployed"}}, 5, false},
	} {
		s := &stored{revisions: test.revisions}
		if got := s.current().number; got != test.want || s.gone() != test.gone {
			t.Errorf("%v: current %d, gone %v", test.revisions, got, s.gone())
		}
	}
}

func TestStoragesKnowsHelmsDrivers(t *testing.T) {
	for driver, want := range map[string]int{"": 2, "secret": 1, "secrets": 1, "configmap": 1, "configmaps": 1} {
		if got, err := storagesOf(driver); err != nil || len(got) != want {
			t.Errorf("%q: %v %v", driver, got, err)
		}
	}
	for driver, want := range map[string]string{
		"sql":    "HELM_DRIVER=sql: releases kept in a database cannot be read; use --from, -f or --chart",
		"memory": `HELM_DRIVER="memory" is not a storage that can be read: use secret or configmap`,
	} {
		if _, err := storagesOf(driver); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", driver, err)
		}
	}
}
