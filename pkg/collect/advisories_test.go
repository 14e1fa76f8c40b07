package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// osvText is a record in the form that osv.dev serves, with the parts that are not read left out.
const osvText = `{"schema_version": "1.6.0", "id": "GHSA-abcd-efgh-ijkl", "aliases": ["PYSEC-2027-1", "CVE-2027-100"],
  "modified": "2027-01-02T03:04:05Z", "published": "2027-01-01T00:00:00Z", "summary": "A flaw",
  "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}, {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
  "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-94"]},
  "references": [{"type": "WEB", "url": "https://example.org/web"}, {"type": "ADVISORY", "url": "https://example.org/advisory"}],
  "affected": [
    {"package": {"ecosystem": "PyPI", "name": "Apache_Airflow", "purl": "pkg:pypi/apache-airflow"}, "versions": ["2.9.0", "not a version"],
     "ranges": [{"type": "GIT", "repo": "https://example.org/x", "events": [{"introduced": "abc"}]},
                {"type": "ECOSYSTEM", "events": [{"fixed": "3.3.2"}, {"introduced": "3.0.0"}, {"fixed": "2.11.3"}, {"introduced": "0"}]}]},
    {"package": {"ecosystem": "PyPI", "name": "apache-airflow-providers-fab"},
     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.0.0"}, {"last_affected": "1.5.2"}]}]},
    {"package": {"ecosystem": "PyPI", "name": "requests"}, "ranges": []},
    {"package": {"ecosystem": "npm", "name": "apache-airflow"}, "ranges": []}]}`

const osvWithdrawn = `{"id": "PYSEC-2027-2", "modified": "2026-12-01T00:00:00Z", "withdrawn": "2026-12-02T00:00:00Z",
  "affected": [{"package": {"ecosystem": "PyPI", "name": "apache-airflow"}}]}`

func osvFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "osv.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadAdvisories(t *testing.T) {
	line := strings.ReplaceAll(osvText, "\n", "")
	for form, text := range map[string]string{
		"one":            osvText,
		"a list":         "[" + osvText + "," + osvWithdrawn + "]",
		"one a line":     line + "\n" + strings.ReplaceAll(osvWithdrawn, "\n", "") + "\n",
		"osv.dev's list": `{"vulns": [` + osvText + `]}`,
	} {
		got, err := ReadAdvisories(osvFile(t, text))
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		var first snapshot.Advisory
		for _, a := range got.Records {
			if a.ID == "CVE-2027-100" && a.Package == "apache-airflow" {
				first = a
			}
		}
		if first.CVSS != 9.8 || first.Severity != "high" || first.Source != "https://example.org/advisory" || len(first.Versions) != 1 ||
			len(first.Ranges) != 2 || first.Ranges[0] != (snapshot.VersionRange{Introduced: "0", Fixed: "2.11.3"}) ||
			first.Ranges[1] != (snapshot.VersionRange{Introduced: "3.0.0", Fixed: "3.3.2"}) {
			t.Errorf("%s: got %+v", form, first)
		}
		if got.Newest.Format("2006-01-02") != "2027-01-02" {
			t.Errorf("%s: the newest is of %s", form, got.Newest)
		}
	}
}

func TestReadAdvisoriesOfADirectory(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.json": osvText, "b.jsonl": osvWithdrawn, "notes.yaml": "not: read", "README.md": "#"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadAdvisories(dir)
	if err != nil || len(got.Records) != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if fab := got.Records[2]; fab.Package != "apache-airflow-providers-fab" || fab.Ranges[0].LastAffected != "1.5.2" {
		t.Errorf("got %+v", fab)
	}
}

// TestBadAdvisories: each mistake is an error that names file, record and field.
func TestBadAdvisories(t *testing.T) {
	affected := func(text string) string {
		return `{"id": "CVE-2027-1", "modified": "2027-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "apache-airflow"}, ` + text + `}]}`
	}
	for text, want := range map[string]string{
		"":                              "osv.json: is empty",
		"{":                             "osv.json:1: is not JSON",
		"[1, 2]":                        "osv.json:1: a value has the wrong type",
		`{"kind": "x"}`:                 "osv.json:1: id is missing: this is no record in the Open Source Vulnerability format",
		`{"id": "CVE-1", "aliases": 5}`: "osv.json:1: CVE-1 aliases has the wrong type",
		"\n\n{\"id\": \"CVE-2027-1\"}":  "osv.json:3: CVE-2027-1 modified is not a time such as 2026-11-21T12:00:00Z",
		affected(`"ranges": []`):        "osv.json:1: CVE-2027-1 affected names no version of apache-airflow",
		affected(`"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "new"}]}]`): "osv.json:1: CVE-2027-1 affected.ranges.events.introduced is not a version",
		affected(`"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "3.0"}]}]`):      "osv.json:1: CVE-2027-1 affected.ranges.events names no version that introduced it",
		strings.ReplaceAll(osvWithdrawn, "apache-airflow", "requests"):                   "osv.json holds no record about apache-airflow or its providers",
	} {
		_, err := ReadAdvisories(osvFile(t, text))
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		if got := err.Error()[strings.Index(err.Error(), "osv.json"):]; strings.Replace(got, "osv.json: holds", "osv.json holds", 1) != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if _, err := ReadAdvisories(filepath.Join(t.TempDir(), "none.json")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a file that is not there: %v", err)
	}
}
