package airflow

import "testing"

func TestImageVersionOfTags(t *testing.T) {
	for image, want := range map[string]string{
		"apache/airflow:3.2.0":                          "3.2.0",
		"apache/airflow:3.2.0rc1":                       "3.2.0rc1",
		"apache/airflow:slim-3.2.0rc1-python3.12":       "3.2.0rc1",
		"apache/airflow:2.11.0b2":                       "2.11.0b2",
		"apache/airflow:3.0.0.dev0":                     "3.0.0.dev0",
		"apache/airflow:2.9.3-slim":                     "2.9.3",
		"apache/airflow:3.1.2-python3.12":               "3.1.2",
		"apache/airflow:2.9.3-dev":                      "2.9.3", // an environment, not a pre-release: that has a number
		"apache/airflow:2.9.3-company":                  "2.9.3", // PEP 440 would read -c as a candidate
		"reg.example/airflow:v2.9.3_build7":             "2.9.3",
		"reg.example/airflow:2.9.3-rc2":                 "2.9.3rc2",
		"reg.example/airflow:prod":                      "",
		"reg.example/airflow:2024.06":                   "",
		"reg.example/etl:2.9.3":                         "",
		"apache/airflow:airflow-pgbouncer-2025.03-1.23": "",
		"apache/airflow@sha256:aa":                      "",
		"apache/airflow:latest":                         "",
	} {
		if got := ImageVersion(image); got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
	if got := ExactVersion("3.1.2-python3.12"); got != "3.1.2" {
		t.Errorf("an appVersion of a fork: got %q", got)
	}
	if got := ExactVersion("2.9.3+build"); got != "2.9.3" {
		t.Errorf("a local label: got %q", got)
	}
}
