package airflow_test

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// corpusOutside are, for some rendered charts, all connections out of the
// release that their settings show: the row, the place and the ports, and the
// components that connect. Those of DAG code are left out.
var corpusOutside = map[string][]string{
	"community-8.9.0/00-defaults": {},
	"community-8.9.0/04-external-db-redis-plaintext": {
		"broker redis.example.com [6379]: flower scheduler worker",
		"database pg.example.com [5432]: pgbouncer",
	},
	"community-8.9.0/05-external-db-redis-secrets-tls": {
		"broker redis.example.com [6380]: flower scheduler worker",
		"database pg.example.com [5432]: pgbouncer",
	},
	"community-8.9.0/06-external-mysql-no-pgbouncer": {
		"database mysql.example.com [3306]: flower migrations scheduler sync triggerer webserver worker",
	},
	"community-8.9.0/07-gitsync-ssh-no-knownhosts": {
		"git github.com [22]: flower migrations scheduler sync triggerer webserver worker",
	},
	"community-8.9.0/09-gitsync-https": {
		"git git.example.com [443]: flower migrations scheduler sync triggerer webserver worker",
	},
	"community-8.9.0/11-pip-packages-hpa-pdb": {
		"pip files.pythonhosted.org [443]: flower migrations scheduler sync triggerer webserver worker",
		"pip pypi.org [443]: flower migrations scheduler sync triggerer webserver worker",
	},
	"community-8.9.0/13-vault-agent": {
		"secrets-backend vault.vault.svc [8200]: scheduler triggerer webserver worker",
		"vault-agent Vault [8200]: flower migrations pgbouncer scheduler sync triggerer webserver worker",
	},
	"community-8.9.0/14-cloud-identity-csi": {
		"cloud-identity 169.254.169.252 [988]: scheduler triggerer webserver worker",
		"cloud-identity 169.254.169.254 [80]: scheduler triggerer webserver worker",
		"cloud-identity AWS Security Token Service [443]: scheduler triggerer webserver worker",
		"cloud-identity login.microsoftonline.com [443]: scheduler triggerer webserver worker",
		"secrets-backend AWS Secrets Manager [443]: scheduler triggerer webserver worker",
	},
	"community-8.9.0/16-hardened-celery": {
		"broker redis.example.com [6380]: scheduler worker",
		"database pg.example.com [5432]: pgbouncer",
		"git github.com [22]: migrations scheduler triggerer webserver worker",
		"identity-provider an identity provider, if webserver_config.py, which was not read, names one [443]: webserver",
		"secrets-backend vault.vault.svc [8200]: scheduler triggerer webserver worker",
	},
	"community-8.9.0/17-hardened-kubernetes": {"database pg.example.com [5432]: pgbouncer"},
	"official-1.15.0/00-defaults":            {},
	"official-1.22.0/00-defaults":            {},
	"official-1.22.0/01-insecure-plaintext": {
		"database pg.example.com [5432]: api-server create-user dag-processor flower migrations scheduler triggerer worker",
		"git github.com [22]: dag-processor triggerer worker",
		"remote-logs es [9200]: api-server",
		"result-backend pg.example.com [5432]: scheduler worker",
	},
	"official-1.22.0/07-external-db-redis-existing-secrets": {
		"broker the broker (its address stands in Secret airflow-broker-ext, which was not read) [6379]: scheduler worker",
		"database the metadata database (its address stands in Secret airflow-metadata-ext, which was not read) [5432]: api-server create-user dag-processor migrations scheduler triggerer worker",
		"result-backend the result backend (its address stands in Secret airflow-result-ext, which was not read) [5432]: scheduler worker",
	},
	"official-1.22.0/08-gitsync-ssh-no-knownhosts": {"git github.com [22]: dag-processor triggerer worker"},
	"official-1.22.0/10-gitsync-https":             {"git git.example.com [443]: dag-processor triggerer worker"},
	"official-1.15.0/10-gitsync-https":             {"git git.example.com [443]: scheduler triggerer worker"},
	"official-1.22.0/17-vault-and-identities": {
		"cloud-identity 169.254.169.252 [988]: scheduler",
		"cloud-identity 169.254.169.254 [80]: scheduler",
		"cloud-identity AWS Security Token Service [443]: worker",
		"cloud-identity login.microsoftonline.com [443]: triggerer",
		"secrets-backend vault.vault.svc [8200]: api-server dag-processor scheduler triggerer worker",
		"vault-agent Vault [8200]: api-server create-user dag-processor migrations scheduler triggerer worker",
	},
	"official-1.22.0/21-hardened-af3": {
		"database the metadata database (its address stands in Secret airflow-metadata-ext, which was not read) [5432]: api-server dag-processor migrations scheduler task-pod triggerer",
		"git git.example.com [443]: dag-processor task-pod triggerer",
		"identity-provider an identity provider, if webserver_config.py, which was not read, names one [443]: api-server",
	},
}

// outsideSummary are the flows that settings show, by row, place and ports.
func outsideSummary(m *airflow.Model) []string {
	from := map[string][]string{}
	for _, f := range m.Flows(airflow.Declarations{}) {
		if f.To.Place == "" || !slices.Contains(airflow.OutsideIDs(), f.ID) {
			continue
		}
		line := fmt.Sprintf("%s %s %v", f.ID, f.To.Name, f.Ports)
		if component := string(f.From.Component()); !slices.Contains(from[line], component) {
			from[line] = append(from[line], component)
		}
	}
	out := []string{}
	for line, components := range from {
		slices.Sort(components)
		out = append(out, line+": "+strings.Join(components, " "))
	}
	slices.Sort(out)
	return out
}

func TestCorpusOutside(t *testing.T) {
	folder := corpusFolder(t)
	for name := range corpusCounts {
		t.Run(name, func(t *testing.T) {
			s := collected(t, filepath.Join(folder, name, "manifest.yaml"))
			got := outsideSummary(airflow.New(s))
			if want, known := corpusOutside[name]; known && !slices.Equal(got, want) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
			}
			holdsForAll(t, airflow.New(s), airflow.New(s))
		})
	}
}

// holdsForAll wants what is true of every flow to a place outside, and the same flows each time.
func holdsForAll(t *testing.T, m, again *airflow.Model) {
	t.Helper()
	d := airflow.Declarations{
		Egress:      []airflow.Peer{{To: "10.0.0.0/8", Host: "pg.example.com", Why: "w"}, {To: "10.0.0.0/8", Ports: []string{"443"}, Why: "w"}},
		IngressFrom: []airflow.Peer{{From: "app=proxy", Namespace: "login", Why: "w"}},
	}
	flows := m.Flows(d)
	for _, f := range flows {
		switch {
		case f.From.Name == "" || f.To.Name == "" || f.Why == "" || f.Source == "":
			t.Errorf("%s does not say all: %+v", f.ID, f)
		case f.To.Place == airflow.Host && f.Note == "":
			t.Errorf("%s does not say that policies cannot name %s", f.ID, f.To.Name)
		case f.To.Place == airflow.Host && f.To.Host == "pg.example.com":
			t.Errorf("%s is not kept to the declared range", f.ID)
		case f.To.Place != airflow.Anywhere && f.To.Place != "" && len(f.Ports) == 0:
			t.Errorf("%s to %s has no ports", f.ID, f.To.Name)
		}
	}
	other := again.Flows(d)
	if len(other) != len(flows) {
		t.Fatalf("%d flows, then %d", len(flows), len(other))
	}
	for i := range flows {
		a, b := flows[i], other[i]
		a.From.Workload, a.To.Workload, b.From.Workload, b.To.Workload = nil, nil, nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%+v, then %+v", a, b)
		}
	}
}
