package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var brokerAuthenticated = &rule.Rule{
	ID:       "AS604",
	Slug:     "broker-authenticated",
	Title:    "The broker asks for a password",
	Why:      "Whoever can write to the broker gives the workers commands: that is code execution with their accounts and secrets (CVE-2020-11981). Without a password any pod of the cluster can.",
	Fix:      "Give Redis or RabbitMQ a password, keep the broker's URL in a Secret, and let the chart take it from there.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Redis"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1078.001"), mitre("T1110.001"),
		{Source: "Redis documentation", ID: "Redis security", URL: "https://redis.io/docs/latest/operate/oss_and_stack/management/security/"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkBrokerAuthenticated,
}

func checkBrokerAuthenticated(p *rule.Pass) {
	workloads := p.Workloads()
	if usesBroker(p.Airflow(), workloads) {
		for _, key := range []string{"broker_url", "result_backend"} {
			for _, s := range p.Settings("celery", key) {
				if talksToBroker(s.Component) {
					judgeBrokerURL(p, s)
				}
			}
		}
	}
	for _, w := range workloads {
		if w.Component == airflow.Broker {
			judgeServer(p, w)
		}
	}
}

// usesBroker: only Celery needs one; where no executor is known, workers tell.
func usesBroker(id airflow.Identity, workloads []*airflow.Workload) bool {
	if len(id.Executors) > 0 {
		return id.Celery()
	}
	for _, w := range workloads {
		if w.Component == airflow.Worker || w.Component == airflow.Broker {
			return true
		}
	}
	return false
}

func talksToBroker(c airflow.Component) bool {
	return c == airflow.Scheduler || c == airflow.Worker || c == airflow.Flower
}

func judgeBrokerURL(p *rule.Pass, s airflow.Setting) {
	backend := s.Key == "result_backend" // mostly a database; it counts where it is seen to be a broker
	switch {
	case backend && (!s.Known || s.Value == ""):
		return
	case !s.Known:
		p.Unknown(settingName(s) + ": " + whyUnknown(s))
		return
	}
	for address := range strings.SplitSeq(s.Value, ";") { // several sentinels
		switch loginOf(address) {
		case withLogin:
			p.Subjects++
		case noLogin:
			p.Subjects++
			p.Report(settingFinding(s, fmt.Sprintf("%s holds no password: the %s takes commands from anybody who reaches it", settingName(s), storeOf(s)), brokerFixes(p, s)))
			return
		case unclearLogin:
			if !backend {
				p.Unknown(settingName(s) + ": it is no URL whose login can be judged")
			}
		}
	}
}

func storeOf(s airflow.Setting) string {
	if s.Key == "broker_url" {
		return "broker"
	}
	return "result backend"
}

// login says what a URL shows of a password.
type login int

const (
	unclearLogin login = iota
	noLogin
	withLogin
)

// brokerSchemes are how Redis and RabbitMQ are spoken to: with a password in the URL, or none.
// Source: Kombu's and redis-py's documentation.
var brokerSchemes = map[string]bool{
	"redis": true, "rediss": true, "redis+socket": true, "sentinel": true, "valkey": true, "valkeys": true,
	"amqp": true, "amqps": true, "pyamqp": true, "librabbitmq": true,
}

// loginOf looks for a password in a URL in which secrets are masked. Without
// one RabbitMQ is given its published guest login; SQS has logins of its own.
func loginOf(address string) login {
	scheme, rest, found := strings.Cut(strings.TrimSpace(address), "://")
	_, hidden := snapshot.ParseMasked(rest)
	user, _, hasUser := strings.Cut(snapshot.Redact(rest), "@")
	_, password, _ := strings.Cut(user, ":")
	switch {
	case scheme == "sqs", hasUser && password != "", strings.Contains(rest, "password="):
		return withLogin
	case !found, hidden, !brokerSchemes[strings.ToLower(scheme)]:
		return unclearLogin
	}
	return noLogin
}

func brokerFixes(p *rule.Pass, s airflow.Setting) []rule.Fix {
	key, order := "data.brokerUrlSecretName", "name a Secret whose key connection holds a URL with a password, and give the server that password"
	if s.Key == "result_backend" {
		key = "data.resultBackendSecretName"
	}
	if p.Airflow().Dialect == airflow.Community {
		key, order = "externalRedis.passwordSecret", "name a Secret with the server's password"
		for _, w := range p.Workloads() {
			if w.Component == airflow.Broker {
				key, order = "redis.existingSecret", "name a Secret with the key redis-password, and set redis.usePassword: true"
			}
		}
	}
	if key = p.Reachable(key); key == "" {
		return []rule.Fix{{Kind: rule.Manual, Summary: "give the server a password and put it into the URL"}}
	}
	return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
}

// judgeServer finds a Redis that is told to ask for nothing.
func judgeServer(p *rule.Pass, w *airflow.Workload) {
	main, ok := w.Main()
	if !ok {
		return
	}
	s, set := p.Env(w, main.Name, "ALLOW_EMPTY_PASSWORD")
	if !set || !s.Clear() {
		return
	}
	p.Subjects++
	if password, given := p.Env(w, main.Name, "REDIS_PASSWORD"); strings.EqualFold(s.Value, "yes") && (!given || password.Known && password.Value == "") {
		p.Report(settingFinding(s, "Redis runs without a password: ALLOW_EMPTY_PASSWORD is yes", brokerFixes(p, s)))
	}
}
