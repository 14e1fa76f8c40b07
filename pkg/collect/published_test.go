package collect

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"testing"
)

func TestPublishedDefaultsAreWellFormed(t *testing.T) {
	id, sum := regexp.MustCompile(`^[a-z0-9-]+$`), regexp.MustCompile(`^[0-9a-f]{64}$`)
	for digest, p := range publishedDefaults {
		if !sum.MatchString(digest) || !id.MatchString(p.id) || p.what == "" || p.source == "" {
			t.Errorf("%s: %+v", digest, p)
		}
	}
}

func TestNoRandomKeyIsPublished(t *testing.T) {
	raw := make([]byte, 64)
	for range 10_000 {
		if _, err := rand.Read(raw); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{base64.URLEncoding.EncodeToString(raw[:32]), base64.StdEncoding.EncodeToString(raw), hex.EncodeToString(raw[:16]), string(raw[:10])} {
			if ids := publishedIDs(key); ids != nil {
				t.Fatalf("%q counts as %v", key, ids)
			}
		}
	}
}

func TestPublishedWords(t *testing.T) {
	for value, want := range map[string]string{"admin": "admin", "postgres": "postgres", "airflow": "airflow", "guest": "guest", "temporary_key": "temporary-key", "repl_password": "community-replication-password"} {
		if got := publishedIDs(value); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %v, want %s", value, got, want)
		}
	}
	for _, value := range []string{"", "Admin", "admin ", "airflow2"} {
		if got := publishedIDs(value); got != nil {
			t.Errorf("%q: got %v", value, got)
		}
	}
}
