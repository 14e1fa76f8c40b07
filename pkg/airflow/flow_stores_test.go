package airflow

import (
	"fmt"
	"strings"
	"testing"
)

func TestStoreAddresses(t *testing.T) {
	const masked = "⟦secret 7 size:1⟧"
	m := New(load(t, `apiVersion: v1
kind: Service
metadata: {name: rel-postgresql}
spec: {selector: {app: none}, ports: [{port: 5432}]}`))
	w := &Workload{Ref: m.Snapshot.Objects[0].Ref}
	for _, tt := range []struct{ url, want string }{
		{"postgresql+psycopg2://" + masked + ":" + masked + "@db.example.com:6000/" + masked + "?sslmode=require", "postgresql+psycopg2 [{db.example.com 6000}]"},
		{"db+postgresql://u:p@db.example.com/x", "postgresql [{db.example.com 5432}]"},
		{"mysql+mysqldb://u:p@db.example.com/x", "mysql+mysqldb [{db.example.com 3306}]"},
		{"postgresql://u:p@a.example.com:1,b.example.com/x", "postgresql [{a.example.com 1} {b.example.com 5432}]"},
		{"sentinel://:pw@s1:26379;sentinel://:pw@s2", "sentinel [{s1 26379} {s2 26379}]"},
		{"amqps://u:p@mq.example.com//", "amqps [{mq.example.com 5671}]"},
		{"postgresql://u:p@[2001:db8::1]:5432/x", "postgresql [{2001:db8::1 5432}]"},
		{"postgresql://u:p@w@rd@10.0.0.9/x", "postgresql [{10.0.0.9 5432}]"},
		{"sqlite:////opt/airflow/airflow.db", "sqlite []"},
		{"postgresql://u:p@localhost/x", "postgresql []"},
		{"redis://u@cache.example.com:99999/0", "redis [{cache.example.com 6379}]"},
		{"sqs://", "sqs []"},
	} {
		got, readable := m.storeAt(w, tt.url, nil)
		if text := fmt.Sprint(got.scheme, " ", got.hosts); text != tt.want || !readable {
			t.Errorf("%s: got %s, %v", tt.url, text, readable)
		}
	}
	for _, url := range []string{masked, "postgresql://u:p@" + masked + ":5432/x", "no url"} {
		if _, readable := m.storeAt(w, url, nil); readable {
			t.Errorf("%s: its host counts as known", url)
		}
	}
}

func TestStoresOutside(t *testing.T) {
	all := scenes(t)
	for _, tt := range []struct {
		scene string
		kind  storeKind
		want  string
	}{
		{"sidecar-proxy", brokerStore, "[{redis.example.com 6379}]"}, // behind a Service of type ExternalName
		{"sidecar-proxy", metadataStore, "[] a container of the same pod stands between"},
		{"stores-outside", metadataStore, "[{db.example.com 5432}]"},
		{"secrets-unread", brokerStore, "[] taken to be the release's own broker: Secret mine is not among the objects that were read"},
	} {
		m := all[tt.scene].model
		s := m.storeOf(m.Find(Scheduler)[0], tt.kind)
		if got := strings.TrimSpace(fmt.Sprint(s.hosts, " ", s.note)); got != tt.want {
			t.Errorf("%s, %s: got %s", tt.scene, tt.kind, got)
		}
	}
}

func TestNamesOfServices(t *testing.T) {
	m := New(load(t, `apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
---
apiVersion: v1
kind: Service
metadata: {name: db}`))
	for _, tt := range []struct{ host, want string }{
		{"db", "airflow"}, {"db.data", "data"}, {"db.data.svc", "data"}, {"db.data.svc.cluster.local", "data"},
		{"db.data.svc.corp.internal.", "data"}, {"db-0.db.data", "data"}, {"db-0.db.data.svc.cluster.local", "data"},
		{"db.rendered.svc.cluster.local", "airflow"}, // files rendered for another namespace
		{"other", ""}, {"pg.example.com", ""}, {"other.data.svc", ""}, {"10.0.0.1", ""}, {"", ""},
	} {
		got := ""
		if service, _ := m.serviceOf(tt.host, "airflow"); service != nil {
			got = service.Namespace
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.host, got, tt.want)
		}
	}
}
