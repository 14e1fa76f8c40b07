package collect

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// packed is a release as Helm stores it.
func packed(t testing.TB, release any) string {
	t.Helper()
	text, err := json.Marshal(release)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(zipped(t, text))
}

func zipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if _, err := zip.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func releaseOf(name string, number int) map[string]any {
	return map[string]any{
		"name": name, "namespace": "team", "version": number,
		"info": map[string]any{"status": "deployed", "notes": "hello"},
		"chart": map[string]any{
			"metadata":  map[string]any{"name": "airflow", "version": "1.22.0", "home": "https://airflow.apache.org/"},
			"values":    map[string]any{"executor": "CeleryExecutor"},
			"templates": []any{map[string]any{"name": "templates/x.yaml", "data": "e3sgLlZhbHVlcy5leGVjdXRvciB9fQ=="}},
		},
		"config":       map[string]any{"replicas": 3, "fernetKey": "canary-3f9a"},
		"manifest":     "---\n# Source: airflow/templates/x.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n",
		"hooks":        []any{map[string]any{"manifest": "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n"}},
		"apply_method": "ssa",
	}
}

func TestDecodeReadsBothHelms(t *testing.T) {
	rec, err := decode(packed(t, releaseOf("af", 7)), "af", 7)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Namespace != "team" || rec.Info.Status != "deployed" || rec.ApplyMethod != "ssa" || rec.Chart.Metadata.Version != "1.22.0" {
		t.Errorf("got %+v", rec)
	}
	if n, ok := rec.Config["replicas"].(int64); !ok || n != 3 {
		t.Errorf("a whole number became %T", rec.Config["replicas"])
	}
	if got := string(rec.Chart.Templates[0].Data); got != "{{ .Values.executor }}" {
		t.Errorf("template is %q", got)
	}
	old := releaseOf("af", 7)
	delete(old, "apply_method")
	text, _ := json.Marshal(old)
	if _, err := decode(base64.StdEncoding.EncodeToString(text), "af", 7); err != nil {
		t.Errorf("a release from before Helm compressed them: %v", err)
	}
}

func TestDecodeRefusesWhatIsDamaged(t *testing.T) {
	whole := zipped(t, []byte(strings.Repeat(`{"name":"canary-3f9a"}`, 100)))
	code := base64.StdEncoding.EncodeToString
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-6] ^= 0xff
	noChart := releaseOf("af", 7)
	delete(noChart["chart"].(map[string]any), "metadata")
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "is not gzip"},
		{"not base64", "canary-3f9a!", "is not base64"},
		{"not gzip", code([]byte("canary-3f9a")), "is not gzip"},
		{"half a header", code(whole[:5]), "is not gzip"},
		{"truncated", code(whole[:len(whole)-12]), "is truncated"},
		{"wrong checksum", code(flipped), "is damaged"},
		{"not JSON", code(zipped(t, []byte("canary-3f9a"))), "is not a release in JSON"},
		{"a JSON list", code(zipped(t, []byte(`["canary-3f9a"]`))), "is not a release in JSON"},
		{"a wrong type", code(zipped(t, []byte(`{"name":"af","version":"canary-3f9a"}`))), "is not a release in JSON"},
		{"bomb", code(zipped(t, make([]byte, maxRecord+1))), "unpacks to more than 64 MiB"},
		{"another name", packed(t, releaseOf("canary-3f9a", 7)), "holds a release of another name"},
		{"another revision", packed(t, releaseOf("af", 8)), "holds revision 8"},
		{"no chart", packed(t, noChart), "names no chart"},
	} {
		_, err := decode(test.text, "af", 7)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestIsAirflowKnowsChartsForksAndWrappers(t *testing.T) {
	for text, want := range map[string]bool{
		`{"name":"airflow"}`: true,
		`{"name":"our-airflow","home":"https://github.com/airflow-helm/charts/tree/main"}`:                                         true,
		`{"name":"dags","sources":["https://github.com/apache/airflow"]}`:                                                          true,
		`{"name":"platform","dependencies":[{"name":"redis"},{"name":"airflow","version":"1.x"}]}`:                                 true,
		`{"name":"platform","dependencies":[{"name":"flow","alias":"flow","repository":"https://airflow.apache.org"}]}`:            true,
		`{"name":"platform","dependencies":[{"name":"flow","alias":"flow","repository":"https://airflow-helm.github.io/charts"}]}`: true,
		`{"name":"redis","home":"https://redis.io"}`:                                                                               false,
		`{"name":"exporter","dependencies":[null]}`:                                                                                false,
	} {
		rec := &record{}
		if err := json.Unmarshal([]byte(`{"chart":{"metadata":`+text+`}}`), rec); err != nil {
			t.Fatal(err)
		}
		if got := rec.isAirflow(); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

// FuzzRelease decodes any text: an error or a release of the right name, within
// bounds, never a panic, and no error that shows what was inside.
func FuzzRelease(f *testing.F) {
	good := packed(f, releaseOf("af", 7))
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add("")
	f.Add("H4sIAAAAAAAA")
	f.Add(base64.StdEncoding.EncodeToString([]byte(`{"name":"af","version":7}`)))
	f.Add(base64.StdEncoding.EncodeToString(zipped(f, []byte(`{"name":"af","version":7,"hooks":[null]}`))))
	f.Add(base64.StdEncoding.EncodeToString(zipped(f, bytes.Repeat([]byte("["), 20000))))
	f.Fuzz(func(t *testing.T, text string) {
		rec, err := decode(text, "af", 7)
		if err != nil {
			if len(err.Error()) > 40 {
				t.Errorf("an error that may show the content: %s", err)
			}
			return
		}
		if rec.Name != "af" || rec.Version != 7 || rec.Chart.Metadata == nil {
			t.Errorf("decoded %s revision %d", rec.Name, rec.Version)
		}
		rec.isAirflow()
		rec.helmChart()
	})
}

// BenchmarkDecode decodes a release of the official chart's size: 2.5 MB of JSON.
func BenchmarkDecode(b *testing.B) {
	release := releaseOf("af", 7)
	noise := make([]byte, 1_500_000)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise)
	for i := range noise {
		noise[i] = "abcdefgh \n"[noise[i]%10]
	}
	release["manifest"] = string(noise[:500_000])
	release["chart"].(map[string]any)["files"] = []any{map[string]any{"name": "x", "data": noise}}
	text := packed(b, release)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(text, "af", 7); err != nil {
			b.Fatal(err)
		}
	}
}
