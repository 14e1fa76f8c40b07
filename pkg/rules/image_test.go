package rules

import "testing"

func TestParseImage(t *testing.T) {
	const digest = "sha256:0d0ea6e8e1d8e1b1b7d0f7d5ff4e6d3ec3b0c4b7a38f7ad5b7a5c6f1a4d9e8b2"
	for name, want := range map[string]image{
		"redis":                                  {"docker.io", "library/redis", "", ""},
		"redis:7.2-bookworm":                     {"docker.io", "library/redis", "7.2-bookworm", ""},
		"apache/airflow:3.2.2":                   {"docker.io", "apache/airflow", "3.2.2", ""},
		"index.docker.io/apache/airflow":         {"docker.io", "apache/airflow", "", ""},
		"localhost/airflow:dev":                  {"localhost", "airflow", "dev", ""},
		"registry:5000/team/airflow":             {"registry:5000", "team/airflow", "", ""},
		"ghcr.io/a/b@" + digest:                  {"ghcr.io", "a/b", "", digest},
		"registry:5000/team/airflow:1@" + digest: {"registry:5000", "team/airflow", "1", digest},
	} {
		if got := parseImage(name); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestImageUnder(t *testing.T) {
	airflow := parseImage("apache/airflow:3.2.2")
	for place, want := range map[string]bool{
		"docker.io": true, "docker.io/apache": true, "docker.io/apache/": true, "docker.io/apache/airflow": true,
		"https://index.docker.io/apache": true, "docker.io/apa": false, "ghcr.io": false, "apache": false,
	} {
		if got := airflow.under(place); got != want {
			t.Errorf("under %s: got %v, want %v", place, got, want)
		}
	}
}
