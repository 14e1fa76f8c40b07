package airflow

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestCommands(t *testing.T) {
	token := snapshot.Masked{ID: "7", Size: 16}.Token()
	colon := snapshot.Masked{ID: "8", Size: 1}.Token()
	quoted := ` | python3 -c "import urllib.parse; print(urllib.parse.quote(input()))"`
	c := &config{environment: environment{set: map[string]Setting{
		"DATABASE_USER":         {Known: true, Value: "p@ss word/1"},
		"DATABASE_USER_CMD":     {Known: true, Value: `echo "${DATABASE_USER}"` + quoted},
		"DATABASE_PASSWORD":     {Known: true, Value: token},
		"DATABASE_PASSWORD_CMD": {Known: true, Value: `echo "${DATABASE_PASSWORD}" | python3 -c "import ` + token + `; ` + token + `"`},
		"REDIS_PASSWORD":        {Known: true, Value: token},
		"REDIS_PASSWORD_CMD":    {Known: true, Value: `echo "${REDIS_PASSWORD}"` + quoted},
		"EMPTY":                 {Known: true},
		"UNREAD":                {},
		"HOST":                  {Known: true, Value: "redis"},
		"OTHER_CMD":             {Known: true, Value: `echo "${HOST}"` + quoted},
		"LOOP":                  {Known: true, Value: `bash -c 'eval "$LOOP"'`},
		"HIDDEN_CMD":            {Known: true, Value: token},
	}}}
	for command, want := range map[string]string{
		`echo -n "redis://$(eval $REDIS_PASSWORD_CMD)${HOST}:6379/1${PROPERTIES}"`:            "redis://:" + token + "@redis:6379/1",
		`echo -n "redis://$(eval "$REDIS_PASSWORD_CMD")$HOST"`:                                "redis://:" + token + "@redis",
		`echo "pg://$(eval $DATABASE_USER_CMD):$(eval $DATABASE_PASSWORD_CMD)@h"`:             "pg://p%40ss%20word/1:" + token + "@h",
		`echo "pg://$(eval $DATABASE_USER_CMD)` + colon + `$(eval $DATABASE_PASSWORD_CMD)@h"`: "pg://p%40ss%20word/1:" + token + "@h",
		`bash -c 'eval "$DATABASE_USER_CMD"'`:                                                 "p%40ss%20word/1",
		`bash -c 'eval "${REDIS_PASSWORD_CMD}"'`:                                              ":" + token + "@",
		`echo -n "redis://:` + token + `@h"`:                                                  "redis://:" + token + "@h",
		`echo -n ""`:                                                                          "",
		`bash -c 'eval "$OTHER_CMD"'`:                                                         "?",
		`bash -c 'eval "$LOOP"'`:                                                              "?",
		`bash -c 'eval "$HIDDEN_CMD"'`:                                                        "?",
		`bash -c 'eval "$NOT_SET"'`:                                                           "?",
		`echo -n "redis://$(cat /secret)$HOST"`:                                               "?",
		`echo -n "redis://$UNREAD"`:                                                           "?",
		"echo \"`cat /secret`\"":                                                              "?",
		`cat /run/secrets/broker`:                                                             "?",
		`vault kv get -field=url airflow/broker`:                                              "?",
		`echo "${HOST}" | python3 -c "print(open(input()).read())"`:                           "?",
		`echo "a" "b"; rm -rf "/"`:                                                            "?",
		`echo -n "redis://h" | base64`:                                                        "?",
		token:                                                                                 "?",
		``:                                                                                    "?",
	} {
		got := "?"
		s := c.run(Setting{Known: true, Value: command})
		if s.Known {
			got = s.Value
		}
		if got != want || s.Via != "cmd" {
			t.Errorf("%s: got %q via %s, want %q", command, got, s.Via, want)
		}
	}
	if s := c.run(Setting{Reason: "the Secret was not read"}); s.Known || s.Reason != "the Secret was not read" {
		t.Errorf("got %+v", s)
	}
}

func TestMaskedCommandsOfTheChart(t *testing.T) {
	token := snapshot.Masked{ID: "7", Size: 32}.Token()
	c := &config{environment: environment{set: map[string]Setting{
		"REDIS_CONNECTION_CMD": {Known: true, Value: `echo -n "redis://${REDIS_HOST}"`},
		"REDIS_HOST":           {Known: true, Value: "h"},
	}}}
	s := Setting{Known: true, Value: token, Name: "AIRFLOW__CELERY__BROKER_URL_CMD", Ref: snapshot.Ref{Kind: "Secret", Name: "rel-config-envs"}}
	if got := c.run(s); !got.Known || got.Value != "redis://h" {
		t.Errorf("the chart's own Secret: got %+v", got)
	}
	s.Ref.Name = "my-own"
	if got := c.run(s); got.Known {
		t.Errorf("a command of someone else's that is masked cannot be known: got %+v", got)
	}
}

func TestBrokerOfTheCommunityChart(t *testing.T) {
	m := New(load(t, fixture(t, "community")))
	got := map[Component]string{}
	for _, s := range m.Settings("celery", "broker_url") {
		got[s.Component] = s.Value
	}
	if got[Scheduler] != "redis://:pa%3Ass@rel-redis:6379/1" {
		t.Errorf("scheduler: got %q", got[Scheduler])
	}
	if got[Webserver] != "redis://rel-redis:6379/1" { // the fixture gives it no password
		t.Errorf("webserver: got %q", got[Webserver])
	}
}
