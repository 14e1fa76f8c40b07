package secret

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	for scent, names := range map[Scent][]string{
		Sure: {
			"password", "DB_PASSWORD", "dbPassword", "smtp_password", "rootPassword2", "PGPASSWORD", "pass", "REDIS_PASS", "aws_secret_access_key",
			"client_secret", "clientSecret", "OAUTH_CLIENT_SECRET", "jwtSecret", "AIRFLOW__API_AUTH__JWT_SECRET", "fernet-key", "example.com/password",
			"keytabBase64Content", "AIRFLOW__SMTP__SMTP_PASSWORD", "private_key", "SECRET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY", "webserverSecretKey",
		},
		Likely: {"token", "GITHUB_TOKEN", "apiKey", "API_KEY", "secret", "secretKey", "credentials", "Authorization", "basicAuth", "connection_string", "encryption-key"},
		Weak:   {"key", "auth", "sentry_dsn", "keys", "cookie"},
		No: {
			"", "passwordSecret", "passwordSecretName", "passwordSecretKey", "existingSecretPasswordKey", "password_file", "PASSWORD_CMD", "token_url", "tokenLifetime",
			"AIRFLOW__CORE__FERNET_KEY_SECRET", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET", "public_key", "ssh_key_path", "primary_key", "checksum/secret", "keyboard", "compass", "author",
			"serviceAccountToken", "username", "password_policy", "secretName",
		},
	} {
		for _, name := range names {
			if got := Named(name); got != scent {
				t.Errorf("%q says %d, want %d", name, got, scent)
			}
		}
	}
}

func TestMarks(t *testing.T) {
	for text, want := range map[string]string{
		"": Harmless, "$(A)": Harmless, "${a.b}": Harmless, "{{ .x }}": Harmless, "Bearer {{ .x }}": Harmless, "<password>": Harmless, "****": Harmless, "/etc/key": Harmless,
		"vault:a/b#c": Harmless, "https://h/p?a=b": Harmless, "sha256:" + strings.Repeat("0a", 32): Harmless,
		"hunter": Word, "my-secret": Word, "airflow-db-7f9c4d": Word, "correct horse": Word, "airflowLocalSettings": Word,
		"Tr0ub4dor&3": "", "a1b2-C3": "", "HGLrjOCpUdJC": "",
		"9f86d081884c7d659a2feaa0c55ad015": Random, "kX9vQ2mZ7pL4tR8wY1nB": Random,
		"postgresql://u:p1w@h": URLPassword, "x://u:p@ss/w@h": URLPassword, "http://h:8080/a@b": "", "password = 'a b'": Assignment, "DB_PASSWORD=hunter2": Assignment,
		"-----BEGIN RSA PRIVATE" + " KEY-----": PrivateKey, "password=$(X)": Harmless, "password: str": Word, "  token: SecretStr": Word,
	} {
		if got := strings.Join(Marks(text), " "); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestKindsSayWhatTheyAre keeps the table to what tokens may hold, and every row to a source.
func TestKindsSayWhatTheyAre(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9-]+$`)
	for _, k := range kinds {
		if !form.MatchString(k.id) || !regexp.MustCompile(`^an? `).MatchString(k.what) || !strings.HasPrefix(k.source, "https://") || k.min > k.max || k.min < 16 || len(k.prefixes) == 0 {
			t.Errorf("%+v is not complete", k)
		}
	}
	for _, k := range irregulars {
		if What(k.id) == "" || !form.MatchString(k.id) {
			t.Errorf("nothing says what %s is", k.id)
		}
	}
	for _, mark := range []string{Harmless, Word, Random, "unheard"} {
		if What(mark) != "" {
			t.Errorf("%s is a kind", mark)
		}
	}
}

func TestKindsNeedTheirLengthAndTheirOwnWord(t *testing.T) {
	token := "gh" + "p_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
	for text, want := range map[string]bool{
		token: true, "x " + token + ".": true, "'" + token + "'": true, "https://" + token + "@h": true,
		token[:30]: false, "x" + token: false, "gh" + "p_" + strings.Repeat("x", 36): false, "gh" + "p_" + strings.Repeat("-", 36): false,
	} {
		if got := len(Kinds(text)) > 0; got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzMarks looks for panics, answers that differ, and marks that a token could not hold.
func FuzzMarks(f *testing.F) {
	if text, err := os.ReadFile("testdata/harmless.txt"); err == nil {
		for line := range strings.Lines(string(text)) {
			_, value, _ := strings.Cut(line, "\t")
			f.Add(strings.ReplaceAll(strings.TrimSpace(value), `\n`, "\n"))
		}
	}
	f.Add("password=\"x\" a://b:c@d {{ {{ $( ${ \x00 \xff")
	f.Fuzz(func(t *testing.T, text string) {
		marks := Marks(text)
		if !slices.Equal(marks, Marks(text)) || !slices.IsSorted(marks) {
			t.Errorf("%q is %v", text, marks)
		}
		for _, mark := range marks {
			if strings.Trim(mark, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
				t.Errorf("%q is %q", text, mark)
			}
		}
		if Named(text) > Sure {
			t.Errorf("%q says too much", text)
		}
	})
}
