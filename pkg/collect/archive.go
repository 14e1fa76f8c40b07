package collect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/provenance"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Archive is a chart archive that a release's chart is held against, and what
// makes it trustworthy: a signature in the .prov file beside it, or its digest.
type Archive struct {
	Path    string
	Keyring string // public keys, as gpg --export writes them
	Digest  string // SHA-256 in hex
}

// given says whether there is anything to hold a chart against.
func (a Archive) given() bool { return a.Path != "" }

// genuine is an archive that was read and verified, once for all releases that
// are held against it. Nothing changes it.
type genuine struct {
	path  string
	chart *chart.Chart
	ref   snapshot.Reference // with nothing compared yet
}

// open reads and verifies the archive. What the user handed over and cannot be
// used is an error; a signature or digest that does not hold is an answer.
func (a Archive) open() (*genuine, error) {
	sum, err := fileDigest(a.Path)
	if err != nil {
		return nil, err
	}
	ch, err := loader.LoadFile(a.Path)
	if err != nil {
		return nil, &inputError{file: a.Path, problem: "is no chart archive (.tgz) that can be loaded"}
	}
	ref := snapshot.Reference{Archive: filepath.ToSlash(a.Path), Name: ch.Metadata.Name, Version: ch.Metadata.Version, SHA256: sum}
	if a.Digest != "" && !strings.EqualFold(a.Digest, sum) {
		ref.Refused = "its SHA-256 is not the one that was given"
	}
	if a.Keyring != "" {
		if err := a.verify(&ref); err != nil {
			return nil, err
		}
	}
	return &genuine{path: a.Path, chart: ch, ref: ref}, nil
}

// verify checks the signature with Helm's own code.
func (a Archive) verify(ref *snapshot.Reference) error {
	proof := a.Path + ".prov"
	for _, name := range []string{a.Keyring, proof} {
		if _, err := os.Stat(name); err != nil {
			return unreadable(name, err)
		}
	}
	keys, err := provenance.NewFromKeyring(a.Keyring, "")
	if err != nil {
		return &inputError{file: a.Keyring, problem: "is no keyring of public keys (write one with gpg --export)"}
	}
	found, err := keys.Verify(a.Path, proof)
	if err != nil {
		ref.Refused = cmp.Or(ref.Refused, signatureProblem(err))
		return nil
	}
	ref.SignedBy = slices.Sorted(maps.Keys(found.SignedBy.Identities))
	return nil
}

// signatureProblem says in our words what Helm's code found.
func signatureProblem(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "unknown entity"):
		return "no key of the keyring has signed it"
	case strings.Contains(text, "sum does not match"), strings.Contains(text, "does not contain a SHA"):
		return "it is not the file that its provenance file was signed for"
	case strings.Contains(text, "expired"):
		return "the key that signed it has expired"
	}
	return "the signature in its provenance file does not hold"
}

func fileDigest(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", unreadable(name, err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", &inputError{file: name, problem: "is no chart archive (.tgz)"}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
