package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// storeUses is what rules about stores look at beside workloads.
var storeUses = []snapshot.Kind{snapshot.Secret, snapshot.Service, snapshot.ReleaseRecord}

// storeUse is one URL of a database or broker, and the first setting that
// gives it: a URL that reaches many pods is one fact.
type storeUse struct {
	setting airflow.Setting
	url     airflow.StoreURL
}

// option is an option of Airflow by its section and key.
type option struct{ section, key string }

// metadataOptions hold the metadata database's URL: the old name counts before Airflow 2.3.
var metadataOptions = []option{{"database", "sql_alchemy_conn"}, {"core", "sql_alchemy_conn"}}

// metadataURLs are the URLs of the metadata database. What cannot be read is noted.
func metadataURLs(p *rule.Pass) []storeUse {
	list := storeSettings(p, metadataOptions...)
	if len(list) == 0 && firstAirflow(p.Workloads()) != nil {
		p.Unknown("nothing that was read sets [database] sql_alchemy_conn")
	}
	return readable(p, list)
}

// resultURLs are those of Celery's result backend, where it has one of its own.
func resultURLs(p *rule.Pass) []storeUse {
	if !usesBroker(p.Airflow(), p.Workloads()) {
		return nil
	}
	return readable(p, storeSettings(p, option{"celery", "result_backend"}))
}

// storeSettings are the settings that give options a URL of their own.
func storeSettings(p *rule.Pass, options ...option) []airflow.Setting {
	var out []airflow.Setting
	for _, o := range options {
		for _, s := range p.Settings(o.section, o.key) {
			if !s.Default && (!s.Known || s.Value != "") {
				out = append(out, s)
			}
		}
	}
	return out
}

// readable are the different URLs of some settings, each once, in order. Why
// one cannot be read is noted.
func readable(p *rule.Pass, list []airflow.Setting) []storeUse {
	uses, unread := storeURLs(p, list)
	for _, s := range unread {
		p.Unknown(settingName(s) + ": " + whyNoURL(s))
	}
	return uses
}

// storeURLs parts settings into those with a URL, each URL once, and those without one that can be judged.
func storeURLs(p *rule.Pass, list []airflow.Setting) (uses []storeUse, unread []airflow.Setting) {
	seen := map[string]bool{}
	for _, s := range list {
		text := s.Value + s.Partial
		if seen[text] {
			continue
		}
		url, ok := p.StoreURL(s)
		if !ok {
			unread = append(unread, s)
			continue
		}
		seen[text] = true
		uses = append(uses, storeUse{setting: s, url: url})
	}
	return uses, unread
}

// whyNoURL says why a store's URL cannot be judged.
func whyNoURL(s airflow.Setting) string {
	if why := whyUnknown(s); why != "" {
		return why
	}
	return "it is no URL that can be judged"
}

// finding is one about the URL, at the place that sets it.
func (u storeUse) finding(severity rule.Severity, message string, fixes []rule.Fix) rule.Finding {
	f := settingFinding(u.setting, message, fixes)
	f.Severity = severity
	return f
}

// place names what the URL leads to: an object of the release, or a host outside.
func (u storeUse) place() string {
	if len(u.url.Inside) > 0 {
		return u.url.Inside[0].Ref.String()
	}
	return u.url.Outside[0]
}

// leadsTo says that a workload of the release stands behind the URL.
func (u storeUse) leadsTo(component airflow.Component) bool {
	return hasComponent(u.url.Inside, component)
}

func hasComponent(list []*airflow.Workload, component airflow.Component) bool {
	return slices.ContainsFunc(list, func(w *airflow.Workload) bool { return w.Component == component })
}

// embedded says that the URL leads, through PgBouncer or not, to a database that the release runs.
func embedded(p *rule.Pass, u storeUse) bool {
	return slices.ContainsFunc(u.url.Inside, func(w *airflow.Workload) bool {
		return w.Component == airflow.Database || w.Component == airflow.PgBouncer && hasComponent(p.Upstream(w).Inside, airflow.Database)
	})
}

// servers are the hosts outside the release that a URL leads to, through PgBouncer or not.
func servers(p *rule.Pass, u storeUse) []string {
	out := slices.Clone(u.url.Outside)
	for _, w := range u.url.Inside {
		if w.Component == airflow.PgBouncer {
			out = append(out, p.Upstream(w).Outside...)
		}
	}
	return out
}

// encryptingProxies are images of proxies beside Airflow that speak TLS to a cloud's database whatever they are asked.
// Sources: https://cloud.google.com/sql/docs/postgres/sql-proxy, https://cloud.google.com/alloydb/docs/auth-proxy/overview.
var encryptingProxies = []string{"cloud-sql-proxy", "cloudsql-proxy", "gce-proxy", "cloudsql-docker", "alloydb-auth-proxy"}

// judgeLocal deals with URLs that lead to the pod itself or to no host: it
// says whether the URL is dealt with.
func judgeLocal(p *rule.Pass, u storeUse) bool {
	switch {
	case !u.url.Local && !u.url.Hostless():
		return false
	case proxyEncrypts(u.setting.Workload):
		p.Subjects++
	case u.url.Local:
		p.Unknown(settingName(u.setting) + ": a container of the same pod stands between, and nothing shows whether it encrypts")
	case u.url.Parameters["host"] != "":
		p.Unknown(settingName(u.setting) + ": its host stands among the parameters and is kept secret")
	}
	return true
}

func proxyEncrypts(w *airflow.Workload) bool {
	return slices.ContainsFunc(w.Containers(), func(c airflow.Container) bool {
		return slices.ContainsFunc(encryptingProxies, func(image string) bool { return strings.Contains(c.Image, image) })
	})
}

// valuesFix is a fix by a values key where this chart has it, else in words.
func valuesFix(p *rule.Pass, key, summary string) []rule.Fix {
	if key = p.Reachable(key); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: summary, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: summary}}
}
