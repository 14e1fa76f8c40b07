package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// part is one component of a release in a test.
type part struct {
	component string
	env       string // entries of the main container's environment
	more      string // more fields of the pod
	container string // more fields of the main container
	labels    string // more of the pod's labels
	notes     string // the pod's annotations
	version   string
}

func (p part) manifest() string {
	version := first(p.version, "3.1.0")
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-%[1]s, labels: {tier: airflow, component: %[1]s, release: rel, chart: airflow-1.22.0}}
spec:
  template:
    metadata:
      labels: {tier: airflow, component: %[1]s, release: rel%[4]s}
      annotations: {%[6]s}
    spec:
      %[3]s
      containers:
      - name: %[1]s
        image: apache/airflow:%[5]s
        env: [%[2]s]
        %[7]s
`, p.component, p.env, p.more, p.labels, version, p.notes, p.container)
}

// variable is an entry of a container's environment.
func variable(name, value string) string { return fmt.Sprintf("{name: %s, value: %q}", name, value) }

func variables(pairs ...string) string {
	var out []string
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, variable(pairs[i], pairs[i+1]))
	}
	return strings.Join(out, ", ")
}

// outsideLines are the flows of one row as lines: from → place name ports.
func outsideLines(flows []Flow, id string) []string {
	out := []string{}
	for _, f := range flows {
		if f.ID != id {
			continue
		}
		line := fmt.Sprintf("%s → %s%s %v", f.From.Name, f.To.Place, " "+f.To.Name, f.Ports)
		if f.Demand == Optional {
			line += " optional"
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func modelOf(t testing.TB, parts ...string) *Model {
	t.Helper()
	s := load(t, strings.Join(parts, "\n---\n"))
	read(s, snapshot.Service, snapshot.Pod)
	return New(s)
}

func TestOutsideRows(t *testing.T) {
	covered := map[string][2]bool{}
	for _, c := range outsideCases {
		t.Run(c.name, func(t *testing.T) {
			got := outsideLines(modelOf(t, c.part.manifest(), c.objects).outsideFlows(Declarations{}), c.id)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
		seen := covered[c.id]
		seen[min(len(c.want), 1)] = true
		covered[c.id] = seen
	}
	for _, row := range outsideRows {
		if covered[row.id] != [2]bool{true, true} {
			t.Errorf("row %s needs a case that has it and one that has it not", row.id)
		}
		if row.why == "" || row.source == "" || row.demand == "" {
			t.Errorf("row %s does not say why, on what ground, or how badly", row.id)
		}
	}
}

const pgbouncerINI = `
apiVersion: v1
kind: Secret
metadata: {name: rel-pgbouncer-config}
stringData: {}
data:
  pgbouncer.ini: `

// TestPgBouncerUpstream follows PgBouncer's own configuration out of the release.
func TestPgBouncerUpstream(t *testing.T) {
	pod := part{component: "pgbouncer", more: "volumes: [{name: config, secret: {secretName: rel-pgbouncer-config}}]",
		container: "volumeMounts: [{name: config, mountPath: /etc/pgbouncer/pgbouncer.ini, subPath: pgbouncer.ini}]"}
	// [databases] with two hosts and a socket.
	config := pgbouncerINI + "W2RhdGFiYXNlc10KYSA9IGhvc3Q9cGcuZXhhbXBsZS5jb20gcG9ydD01NDMzIHVzZXI9dQpiID0gaG9zdD0xMC4wLjAuNSwxMC4wLjAuNiBkYm5hbWU9eAo7IGMgPSBob3N0PW9sZC5leGFtcGxlLmNvbQpkID0gZGJuYW1lPXkKW3BnYm91bmNlcl0KYSA9IGhvc3Q9b3RoZXIuZXhhbXBsZS5jb20K"
	for _, c := range []struct {
		name, objects string
		pod           part
		want          []string
	}{
		{"its file", config, pod, []string{"pgbouncer → host pg.example.com [5433]", "pgbouncer → range 10.0.0.5 [5432]", "pgbouncer → range 10.0.0.6 [5432]"}},
		{"a folder of files", config, part{component: "pgbouncer", more: pod.more, container: "volumeMounts: [{name: config, mountPath: /home/pgbouncer/config}]"},
			[]string{"pgbouncer → host pg.example.com [5433]", "pgbouncer → range 10.0.0.5 [5432]", "pgbouncer → range 10.0.0.6 [5432]"}},
		{"a file that was not read", "", pod, []string{"pgbouncer → host the database behind PgBouncer (its address stands in Secret rel-pgbouncer-config, which was not read) [5432]"}},
		{"variables", "", part{component: "pgbouncer", env: variables("DB_HOST", "pg.example.com", "DB_PORT", "6000")}, []string{"pgbouncer → host pg.example.com [6000]"}},
		{"a URL", "", part{component: "pgbouncer", env: variables("DATABASE_URL", "postgres://u:p@pg.example.com/a")}, []string{"pgbouncer → host pg.example.com [5432]"}},
		{"nothing", "", part{component: "pgbouncer"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := outsideLines(modelOf(t, c.pod.manifest(), c.objects).outsideFlows(Declarations{}), "database")
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
