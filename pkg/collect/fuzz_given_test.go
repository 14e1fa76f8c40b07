package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
)

// FuzzGivenFiles: whatever stands in a file that is given beside a source, it
// is read or refused in a sentence that shows nothing of it.
func FuzzGivenFiles(f *testing.F) {
	f.Add(osvText)
	f.Add("[" + osvText + "," + osvWithdrawn + "]")
	f.Add(`{"id": "✿", "modified": "✿", "affected": [{"package": {"ecosystem": "PyPI", "name": "apache-airflow"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"✿": "✿"}]}]}]}`)
	f.Add(`{"SchemaVersion": 2, "ArtifactName": "a:1", "Results": [{"Vulnerabilities": [{"VulnerabilityID": "CVE-1", "PkgName": "✿", "Severity": "HIGH", "FixedVersion": "2"}]}]}`)
	f.Add(`{"matches": [], "source": {"type": "image", "target": {"userInput": "a:1"}}, "descriptor": {"name": "grype"}}`)
	f.Add(`{"Base64Signature": "✿", "Payload": "e30="}`)
	f.Add(`{"dsseEnvelope": {"payload": "e30=", "payloadType": "✿", "signatures": [{"sig": "e30="}]}}`)
	f.Add(`{"messageSignature": {"messageDigest": {"algorithm": "SHA2_256", "digest": "e30="}, "signature": "✿"}}`)
	f.Add("[1, [2], null]")
	f.Add(lifecycleText)
	f.Add(strings.ReplaceAll(cyclesText, "3.3", "✿"))
	f.Add(ownText)
	f.Add(`{"airflow": {"read": "✿", "lines": [{"line": "✿", "end": "✿"}]}, "✿": {}}`)
	f.Add(`{"schema_version": "1.2.1", "generated_at": "2026-10-01T00:00:00Z", "result": [{"name": "redis", "releases": [{"name": "✿", "isEol": false, "eolFrom": "✿"}]}]}`)
	f.Add(`[{"cycle": "99999999999999999999.1", "eol": true}, {"cycle": "9.999999", "eol": "9999-12-31"}, {"cycle": "0", "eol": "0000-01-01"}]`)
	key := filepath.Join(f.TempDir(), "key.pub")
	if err := os.WriteFile(key, []byte(fuzzKey), 0o600); err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(f.TempDir(), "airflow.json")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(planted(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		given, err := ReadAdvisories(path)
		if err == nil {
			table := advisory.With(given)
			version, _ := advisory.ParseVersion("3.2.2")
			advisory.Upgrades(table.Covering(advisory.Airflow, version), version)
		}
		ends, errEnds := ReadEndOfLife(path)
		if errEnds == nil {
			for _, version := range []string{"3.3.1", "2.0", "999999999999.9", ""} {
				table, _ := endoflife.With(ends).Of("airflow")
				mustNotShow(t, "an answer", table.At(version, fixedTime).When())
			}
		}
		_, errScans := ReadScans(path)
		_, errSignatures := ReadSignatures([]string{path}, key)
		for _, err := range []error{err, errEnds, errScans, errSignatures} {
			if err != nil {
				mustNotShow(t, "an error", namesInErrors.ReplaceAllString(err.Error(), ""))
			}
		}
	})
}

// fuzzKey is a public key whose other half nobody has.
const fuzzKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEJ+w5sVAaLc5BJm7URlnzE0qK7XJV
nYm0UTye6zw4qicwUeZrK77ssQgPgZ5v1La+HGXuaJFAgJAF8/fL1PZmbQ==
-----END PUBLIC KEY-----
`
