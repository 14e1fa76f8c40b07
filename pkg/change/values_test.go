package change

import "testing"

func TestValuesPointer(t *testing.T) {
	for key, want := range map[string]string{
		"":                      "",
		"airflow.fernetKey":     "/airflow/fernetKey",
		`a.b[0]["c.d/e"].f`:     "/a/b/0/c.d~1e/f",
		`airflow.users[12].x~y`: "/airflow/users/12/x~0y",
		`serviceAccount["x"]`:   "/serviceAccount/x",
	} {
		if got := ValuesPointer(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
