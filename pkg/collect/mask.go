package collect

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// masker hides secrets at the door: every text that is not known to be
// harmless becomes a token. Equal texts get equal tokens within one run; the
// key is random and forgotten with the masker, so nothing can be guessed back.
// It is safe for concurrent use.
type masker struct {
	macs sync.Pool
}

// newMasker makes a masker with a fresh random key.
func newMasker() (*masker, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("no random key to mask secrets with: %w", err)
	}
	return &masker{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}, nil
}

// token is the text that stands for a secret value. The digest in it is keyed
// and lives only until seal.
func (m *masker) token(value string) string { return m.masked(value).Token() }

func (m *masker) masked(value string) snapshot.Masked {
	mac := m.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write([]byte(value))
	var sum [sha256.Size]byte
	masked := snapshot.Masked{
		ID:        hex.EncodeToString(mac.Sum(sum[:0])),
		Published: publishedIDs(value),
		Size:      sizeBucket(len(value)),
		Fernet:    isFernet(value),
	}
	switch {
	case !masked.Fernet:
		masked.Shapes = secret.Marks(value)
	case isChartMade(value):
		masked.Shapes = []string{snapshot.ChartMade}
	}
	m.macs.Put(mac)
	return masked
}

func sizeBucket(n int) int {
	for _, bucket := range []int{128, 64, 48, 32, 16, 1} {
		if n >= bucket {
			return bucket
		}
	}
	return 0
}

// isChartMade says that the bytes of a Fernet key are letters and digits, which
// those of a key made by Airflow's own means practically never are.
// Source: the official chart's templates/secrets/fernetkey-secret.yaml, randAlphaNum.
func isChartMade(key string) bool {
	bytes, err := base64.URLEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil {
		return false
	}
	for _, c := range bytes {
		if !isLetterOrDigit(c) {
			return false
		}
	}
	return true
}

// isFernet says that a text is 32 bytes in url-safe base64, or several such with
// commas between. White space around a key is no part of it.
// Source: https://github.com/fernet/spec; Airflow takes a list for rotation, and Python's base64 skips white space.
func isFernet(value string) bool {
	const size = 44
	if len(value) < size {
		return false
	}
	for key := range strings.SplitSeq(value, ",") {
		key = strings.TrimSpace(key)
		if len(key) != size || key[size-1] != '=' {
			return false
		}
		for i := range size - 1 {
			if c := key[i]; !isLetterOrDigit(c) && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
