package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var brokerOverTLS = &rule.Rule{
	ID:       "AS605",
	Slug:     "broker-over-tls",
	Title:    "Airflow speaks TLS with its broker and checks its certificate",
	Why:      "The broker's password and the command of every task cross the network on this connection. Who reads the password or changes a command on the way runs code on the workers.",
	Fix:      "Use rediss:// with ssl_cert_reqs=required or amqps:// in the broker's URL, or set [celery] ssl_active with its certificates; never ssl_cert_reqs=none.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Redis"},
	Refs: []rule.Ref{
		nsa("Network separation: Encryption"), owasp("K05"), mitre("T1557"), mitre("T1040"),
		{Source: "Celery documentation", ID: "broker_use_ssl", URL: "https://docs.celeryq.dev/en/stable/userguide/configuration.html#broker-use-ssl"},
		{Source: "Redis documentation", ID: "TLS", URL: "https://redis.io/docs/latest/operate/oss_and_stack/management/security/encryption/"},
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkBrokerOverTLS,
}

func checkBrokerOverTLS(p *rule.Pass) {
	if !usesBroker(p.Airflow(), p.Workloads()) {
		return
	}
	judgeBrokerDefault(p)
	for _, u := range readable(p, storeSettings(p, option{"celery", "broker_url"})) {
		judgeBrokerTLS(p, u)
	}
	uses, _ := storeURLs(p, storeSettings(p, option{"celery", "result_backend"})) // AS601 says what of it cannot be read
	for _, u := range uses {
		if _, isBroker := brokerTLS[u.url.Scheme]; isBroker {
			judgeBrokerTLS(p, u)
		}
	}
}

// judgeBrokerDefault: with nothing set, a Celery release speaks to Airflow's default, which is in clear text.
func judgeBrokerDefault(p *rule.Pass) {
	if len(storeSettings(p, option{"celery", "broker_url"})) == 0 && firstAirflow(p.Workloads()) != nil {
		p.Unknown("nothing that was read sets [celery] broker_url")
	}
}

// brokerTLS says which schemes of brokers are TLS. [celery] ssl_active makes it of the others, for the broker alone.
// Sources: Kombu's and redis-py's documentation; the celery provider's default_celery.py.
var brokerTLS = map[string]bool{
	"redis": false, "rediss": true, "valkey": false, "valkeys": true, "sentinel": false,
	"amqp": false, "amqps": true, "pyamqp": false, "librabbitmq": false, "sqs": true,
}

func judgeBrokerTLS(p *rule.Pass, u storeUse) {
	encrypted, known := brokerTLS[u.url.Scheme]
	switch {
	case u.url.Scheme == "sqs": // a service of the cloud, at its own address, over https
		p.Subjects++
		return
	case !known:
		p.Unknown(fmt.Sprintf("%s: how a client of %s asks for TLS is not known", settingName(u.setting), u.url.Scheme))
		return
	case judgeLocal(p, u):
		return
	case encrypted:
		judgeCertificate(p, u)
		return
	}
	active, why := sslActive(p, u)
	if why != "" {
		p.Unknown("[celery] ssl_active: " + why)
		return
	}
	p.Subjects++
	if !active {
		p.Report(u.finding("", fmt.Sprintf("%s leads to %s in clear text: its password and the commands of tasks can be read and changed on the way", settingName(u.setting), u.place()), brokerTLSFixes(p, u)))
	}
}

// sslActive reads [celery] ssl_active, which counts for the broker and not for the result backend.
func sslActive(p *rule.Pass, u storeUse) (on bool, why string) {
	if u.setting.Key != "broker_url" {
		return false, ""
	}
	for _, s := range p.Settings("celery", "ssl_active") {
		if s.Component != u.setting.Component {
			continue
		}
		if why := whyUnknown(s); why != "" {
			return false, why
		}
		if isOn(s) {
			return true, ""
		}
	}
	return false, ""
}

// judgeCertificate finds TLS that takes any certificate.
func judgeCertificate(p *rule.Pass, u storeUse) {
	if u.url.Parameters == nil {
		p.Unknown(settingName(u.setting) + ": " + whyNoURL(u.setting))
		return
	}
	p.Subjects++
	asked := u.url.Parameters["ssl_cert_reqs"]
	if word := strings.ToLower(asked); word != "none" && word != "cert_none" { // a client takes optional for required
		return
	}
	p.Report(u.finding("", fmt.Sprintf("%s says ssl_cert_reqs=%s: whoever stands between can show any certificate and read along", settingName(u.setting), asked), brokerTLSFixes(p, u)))
}

func brokerTLSFixes(p *rule.Pass, u storeUse) []rule.Fix {
	url := "a URL that begins with rediss:// and ends with ?ssl_cert_reqs=required"
	if strings.Contains(u.url.Scheme, "amqp") || u.url.Scheme == "librabbitmq" {
		url = "a URL that begins with amqps://"
	}
	why := ""
	if u.leadsTo(airflow.Broker) {
		why = ": the chart's own Redis speaks no TLS"
	}
	key := "data.brokerUrlSecretName"
	if u.setting.Key == "result_backend" {
		key = "data.resultBackendSecretName"
	}
	switch p.Airflow().Dialect {
	case airflow.Community:
		return valuesFix(p, "airflow.extraEnv", `set REDIS_CONNECTION_CMD to the chart's own command with rediss:// instead of redis://, and externalRedis.properties to "?ssl_cert_reqs=required"`+why)
	case airflow.Official:
		return valuesFix(p, key, "name a Secret whose key connection holds "+url+why)
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: "write " + url + ownSecret(u.setting)}}
}
