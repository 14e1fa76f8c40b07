package airflow

import (
	"fmt"
	"testing"
)

func TestStoreURL(t *testing.T) {
	const objects = `apiVersion: v1
kind: Service
metadata: {name: db, namespace: airflow}
spec: {selector: {component: pgbouncer}, ports: [{port: 6543}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-pgbouncer, namespace: airflow, labels: {tier: airflow, component: pgbouncer, release: rel}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: pgbouncer, release: rel}}
    spec: {containers: [{name: pgbouncer, image: "pgbouncer:1"}]}`
	m := New(load(t, scheduler("apache/airflow:2.9.3", "", "", objects)))
	w := m.Find(Scheduler)[0]
	for text, want := range map[string]string{
		"postgresql+psycopg2://u:p@db:6543/x?sslmode=require&a=b":                         "postgresql psycopg2 u [deployment/rel-pgbouncer] [] map[a:b sslmode:require]",
		"db+mysql://h.example.com/x":                                                      "mysql   [] [h.example.com] map[]",
		"rediss://:p@a.example.com:1,b.example.com:2/0":                                   "rediss   [] [a.example.com b.example.com] map[]",
		"postgresql://…:…@h.example.com:5432/x?sslmode=require":                           "postgresql  … [] [h.example.com] map[sslmode:require]",
		"postgresql://u:p@h.example.com:5432/…":                                           "postgresql  u [] [h.example.com] map[]",
		"postgresql://⟦secret 7 published:postgres size:1⟧:⟦secret 8 size:1⟧@localhost/x": "postgresql  ⟦secret 7 published:postgres size:1⟧ [] [] map[] local",
		"sqlite:////x.db":                 "sqlite   [] [] map[] hostless",
		"postgresql://u:p@…/x":            "none",
		"postgresql://⟦secret 7 size:64⟧": "none",
		"a text":                          "none",
	} {
		u, ok := m.StoreURL(Setting{Known: true, Value: text, Workload: w})
		got := "none"
		if ok {
			var inside []string
			for _, each := range u.Inside {
				inside = append(inside, each.Ref.String())
			}
			got = fmt.Sprintf("%s %s %s %v %v %v", u.Scheme, u.Driver, u.User, inside, u.Outside, u.Parameters)
			if u.Local {
				got += " local"
			}
			if u.Hostless() {
				got += " hostless"
			}
		}
		if got != want {
			t.Errorf("%s: got  %s\nwant %s", text, got, want)
		}
	}
	if u, _ := m.StoreURL(Setting{Known: true, Value: "postgresql://u:p@h.example.com/…", Workload: w}); u.Parameters != nil {
		t.Errorf("what follows the database's name is not known: got %v", u.Parameters)
	}
}

func TestCommandsTellTheRestOfWhatTheyCannotRead(t *testing.T) {
	c := &config{environment: environment{set: map[string]Setting{
		"DATABASE_USER":      {Reason: "the Secret was not read"},
		"REDIS_PASSWORD":     {Reason: "the Secret was not read"},
		"REDIS_PASSWORD_CMD": {Known: true, Value: `echo "${REDIS_PASSWORD}" | python3 -c "quote"`},
		"HOST":               {Known: true, Value: "h"},
	}}}
	s := c.run(Setting{Known: true, Value: `echo -n "redis://$(eval $REDIS_PASSWORD_CMD)${HOST}:1/${DATABASE_USER}"`})
	if s.Known || s.Value != "" || s.Partial != "redis://:…@h:1/…" || s.Reason != "the Secret was not read" {
		t.Errorf("got %+v", s)
	}
}
