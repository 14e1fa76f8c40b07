package reach_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

func TestWordsBecomeEnds(t *testing.T) {
	s := settingOf(t, []string{release, policies})
	for _, c := range []struct {
		from, to string
		want     string // from and to as named in the answer, with each port
	}{
		{"worker", "api-server:8080", "worker api-server:8080"},
		{"workers", "redis:6379", "worker broker:6379"},
		{"Worker", "postgres", "worker database:5432"},
		{"scheduler", "api-server:80", "scheduler api-server:8080"},
		{"scheduler", "api-server:api-server", "scheduler api-server:8080"},
		{"statefulset/rel-worker", "Deployment/rel-api-server", "statefulset/rel-worker deployment/rel-api-server:8080"},
		{"rel-worker", "pod/rel-redis", "rel-worker rel-redis:6379"},
		{"worker", "statsd", "worker statsd:9102 worker statsd:9125/UDP"},
		{"worker", "statsd:9125/udp", "worker statsd:9125/UDP"},
		{"worker", "10.0.0.5:443", "worker 10.0.0.5:443"},
		{"worker", "10.1.2.3/8:443", "worker 10.0.0.0/8:443"},
		{"worker", "[2001:db8::1]:443", "worker 2001:db8::1:443"},
		{"2001:db8::/32", "api-server:8080", "2001:db8::/32 api-server:8080"},
		{"worker", "internet:443", "worker internet:443"},
		{"worker", "internet", "worker internet:any"},
		{"internet", "api-server:8080", "internet api-server:8080"},
		{"worker", "dns", "worker kube-dns:53 worker kube-dns:53/UDP"},
		{"worker", "kubernetes", "worker kubernetes:6443"},
		{"ingress", "api-server:8080", "ingress api-server:8080"},
	} {
		r := asked(t, s, c.from, c.to)
		var got []string
		for _, q := range r.Questions {
			port := "any"
			if q.Port != nil {
				port = q.Port.String()
			}
			got = append(got, q.From+" "+q.To+":"+port)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s %s asks %q, want %q", c.from, c.to, text, c.want)
		}
	}
}

func TestWordsThatDoNotFit(t *testing.T) {
	s := settingOf(t, []string{release, policies})
	for _, c := range []struct{ from, to, want string }{
		{"flower", "redis", `"flower" is not in this release; inside are api-server, scheduler, triggerer, worker, database, broker, statsd; outside are internet, dns, kubernetes, ingress`},
		{"worker", "nonsense", `"nonsense" is no end`},
		{"worker", "10.0.0.300:1", `"10.0.0.300" is no end`},
		{"internet", "dns", "both internet and kube-dns are outside"},
		{"worker", "ingress", "ingress only opens connections"},
		{"worker", "api-server:", "write it as NAME:PORT"},
		{"worker", "api-server:0", "from 1 to 65535"},
		{"worker", "api-server:http", `no port named "http"; it has 8080, api-server`},
		{"worker", "api-server:80/ICMP", "TCP, UDP or SCTP"},
		{"worker", "10.0.0.5", "10.0.0.5 declares no port"},
		{"api-server", "scheduler", "scheduler declares no port"},
	} {
		if _, err := reach.Ask(s, c.from, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %q", c.from, c.to, err, c.want)
		}
	}
}

func TestATranslatedPortIsSaid(t *testing.T) {
	q := one(t, asked(t, settingOf(t, []string{release}), "worker", "api-server:80"))
	if q.Port.Number != 8080 || !strings.Contains(q.Note, "port 80 of service/rel-api-server is port 8080 of the pods") {
		t.Errorf("port %v, note %q", q.Port, q.Note)
	}
}

// TestAllComponentWordsAreOffered keeps completion and the words that work the same.
func TestAllComponentWordsAreOffered(t *testing.T) {
	words := reach.Words()
	for word := range airflow.ComponentWords() {
		if word != string(airflow.Other) && !slices.Contains(words, word) {
			t.Errorf("%s is not offered", word)
		}
	}
	if !slices.IsSorted(words) {
		t.Error("the words are not sorted")
	}
}

// TestReservationsAreNoPartOfAName asks for a database whose address a Secret holds that is not there.
func TestReservationsAreNoPartOfAName(t *testing.T) {
	s := settingOf(t, []string{"testdata/elsewhere.yaml"})
	q := one(t, asked(t, s, "dag-processor", "database:5432"))
	if strings.Contains(q.To, "(") || len(q.Needs) != 1 {
		t.Errorf("it is called %q, and needed by %v", q.To, q.Needs)
	}
	if again := one(t, asked(t, s, "dag-processor", q.To+":5432")); again.To != q.To {
		t.Errorf("the name %q means %q", q.To, again.To)
	}
}
