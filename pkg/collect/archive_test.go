package collect

import (
	"context"
	"crypto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/provenance"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const fixtureChart = "../../testdata/charts/official"

// signer makes a key and the keyring that holds its public part.
func signer(t *testing.T, dir, name string) (*provenance.Signatory, string) {
	t.Helper()
	entity, err := openpgp.NewEntity(name, "", name+"@example.com", &packet.Config{DefaultHash: crypto.SHA512})
	if err != nil {
		t.Fatal(err)
	}
	ring := filepath.Join(dir, name+".gpg")
	file, err := os.Create(ring)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := entity.Serialize(file); err != nil {
		t.Fatal(err)
	}
	return &provenance.Signatory{Entity: entity}, ring
}

// signed packs a chart and writes its provenance file.
func signed(t *testing.T, by *provenance.Signatory, chartDir, into string) string {
	t.Helper()
	ch, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := chartutil.Save(ch, into)
	if err != nil {
		t.Fatal(err)
	}
	text, err := by.ClearSign(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(archive+".prov", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return archive
}

func copyOfChart(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "airflow")
	if err := os.CopyFS(dir, os.DirFS(fixtureChart)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func differences(ref *snapshot.Reference) []string {
	var out []string
	for _, d := range ref.Differences {
		out = append(out, d.File+" "+d.What)
	}
	return out
}

func TestChartHeldAgainstItsSignedArchive(t *testing.T) {
	dir := t.TempDir()
	maker, ring := signer(t, dir, "maker")
	_, strangers := signer(t, dir, "stranger")
	archive := signed(t, maker, fixtureChart, dir)
	s, err := FromChart(context.Background(), Chart{Path: fixtureChart, Held: Archive{Path: archive, Keyring: ring}})
	if err != nil {
		t.Fatal(err)
	}
	ref := s.Release.Reference
	if ref.Refused != "" || len(ref.Differences) > 0 || ref.Compared < 3 || !slices.Equal(ref.SignedBy, []string{"maker <maker@example.com>"}) {
		t.Errorf("the chart that was packed is held to be %+v", ref)
	}

	changed := copyOfChart(t)
	values := filepath.Join(changed, "values.yaml")
	put(t, values, fileText(t, values)+"\nbackdoor: true\n")
	put(t, filepath.Join(changed, "templates", "shell.yaml"), "# nothing\n")
	s, err = FromChart(context.Background(), Chart{Path: changed, Held: Archive{Path: archive, Keyring: ring}})
	if err != nil {
		t.Fatal(err)
	}
	ref = s.Release.Reference
	if got, want := differences(ref), []string{"templates/shell.yaml added", "values.yaml: backdoor added"}; !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}

	for name, c := range map[string]struct {
		archive Archive
		refused string
	}{
		"another key":    {Archive{Path: archive, Keyring: strangers}, "no key of the keyring has signed it"},
		"another digest": {Archive{Path: archive, Digest: strings.Repeat("0", 64)}, "its SHA-256 is not the one that was given"},
	} {
		if got, err := c.archive.open(); err != nil || got.ref.Refused != c.refused || len(got.ref.SignedBy) > 0 {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
	}
	put(t, archive, fileText(t, signed(t, maker, changed, t.TempDir())))
	if got, err := (Archive{Path: archive, Keyring: ring}).open(); err != nil || got.ref.Refused != "it is not the file that its provenance file was signed for" {
		t.Errorf("another file under the same name: %v, %+v", err, got)
	}
}

// TestArchiveIsReadOnce removes the archive, which has a subchart, after the
// first release was held against it.
func TestArchiveIsReadOnce(t *testing.T) {
	dir, packed := copyOfChart(t), t.TempDir()
	side := filepath.Join(dir, "charts", "side")
	if err := os.MkdirAll(filepath.Join(side, "templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(side, "Chart.yaml"), "apiVersion: v2\nname: side\nversion: 1.0.0\n")
	put(t, filepath.Join(side, "templates", "config.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"{{ .Release.Name }}-side\"}\n")
	maker, ring := signer(t, packed, "maker")
	archive := signed(t, maker, dir, packed)

	f := newFakeAPI(t, scheduler("one", "af"), scheduler("two", "af"))
	for _, namespace := range []string{"one", "two"} {
		f.addRecord(namespace, "af", 1, "deployed", recordOf(t, namespace, "af", 1))
	}
	c := f.cluster()
	c.Held = Archive{Path: archive, Keyring: ring}
	found, _, err := c.Releases(t.Context(), "")
	if err != nil || len(found) != 2 {
		t.Fatalf("found %+v, %v", found, err)
	}
	for _, one := range found {
		s, err := c.Read(t.Context(), one, 0)
		if err != nil {
			t.Fatal(err)
		}
		ref := s.Release.Reference
		if ref.Refused != "" || len(ref.SignedBy) != 1 || len(ref.Unread) > 0 || !slices.Contains(differences(ref), "charts/side: ConfigMap/af-side missing") {
			t.Errorf("namespace %s: %+v", one.Namespace, ref)
		}
		for _, name := range []string{archive, archive + ".prov"} {
			if err := os.Remove(name); err != nil && one.Namespace == "one" {
				t.Fatal(err)
			}
		}
	}
}

func TestArchiveThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	maker, ring := signer(t, dir, "maker")
	archive := signed(t, maker, fixtureChart, dir)
	text := filepath.Join(dir, "text.tgz")
	put(t, text, "no archive")
	for want, a := range map[string]Archive{
		"nowhere.tgz: does not exist":             {Path: "nowhere.tgz"},
		"is no chart archive (.tgz) that":         {Path: text},
		"nowhere.gpg: does not exist":             {Path: archive, Keyring: "nowhere.gpg"},
		"is no keyring of public keys (write one": {Path: archive, Keyring: text},
		"official: is no chart archive":           {Path: fixtureChart},
	} {
		_, err := a.open()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", a, err, want)
		}
	}
	if err := os.Remove(archive + ".prov"); err != nil {
		t.Fatal(err)
	}
	if _, err := (Archive{Path: archive, Keyring: ring}).open(); err == nil || !strings.Contains(err.Error(), ".prov: does not exist") {
		t.Errorf("without its provenance file: %v", err)
	}
}

func fileText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
