package airflow

import (
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// logStore is where task logs go, by the beginning of [logging] remote_base_log_folder.
type logStore struct {
	prefix  string
	targets func(site, Setting) target
}

// logStores are Airflow's remote log handlers.
// Source: airflow_local_settings.py of 2.x and 3.x, and the providers' documentation of logging.
var logStores = []logStore{
	{"s3://", func(s site, at Setting) target {
		t := s.amazon("Amazon S3", "s3", at, "")
		t.note = "a connection may name another endpoint"
		return t
	}},
	{"cloudwatch://", func(s site, at Setting) target { return s.amazon("Amazon CloudWatch", "logs", at, regionOf(at)) }},
	{"gs://", func(_ site, at Setting) target {
		return fixed("Google Cloud Storage", "storage.googleapis.com", at, 443)
	}},
	{"stackdriver://", func(_ site, at Setting) target {
		return fixed("Google Cloud Logging", "logging.googleapis.com", at, 443)
	}},
	{"wasb", func(_ site, at Setting) target { return inConnection("Azure Blob Storage", at, 443) }},
	{"abfs", func(_ site, at Setting) target { return inConnection("Azure Blob Storage", at, 443) }},
	{"oss://", func(_ site, at Setting) target { return inConnection("Alibaba Cloud OSS", at, 443) }},
	{"hdfs://", func(_ site, at Setting) target { return inConnection("HDFS", at, 9870) }},
}

// inConnection is a store whose address stands in one of Airflow's connections.
func inConnection(what string, at Setting, ports ...int32) target {
	return target{what: what, ports: onPorts(ports...), unknown: "it stands in one of Airflow's connections", ref: at.Ref, path: at.Path}
}

var logGroup = pattern.New(`arn:aws[a-z-]*:logs:([a-z0-9-]+):`)

// regionOf is the region in the name of a log group; empty where it is masked.
func regionOf(at Setting) string {
	if found := logGroup.FindStringSubmatch(at.Value); found != nil {
		return found[1]
	}
	return ""
}

// searchSections are the options of log stores that are searched, and the provider's port.
var searchSections = []struct{ section, what string }{{"elasticsearch", "Elasticsearch"}, {"opensearch", "OpenSearch"}}

// remoteLogging says whether task logs go elsewhere; Airflow 1.10 had the option in another section.
func remoteLogging(s site) bool {
	return s.on("logging", "remote_logging") || s.on("core", "remote_logging")
}

// logTargets are where task logs are written to and read from.
func logTargets(s site) []target {
	var out []target
	for _, o := range searchSections {
		if at, set := s.option(o.section, "host"); set {
			t := targetAt(o.what, at, s.number(o.section, "port", 9200), true)
			if !writesLogs(s.w.Component) || s.on(o.section, "write_to_es") || s.on(o.section, "write_to_os") {
				out = append(out, t)
			}
		}
	}
	folder, set := s.option("logging", "remote_base_log_folder")
	if !set {
		if folder, set = s.option("core", "remote_base_log_folder"); !set {
			return out
		}
	}
	i := slices.IndexFunc(logStores, func(l logStore) bool { return folder.Known && strings.HasPrefix(folder.Value, l.prefix) })
	if i >= 0 {
		return append(out, logStores[i].targets(s, folder))
	}
	if len(out) == 0 && (!folder.Known || strings.Contains(folder.Value, "://")) {
		out = append(out, hidden("the store of task logs", folder, 443))
	}
	return out
}

// writesLogs is for those that only write; web servers only read.
func writesLogs(c Component) bool { return c != Webserver && c != APIServer }

// mailBackends are the ways of sending mail that ask a host of their own.
// Source: the SendGrid and Amazon providers' documentation.
var mailBackends = map[string]func(site, Setting) target{
	"airflow.providers.sendgrid.utils.emailer.send_email": func(_ site, at Setting) target { return fixed("SendGrid", "api.sendgrid.com", at, 443) },
	"airflow.providers.amazon.aws.utils.emailer.send_email": func(s site, at Setting) target {
		return s.amazon("Amazon SES", "email", at, "")
	},
}

const smtpBackend = "airflow.utils.email.send_email_smtp"

// mailTargets are the mail server of alerts, unless mail goes another way.
func mailTargets(s site) []target {
	if backend, set := s.option("email", "email_backend"); set && backend.Known && backend.Value != smtpBackend {
		if place, known := mailBackends[backend.Value]; known {
			return []target{place(s, backend)}
		}
		return nil
	}
	at, set := s.option("smtp", "smtp_host")
	if !set {
		return nil
	}
	t := targetAt("the mail server", at, 0, true)
	t.ports = onPorts(s.number("smtp", "smtp_port", 25))
	return []target{t}
}

// statsdTargets are a StatsD server that is not the release's own; the options stood below [scheduler] before Airflow 2.
func statsdTargets(s site) []target {
	var out []target
	for _, section := range []string{"metrics", "scheduler"} {
		at, set := s.option(section, "statsd_host")
		if !set || !s.on(section, "statsd_on") {
			continue
		}
		t := targetAt("the StatsD server", at, 0, true)
		t.ports = []Port{{Number: s.number(section, "statsd_port", 8125), Protocol: corev1.ProtocolUDP}}
		out = append(out, t)
	}
	return out
}

// otelVariables are the OpenTelemetry SDK's own. Source: the OTLP exporter specification.
var otelVariables = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// otelTargets are a collector of OpenTelemetry that is not the release's own.
func otelTargets(s site) []target {
	var out []target
	on := false
	for _, section := range []string{"metrics", "traces"} {
		if !s.on(section, "otel_on") {
			continue
		}
		on = true
		if at, set := s.option(section, "otel_host"); set {
			t := targetAt("the OpenTelemetry collector", at, 0, true)
			t.ports = onPorts(s.number(section, "otel_port", 8889))
			out = append(out, t)
		}
	}
	for _, name := range otelVariables {
		if at, set := s.variable(name); set && on {
			out = append(out, targetAt("the OpenTelemetry collector", at, 4318, false))
		}
	}
	return out
}

// datadogTargets are the Datadog agent, mostly of the pod's own node.
// Source: Datadog's documentation of the Python tracer and of DogStatsD.
func datadogTargets(s site) []target {
	at, set := s.variable("DD_AGENT_HOST")
	if !set {
		return nil
	}
	t := targetAt("the Datadog agent", at, 0, true)
	t.ports = append(onPorts(8126), udp(onPorts(8125))...)
	return []target{t}
}

func sentryTargets(s site) []target {
	at, set := s.option("sentry", "sentry_dsn")
	if !set {
		if at, set = s.variable("SENTRY_DSN"); !set {
			return nil
		}
	}
	if !s.on("sentry", "sentry_on") {
		return nil
	}
	return []target{targetAt("Sentry", at, 443, false)}
}

// lineageTargets are where OpenLineage sends events by HTTP.
// Source: the OpenLineage provider's documentation, "transport".
func lineageTargets(s site) []target {
	const what = "the OpenLineage server"
	if s.on("openlineage", "disabled") {
		return nil
	}
	if at, set := s.option("openlineage", "transport"); set {
		var transport struct{ Type, URL string }
		if at.Known && json.Unmarshal([]byte(at.Value), &transport) == nil && transport.URL == "" {
			return nil // the console or a file; other transports name brokers in their own ways
		}
		at.Value = transport.URL
		return []target{targetAt(what, at, 0, false)}
	}
	if at, set := s.variable("OPENLINEAGE_URL"); set {
		return []target{targetAt(what, at, 0, false)}
	}
	return nil
}
