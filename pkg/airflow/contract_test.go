package airflow

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
)

const contractHead = `# The connections Airflow needs

Written from the tables that rules, policies and pictures use (pkg/airflow). A row holds where its condition does: the chart, Airflow's version, the executor and the release's own settings decide. Ports are the pods' own. *Required*: something of Airflow stops without it. *Optional*: something beside Airflow does, such as metrics.

Beside these rows: every pod resolves names (cluster DNS, UDP and TCP 53); who works with the Kubernetes API needs the API server, at its endpoints and at its Service's address; users come in through Ingress, gateway, load balancer or node port; Prometheus scrapes what is annotated for it; KEDA asks the database; DAG code talks to what only it knows. A profile declares what no object shows (parameters.egress and parameters.ingressFrom).

Whoever is not named here needs nothing: statsd, exporters and the database open no connection, Airflow 3's triggerer and dag-processor have an execution API in their own process, and Celery workers meet only through the broker.

`

// TestTheContractIsWrittenDown keeps docs/network.md what the tables say.
func TestTheContractIsWrittenDown(t *testing.T) {
	var b strings.Builder
	b.WriteString(contractHead)
	b.WriteString("## Inside the release\n\n| connection | from | to | where | demand | what stops without it | source |\n|---|---|---|---|---|---|---|\n")
	for _, r := range flowRows {
		where := cmp.Or(r.when.name, "always")
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.id, named(r.from), r.to.name, where, r.demand, r.why, r.source)
	}
	b.WriteString("\n## To the outside, as settings show it\n\n| connection | from | demand | what it is for | source |\n|---|---|---|---|---|\n")
	for _, r := range outsideRows {
		contractLine(&b, r.id, r.who, r.demand, r.why, r.source)
	}
	const path = "../../docs/network.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != b.String() {
		t.Errorf("docs/network.md is stale (go test ./pkg/airflow -update rewrites it): %v", err)
	}
}

func contractLine(b *strings.Builder, id string, from []Component, demand Demand, why, source string) {
	who := cmp.Or(named(from), "whose settings name it")
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", id, who, demand, why, source)
}

func named(list []Component) string {
	var names []string
	for _, c := range list {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}
