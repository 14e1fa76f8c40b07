package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var fernetKeyValid = &rule.Rule{
	ID:       "AS405",
	Slug:     "fernet-key-valid",
	Title:    "A valid Fernet key is set and comes from a Secret",
	Why:      "The Fernet key encrypts the passwords of connections and the variables in the metadata database. Without one they lie there in clear, for whoever reads the database or a backup of it; with one in a pod or a ConfigMap, whoever may look at those decrypts them all.",
	Fix:      "Make a key with `python3 -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`, keep it in a Secret, and let all of Airflow take it from there. To change a key that is in use give the new and the old one with a comma between, run `airflow rotate-fernet-key`, then drop the old one.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App", "Sec"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1552.001"), airflowDocs("Fernet", "security/secrets/fernet.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkFernetKeyValid,
}

func checkFernetKeyValid(p *rule.Pass) {
	for _, at := range keyPlaces(p.Settings("core", "fernet_key"), fernetUsers) {
		p.Subjects++
		if at.Known && at.Value != "" && !at.Default && at.Ref.Kind != string(snapshot.Secret) && at.Via != "cmd" {
			p.Report(keyFinding(p, at, fernetKey, fmt.Sprintf("the Fernet key stands in the %s and not in a Secret", at.Ref.Kind)))
		}
		if isHidden(p, at.Setting) || isPlaceholder(p, at, fernetKey, "Airflow cannot encrypt with it") {
			continue
		}
		if wrong := whatIsWrongWithFernet(at); wrong != "" {
			p.Report(keyFinding(p, at, fernetKey, wrong))
		}
	}
}

// whatIsWrongWithFernet says what keeps a key from being one; empty where nothing does.
func whatIsWrongWithFernet(at keyPlace) string {
	masked, _ := snapshot.ParseMasked(at.Value)
	switch {
	case at.Default:
		return fmt.Sprintf("no Fernet key is set %s: %s", inComponents(at.components), at.Reason)
	case at.Value == "":
		return "the Fernet key is empty: passwords of connections and variables are stored in clear"
	case !masked.Fernet:
		return "the Fernet key is not 32 bytes in url-safe base64: Airflow cannot encrypt with it"
	}
	return ""
}
