package snapshot

import "testing"

func TestPlaceOfIsTheNearestAbove(t *testing.T) {
	r := Release{Places: []Place{
		{"/airflow", "a.yaml", 1}, {"/airflow/config", "a.yaml", 2}, {"/airflow/users", "b.yaml", 7}, {"/airflow/users/0", "b.yaml", 8}, {"/web", "", 0},
	}}
	for pointer, want := range map[string]Place{
		"/airflow/config/X":         {File: "a.yaml", Line: 2},
		"/airflow/users/0/password": {File: "b.yaml", Line: 8},
		"/airflow/users/1":          {File: "b.yaml", Line: 7},
		"/airflow":                  {File: "a.yaml", Line: 1},
		"/airflowx":                 {},
		"/web/service":              {},
		"":                          {},
	} {
		got, found := r.PlaceOf(pointer)
		if got.File != want.File || got.Line != want.Line || found != (want.File != "") {
			t.Errorf("%s: %+v, %v", pointer, got, found)
		}
	}
}
