package rules

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noPickle = &rule.Rule{
	ID:       "AS516",
	Slug:     "no-pickle",
	Title:    "Airflow unpickles nothing and makes objects of Airflow's own classes only",
	Why:      "Who writes a pickled or freely typed value, or a template, into XCom, the database or the broker runs code in whatever reads it: a task in the scheduler or the web tier, a database user on every worker.",
	Fix:      "Keep enable_xcom_pickling, enable_xcom_deserialize_support and use_historical_filename_templates False and donot_pickle True, leave allowed_deserialization_classes narrow, and accept JSON alone in Celery.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Work"},
	Refs: []rule.Ref{
		mitre("T1059.006"), mitre("T1210"),
		airflowDocs("Configuration reference: enable_xcom_pickling", "configurations-ref.html"),
		{Source: "Celery documentation", ID: "Security: serializers", URL: "https://docs.celeryq.dev/en/stable/userguide/security.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkNoPickle,
}

func checkNoPickle(p *rule.Pass) {
	const anyClass = "whoever can write a serialized value makes Airflow create objects of any class"
	const oldTemplate = "whoever writes DAGs runs code in the web server, in a template for the names of old logs"
	checkExpected(p,
		expected{section: "core", key: "enable_xcom_pickling", components: dagComponents,
			risk: "whoever can write an XCom runs code in what reads it"},
		expected{section: "api", key: "enable_xcom_deserialize_support", components: webComponents,
			risk: "whoever can write an XCom makes the web server create objects when it is asked for"},
		expected{section: "core", key: "use_historical_filename_templates", components: webComponents, risk: oldTemplate},
		expected{section: "logging", key: "use_historical_filename_templates", components: webComponents, risk: oldTemplate},
		expected{section: "core", key: "donot_pickle", components: []airflow.Component{airflow.Scheduler, airflow.Worker, airflow.TaskPod},
			risk: "whoever can write into the database hands workers pickled DAGs, which run code"},
		expected{section: "core", key: "allowed_deserialization_classes", components: dagComponents, risk: anyClass},
		expected{section: "core", key: "allowed_deserialization_classes_regexp", components: dagComponents, risk: anyClass},
	)
	checkCelerySerializers(p)
}

// pickles are Celery's names for Python's pickle. Source: kombu, serialization.py.
var pickles = []string{"pickle", "application/x-python-serialize"}

// checkCelerySerializers looks into extra_celery_config, which overrides Airflow's accept_content of JSON alone.
func checkCelerySerializers(p *rule.Pass) {
	var unsafe []airflow.Setting
	for _, s := range p.Settings("celery", "extra_celery_config") {
		if s.Default || s.Component != airflow.Worker && s.Component != airflow.Scheduler {
			continue
		}
		var config struct {
			Accept any `json:"accept_content"`
		}
		switch {
		case !s.Known:
			p.Unknown(settingName(s) + ": " + whyUnknown(s))
			continue
		case json.Unmarshal([]byte(s.Value), &config) != nil:
			p.Unknown(settingName(s) + ": it is not JSON")
			continue
		}
		p.Subjects++
		if acceptsPickle(config.Accept) {
			unsafe = append(unsafe, s)
		}
	}
	for _, s := range oncePerValue(unsafe) {
		p.Report(settingFinding(s.Setting, settingName(s.Setting)+" accepts pickled messages: whoever can write to the broker runs code on the workers",
			settingFixes(p, s.Setting, "take pickle out of accept_content")))
	}
}

func acceptsPickle(accept any) bool {
	list, _ := accept.([]any)
	return slices.ContainsFunc(list, func(entry any) bool {
		name, _ := entry.(string)
		return slices.Contains(pickles, strings.ToLower(strings.TrimSpace(name)))
	})
}
