package rules

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// secretForms are the keys and texts that secrets stand in; %s is the secret.
var secretForms = [][2]string{
	{"fernet-key", "%s"}, {"AIRFLOW__CORE__FERNET_KEY", "%s"}, {"AIRFLOW__WEBSERVER__SECRET_KEY", "%s"}, {"api-secret-key", "%s"},
	{"postgres-password", "%s"}, {"redis-password", "%s"}, {"DATABASE_PASSWORD", "%s"}, {"_AIRFLOW_WWW_USER_PASSWORD", "%s"},
	{"connection", "postgresql://postgres:%s@postgres:5432/airflow"}, {"broker", "redis://:%s@redis:6379/0"},
	{"AIRFLOW_CONN_WAREHOUSE", "mysql://airflow:%s@db:3306/admin"}, {"users.txt", "\"postgres\" \"%s\"\n"},
	{"sync_users.py", "UserWrapper(username=\"admin\", roles=[\"Admin\"], password=\"%s\")\n"},
	{"redis.conf", "requirepass %s\n"}, {"token", "%s"},
}

// released is a release of one pod, with these texts in Secrets, 50 in each.
func released(t *testing.T, texts []string) *airflow.Model {
	t.Helper()
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {tier: airflow, component: scheduler, release: af}}\nspec: {containers: [{name: scheduler, image: \"apache/airflow:3.2.2\"}]}\n")
	for i, text := range texts {
		form := secretForms[i%len(secretForms)]
		if i%len(secretForms) == 0 {
			fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s%d}\nstringData:\n", i)
		}
		if strings.Contains(form[1], "://") {
			text = url.QueryEscape(text)
		}
		fmt.Fprintf(&b, "  %s: %q\n", form[0], fmt.Sprintf(form[1], text))
	}
	s, err := collect.FromFiles(context.Background(), collect.Files{
		Paths: []string{"-"}, Stdin: strings.NewReader(b.String()), Release: "af", Namespace: "airflow",
	})
	if err != nil {
		t.Fatal(err)
	}
	return airflow.New(s)
}

func findPublished(t *testing.T, texts []string) *rule.Pass {
	t.Helper()
	p := rule.NewPass(released(t, texts), rule.Paranoid, rule.Parameters{})
	noPublishedCredentials.Check(p)
	return p
}

// randomSecret is a key or password as people and programs make them, some of
// them close to a published one.
func randomSecret(r *rand.Rand) string {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(r.IntN(256))
	}
	near := []string{"7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehnc=", "THIS IS UNSAFE!", "temporary_key", "repl_password"}
	words := []string{"airflow", "postgres", "admin", "guest", "redis"}
	switch r.IntN(6) {
	case 0:
		return base64.URLEncoding.EncodeToString(raw)
	case 1:
		return base64.StdEncoding.EncodeToString(raw[:8+r.IntN(24)])
	case 2:
		return hex.EncodeToString(raw[:4+r.IntN(28)])
	case 3: // one character of a published secret is another
		text := []byte(near[r.IntN(len(near))])
		i := r.IntN(len(text))
		text[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
		if slices.Contains(near, string(text)) {
			return "x" + string(text)
		}
		return string(text)
	case 4:
		return fmt.Sprintf("%s%d", words[r.IntN(len(words))], r.IntN(100_000))
	default:
		return strings.ToUpper(words[r.IntN(len(words))][:1]) + words[r.IntN(len(words))][1:] + "-" + hex.EncodeToString(raw[:2])
	}
}

// TestNoFalseHits judges 10,000 random keys and passwords in every place; the
// same run with one published password among them must find just that.
func TestNoFalseHits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, 10_005)
	for i := range texts {
		texts[i] = randomSecret(r)
	}
	p := findPublished(t, texts)
	for _, f := range p.Findings {
		t.Errorf("a random secret counts as published: %s %s %s", f.Target, f.Path, f.Message)
	}
	if judged := len(texts) * (len(secretForms) - 1) / len(secretForms); p.Subjects < judged { // all but the one that no name tells apart
		t.Errorf("only %d of %d secrets were judged", p.Subjects, judged)
	}
	texts[4711*len(secretForms)%len(texts)/len(secretForms)*len(secretForms)+4] = "postgres"
	if p = findPublished(t, texts); len(p.Findings) != 1 || !strings.Contains(p.Findings[0].Message, "the database password") {
		t.Errorf("the published password among random ones gives %v", p.Findings)
	}
}

// TestWordsCountInTheirPlaceOnly puts each published word into every place.
func TestWordsCountInTheirPlaceOnly(t *testing.T) {
	want := map[string]string{
		"admin":    "_AIRFLOW_WWW_USER_PASSWORD AIRFLOW_CONN_WAREHOUSE sync_users.py",
		"postgres": "postgres-password DATABASE_PASSWORD connection AIRFLOW_CONN_WAREHOUSE users.txt",
		"airflow":  "postgres-password redis-password DATABASE_PASSWORD _AIRFLOW_WWW_USER_PASSWORD connection broker AIRFLOW_CONN_WAREHOUSE users.txt sync_users.py redis.conf",
		"guest":    "redis-password broker AIRFLOW_CONN_WAREHOUSE redis.conf",
		"password": "",
	}
	for word, places := range want {
		texts := make([]string, len(secretForms))
		for i := range texts {
			texts[i] = word
		}
		found := map[string]bool{}
		for _, f := range findPublished(t, texts).Findings {
			found[strings.TrimPrefix(f.Path, "/data/")] = true
		}
		var got []string
		for _, form := range secretForms {
			if found[form[0]] {
				got = append(got, form[0])
			}
		}
		if strings.Join(got, " ") != places {
			t.Errorf("%s counts in %v, want %s", word, got, places)
		}
	}
}

func TestLoginOf(t *testing.T) {
	const secret = "⟦secret 1 size:16⟧"
	for address, want := range map[string]login{
		"redis://redis:6379/0":                       noLogin,
		"redis://:@redis:6379/0":                     noLogin,
		"redis://user@redis:6379":                    noLogin,
		"redis://:" + secret + "@redis:6379/0":       withLogin,
		"redis://" + secret + ":" + secret + "@r/0":  withLogin,
		"REDISS://redis":                             noLogin,
		"amqp://rabbit:5672//":                       noLogin,
		"amqp://u:" + secret + "@rabbit//":           withLogin,
		"sqs://":                                     withLogin,
		"sqla+mysql://u:" + secret + "@db/airflow":   withLogin,
		"sqla+sqlite:///file":                        unclearLogin,
		"redis://" + secret:                          unclearLogin,
		secret:                                       unclearLogin,
		"":                                           unclearLogin,
		"redis://redis:6379/0?password=" + secret:    withLogin,
		" redis://:$(REDIS_PASSWORD)@redis:6379/0\n": withLogin,
	} {
		if got := loginOf(address); got != want {
			t.Errorf("%q: got %d, want %d", address, got, want)
		}
	}
}
