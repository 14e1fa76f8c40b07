package airflow

import "testing"

func TestImageVersion(t *testing.T) {
	for image, want := range map[string]string{
		"apache/airflow:3.2.2":                               "3.2.2",
		"apache/airflow:2.8.4-python3.9":                     "2.8.4",
		"apache/airflow:slim-2.10.5-python3.12":              "2.10.5",
		"apache/airflow:3.0.0rc1":                            "3.0.0",
		"apache/airflow:1.10.15":                             "1.10.15",
		"apache/airflow:2.11":                                "2.11",
		"corp.example:5000/data/airflow:v3.1.2-corp.4":       "3.1.2",
		"corp.example:5000/data/airflow:2.9.3@sha256:abc":    "2.9.3",
		"ghcr.io/corp/etl/airflow-base:airflow-2.9.3-7":      "2.9.3",
		"corp.example:5000/airflow":                          "",
		"apache/airflow@sha256:abc":                          "",
		"apache/airflow:latest":                              "",
		"apache/airflow:latest-python3.12":                   "",
		"apache/airflow:airflow-pgbouncer-2025.03.05-1.23.1": "",
		"corp/airflow:1.4.2":                                 "",
		"corp/airflow:20240601":                              "",
		"corp/dags:3.1.2":                                    "",
		"":                                                   "",
	} {
		if got := imageVersion(image); got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"1.10.1", "1.10.11", "1.10.14", "2.0", "2.3", "2.3.4", "2.10", "3.0.0", "3.0.2"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := compareVersions(a, b); got != want {
				t.Errorf("compare %s with %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestImageRepository(t *testing.T) {
	for image, want := range map[string]string{
		"redis":                                "redis",
		"redis:7":                              "redis",
		"corp.example:5000/redis":              "corp.example:5000/redis",
		"corp.example:5000/a/redis:7@sha256:0": "corp.example:5000/a/redis",
		"redis@sha256:0":                       "redis",
	} {
		if got := imageRepository(image); got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}
