package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secretsBackendSafe = &rule.Rule{
	ID:       "AS409",
	Slug:     "secrets-backend-safe",
	Title:    "The secrets manager is asked over verified TLS, with the pod's own identity and no stored credential",
	Why:      "A credential of the secrets manager opens everything that lies in it, from anywhere and for as long as nobody changes it: whoever reads the pod, the ConfigMap or the Secret that holds it has all of Airflow's passwords. Without verified TLS it is enough to stand between the two.",
	Fix:      "Use https and keep verification on. Log in as the pod's service account: Kubernetes or JWT login in Vault, IRSA or Pod Identity in AWS, Workload Identity in Google Cloud and Azure. Then delete the stored credential and revoke it.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs: []rule.Ref{
		cis("5.4.2"), owasp("K03"), owasp("K08"), mitre("T1552.001"), mitre("T1528"),
		airflowDocs("Secrets backend", "security/secrets/secrets-backend/index.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  append([]snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord}, snapshot.SyncKinds...),
	Check: checkSecretsBackendSafe,
}

func checkSecretsBackendSafe(p *rule.Pass) {
	g := &gathered{pass: p}
	for _, w := range p.Workloads() {
		for _, use := range backendUses(p, w) {
			p.Subjects++
			judgeBackend(g, use)
		}
		judgeCloudKeys(g, w)
		judgeVaultAgent(g, w)
		judgeSecretVolumes(g, w)
	}
	for _, kind := range snapshot.SyncKinds {
		for _, o := range p.Objects(kind) {
			judgeStore(g, o)
		}
	}
	g.report()
}

// staticArguments are credentials among the arguments of secrets backends.
// Source: the Airflow providers' documentation of their secrets backends
// (hashicorp, amazon, google, microsoft.azure, yandex).
var staticArguments = map[string]string{
	"token": "a Vault token", "secret_id": "an AppRole's secret", "password": "a password", "radius_secret": "a RADIUS secret",
	"jwt_token": "a JWT", "gcp_keyfile_dict": "a Google service account's key", "gcp_key_path": "the path of a Google service account's key",
	"aws_access_key_id": "an AWS access key", "aws_secret_access_key": "an AWS secret key", "aws_session_token": "an AWS session token",
	"client_secret": "an Azure client secret", "yc_oauth_token": "a Yandex OAuth token", "yc_sa_key_json": "a Yandex service account's key",
}

// addressArguments are where a backend is reached.
var addressArguments = []string{"url", "vault_url", "endpoint", "endpoint_url"}

func judgeBackend(g *gathered, use backendUse) {
	if use.unread != nil && !isHidden(g.pass, *use.unread) {
		why := "it is not JSON"
		if _, whole := snapshot.ParseMasked(use.unread.Value); whole {
			why = "its value is kept secret as a whole"
		}
		g.pass.Unknown(settingName(*use.unread) + ": " + why)
	}
	for _, name := range use.names() {
		argument := use.arguments[name]
		if !argument.at.Known {
			isHidden(g.pass, argument.at)
			continue
		}
		what, static := staticArguments[name]
		switch {
		case static && !isEmptyArgument(argument.value):
			reportArgument(g, argument, name, fmt.Sprintf("the argument %s of the secrets backend holds %s", name, what), "log in as the pod's service account instead")
		case name == "verify" && isFalse(argument.value):
			reportArgument(g, argument, name, "the secrets backend is not verified: verify is off", "name the CA's file in verify, or leave it out")
		case slices.Contains(addressArguments, name) && isClearHTTP(argument.text()):
			reportArgument(g, argument, name, "the secrets backend is asked without TLS: "+snapshot.Redact(argument.text()), "use https")
		}
	}
}

// reportArgument is milder for a credential in a Secret: fewer people read those.
func reportArgument(g *gathered, a backendArgument, name, message, order string) {
	f := settingFinding(a.at, message, settingFixes(g.pass, a.at, order))
	if _, static := staticArguments[name]; static && a.at.Ref.Kind == string(snapshot.Secret) {
		f.Severity = rule.Medium
	}
	key := message
	if a.at.Workload == nil || !a.at.Ref.Same(a.at.Workload.Ref) {
		key += a.at.Ref.String() + a.at.Path
	}
	g.add(key, f)
}

func isEmptyArgument(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		masked, whole := snapshot.ParseMasked(value)
		return value == "" || whole && masked.Size == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

func isFalse(value any) bool {
	text, _ := value.(string)
	return value == false || strings.EqualFold(text, "false") || text == "0"
}

// isClearHTTP says that an address is asked without TLS, and not within the pod.
func isClearHTTP(address string) bool {
	rest, found := strings.CutPrefix(strings.ToLower(address), "http://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return found && host != "localhost" && host != "127.0.0.1"
}
