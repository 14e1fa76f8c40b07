package airflow

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestCommands(t *testing.T) {
	token := snapshot.Masked{ID: "7", Size: 16}.Token()
	c := &config{environment: environment{set: map[string]Setting{
		"PASS":       {Known: true, Value: "p@ss word/1"},
		"MASKED":     {Known: true, Value: token},
		"EMPTY":      {Known: true},
		"UNREAD":     {},
		"HOST":       {Known: true, Value: "redis"},
		"USER_CMD":   {Known: true, Value: `echo "${PASS}" | python3 -c "import urllib.parse; u = urllib.parse.quote(input()); print(u)"`},
		"REDIS_CMD":  {Known: true, Value: `echo "${MASKED}" | python3 -c "import urllib.parse; encoded_pass = urllib.parse.quote(input()); print(f\":{encoded_pass}@\") if len(encoded_pass) > 0 else None"`},
		"NOPASS_CMD": {Known: true, Value: `echo "${EMPTY}" | python3 -c "import urllib.parse; encoded_pass = urllib.parse.quote(input()); print(f\":{encoded_pass}@\") if len(encoded_pass) > 0 else None"`},
		"LOOP":       {Known: true, Value: `bash -c 'eval "$LOOP"'`},
		"HIDDEN_CMD": {Known: true, Value: token},
	}}}
	for command, want := range map[string]string{
		`echo -n "redis://$(eval $REDIS_CMD)${HOST}:6379/1${PROPERTIES}"`: "redis://:" + token + "@redis:6379/1",
		`echo -n "redis://$(eval $NOPASS_CMD)$HOST"`:                      "redis://redis",
		`echo "db://$(eval "$USER_CMD"):x@h"`:                             "db://p%40ss%20word/1:x@h",
		`bash -c 'eval "$USER_CMD"'`:                                      "p%40ss%20word/1",
		`bash -c 'eval "${NOPASS_CMD}"'`:                                  "",
		`bash -c 'eval "$LOOP"'`:                                          "?",
		`bash -c 'eval "$HIDDEN_CMD"'`:                                    "?",
		`bash -c 'eval "$NOT_SET"'`:                                       "?",
		`echo -n "redis://$(cat /secret)$HOST"`:                           "?",
		`echo -n "redis://$UNREAD"`:                                       "?",
		"echo \"`cat /secret`\"":                                          "?",
		`cat /run/secrets/broker`:                                         "?",
		`vault kv get -field=url airflow/broker`:                          "?",
		`echo "${PASS}" | python3 -c "print(open(input()).read())"`:       "?",
		`echo "a" "b"; rm -rf "/"`:                                        "?",
		`echo -n "redis://h" | base64`:                                    "?",
		``:                                                                "?",
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
