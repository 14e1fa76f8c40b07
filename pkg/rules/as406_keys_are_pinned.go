package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var keysArePinned = &rule.Rule{
	ID:       "AS406",
	Slug:     "keys-are-pinned",
	Title:    "The Fernet key, the web secret key and the JWT key survive an upgrade and a sync from Git",
	Why:      "A Fernet key that a deployment replaces makes all stored connections unreadable, and the way out is to write the passwords anew, often in a hurry and in clear. New web and JWT keys end all sessions and fail running tasks, so that people put off upgrades, those that fix holes among them.",
	Fix:      "Put today's keys into Secrets of your own and name those in the chart's values, so that no rendering makes others.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App", "Sec"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1485"),
		airflowDocs("Fernet", "security/secrets/fernet.html"),
		{Source: "Helm chart for Apache Airflow", ID: "Production guide", URL: "https://airflow.apache.org/docs/helm-chart/stable/production-guide.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkKeysArePinned,
}

// chartKey is a key that the official chart makes at random where its values say nothing.
type chartKey struct {
	*credential
	value, secretName string // the values keys that pin it
	hook              bool   // it is made by an install hook, and not with every rendering
}

// chartKeys are those keys, by their key in the chart's Secret.
// Source: the official chart 1.15 to 1.22, templates/secrets.
var chartKeys = map[string]chartKey{
	"fernet-key":           {fernetKey, "fernetKey", "fernetKeySecretName", true},
	"webserver-secret-key": {webSecretKey, "webserverSecretKey", "webserverSecretKeySecretName", false},
	"api-secret-key":       {webSecretKey, "apiSecretKey", "apiSecretKeySecretName", false},
	"jwt-secret":           {jwtKey, "jwtSecret", "jwtSecretName", false},
}

func checkKeysArePinned(p *rule.Pass) {
	checkPinned(p, keyPlaces(p.Settings("core", "fernet_key"), fernetUsers), fernetKey)
	checkPinned(p, keyPlaces(webKey(p), webKeyUsers), webSecretKey)
	if p.Airflow().Major >= 3 && !signsWithKeyPair(p) {
		checkPinned(p, keyPlaces(p.Settings("api_auth", "jwt_secret"), jwtUsers), jwtKey)
	}
}

func checkPinned(p *rule.Pass, places []keyPlace, c *credential) {
	for _, at := range places {
		key, isChartKey := chartKeys[strings.TrimPrefix(at.Path, "/data/")]
		switch {
		case at.Default && c == fernetKey: // AS405
		case at.Default && at.Known && at.Value != "": // Airflow's published key of old: AS401
		case at.Default:
			p.Subjects++
			p.Report(keyFinding(p, at, c, fmt.Sprintf("%s is set nowhere %s: %s", c.what, inComponents(at.components), at.Reason)))
		case p.Airflow().Dialect == airflow.Official && isChartKey && at.Ref.Kind == string(snapshot.Secret) && mayBeCharts(p, at.Ref):
			judgeChartKey(p, at, key)
		case at.Known || at.Ref.Kind == string(snapshot.Secret) || at.Via == "cmd" || at.Via == "backend":
			p.Subjects++
		default:
			p.Unknown(settingName(at.Setting) + ": " + at.Reason)
		}
	}
}

// mayBeCharts says that a Secret is the chart's own, and not one that its
// values name, or that nothing was read that tells.
func mayBeCharts(p *rule.Pass, ref snapshot.Ref) bool {
	same := func(o snapshot.Object) bool { return o.Same(ref) }
	if release := p.Release(); slices.ContainsFunc(release.Manifest, same) || slices.ContainsFunc(release.Hooks, same) {
		return true
	}
	for _, o := range p.Objects(snapshot.Secret) {
		if o.Same(ref) {
			return o.Labels()["tier"] == "airflow" && o.Labels()["heritage"] == "Helm"
		}
	}
	return !p.Offline() && !p.Read(snapshot.ReleaseRecord)
}

func judgeChartKey(p *rule.Pass, at keyPlace, key chartKey) {
	engine := p.GitOps()
	switch {
	case p.Read(snapshot.ReleaseRecord):
		p.Subjects++
		if !givesValue(p, key.value) && !givesValue(p, key.secretName) {
			p.Report(unpinned(p, at, key, engine))
		}
	case key.hook && at.Known: // the key's own shape tells who made it
		p.Subjects++
		if isChartMadeKey(at.Setting) {
			p.Report(unpinned(p, at, key, engine))
		}
	case p.Offline(): // manifests do not tell what was made at random
	default:
		p.Unknown(fmt.Sprintf("%s: the release's values were not read, so that it is not known whether they set %s", settingName(at.Setting), key.value))
	}
}

func isChartMadeKey(s airflow.Setting) bool {
	masked, _ := snapshot.ParseMasked(s.Value)
	return slices.Contains(masked.Shapes, snapshot.ChartMade)
}

// unpinned is worst where something applies the release from Git: nobody is there when the key changes.
func unpinned(p *rule.Pass, at keyPlace, key chartKey, engine *airflow.GitOps) rule.Finding {
	secret := "Secret " + at.Ref.Name
	message := fmt.Sprintf("%s in %s is made at random for every rendering of the chart: each upgrade replaces it and ends all sessions", key.what, secret)
	if key.credential == jwtKey {
		message = fmt.Sprintf("%s in %s is made at random for every rendering of the chart: each upgrade replaces it, and running tasks and users lose their tokens", key.what, secret)
	}
	severity := rule.Medium
	switch {
	case key.hook && engine != nil:
		severity = rule.High
		message = fmt.Sprintf("%s in %s is made at random by an install hook, which %s runs anew %s: stored connections then become unreadable", key.what, secret, engine.Name, engine.Hooks)
	case key.hook:
		severity = rule.Low
		message = fmt.Sprintf("%s in %s is made at random by an install hook: upgrades keep it, but a new installation, or a sync from Git, makes another and leaves stored connections unreadable", key.what, secret)
	case engine != nil && engine.Renders:
		message = strings.Replace(message, "each upgrade replaces it", "each sync of "+engine.Name+" replaces it", 1)
	}
	f := keyFinding(p, at, key.credential, message)
	f.Severity = severity
	f.Fixes = pinFixes(p, key)
	return f
}

func pinFixes(p *rule.Pass, key chartKey) []rule.Fix {
	order := "copy today's key into a Secret of your own and name that"
	if name := p.Reachable(key.secretName); name != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: name}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}
