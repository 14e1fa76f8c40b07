package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secretsSyncedFromOutside = &rule.Rule{
	ID:       "AS415",
	Slug:     "secrets-synced-from-outside",
	Title:    "The Secrets that the release uses are filled from a secrets manager",
	Why:      "A Secret that somebody wrote by hand, or that a chart made, has no owner, no history and no date: nobody knows who has its content, and nobody changes it. One that a secrets manager fills is changed in one place, and each reading of it is on record there.",
	Fix:      "Let External Secrets, the Vault Secrets Operator or a SecretProviderClass fill the Secrets, or keep them in Git as SealedSecrets, and name them in the chart's values. `generate secrets` writes the objects and the values.",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs:     []rule.Ref{cis("5.4.2"), owasp("K03"), mitre("T1552.007")},
	Needs:    append([]snapshot.Kind{snapshot.Secret}, snapshot.Workloads...),
	Uses:     append([]snapshot.Kind{snapshot.ReleaseRecord}, snapshot.SyncKinds...),
	Check:    checkSecretsSynced,
}

// syncMark is what an operator leaves on a Secret that it fills.
type syncMark struct{ label, value string }

// Sources: external-secrets, the Secrets Store CSI driver and vault-secrets-operator, the labels they set.
var syncMarks = []syncMark{
	{"reconcile.external-secrets.io/managed", "true"},
	{"reconcile.external-secrets.io/created-by", ""},
	{"secrets-store.csi.k8s.io/managed", "true"},
	{"app.kubernetes.io/managed-by", "hashicorp-vso"},
}

// filledByOthers are types of Secrets that something else fills: certificates and tokens of accounts.
var filledByOthers = []string{string(corev1.SecretTypeTLS), string(corev1.SecretTypeServiceAccountToken), "istio.io/ca-root", "helm.sh/release.v1"}

func checkSecretsSynced(p *rule.Pass) {
	made, unread := filled(p)
	users := usersOfSecrets(p)
	p.Subjects += filledPods(p)
	for at := range users { // what fills a Secret may be known before the Secret is
		if made[at] {
			p.Subjects++
		}
	}
	for _, o := range p.Objects(snapshot.Secret) {
		at := o.Namespace + "/" + o.Name
		kind, _ := o.At("type").(string)
		if users[at] == "" || !holdsCredential(o) || slices.Contains(filledByOthers, kind) {
			continue
		}
		p.Subjects++
		switch {
		case made[at], isSynced(o):
		case unread != "":
			p.Unknown("whether something fills the Secrets is not known: " + unread)
		default:
			p.Report(rule.Finding{
				Target: o.Ref, Path: "/data", Fixes: syncFixes(p, o),
				Message: fmt.Sprintf("Secret %s, which %s uses, is filled by no secrets manager", o.Name, users[at]),
			})
		}
	}
}

// filled are the Secrets that some object fills, as namespace/name. What was
// not read may fill others: unread says why.
func filled(p *rule.Pass) (made map[string]bool, unread string) {
	made = map[string]bool{}
	for _, kind := range snapshot.SyncKinds {
		for _, o := range p.Objects(kind) {
			for _, name := range o.Fills() {
				made[o.Namespace+"/"+name] = true
			}
		}
		if why := p.Unread(kind); why != "" && unread == "" {
			unread = why
		}
	}
	return made, unread
}

// filledPods counts the workloads that get files from a secrets manager without a Secret between.
func filledPods(p *rule.Pass) int {
	n := 0
	for _, w := range p.Workloads() {
		csi := slices.ContainsFunc(w.Spec.Volumes, func(v corev1.Volume) bool { return v.CSI != nil && v.CSI.Driver == secretsDriver })
		if csi || w.Meta.Annotations[agentAnnotations+"agent-inject"] == "true" {
			n++
		}
	}
	return n
}

// secretKeysOfCharts are the values that name a Secret in the place of the
// chart's own, by the end of that one's name.
// Source: both charts' templates and values.yaml.
var secretKeysOfCharts = map[airflow.Dialect][]struct{ suffix, key string }{
	airflow.Official: {
		{"-fernet-key", "fernetKeySecretName"}, {"-webserver-secret-key", "webserverSecretKeySecretName"},
		{"-api-secret-key", "apiSecretKeySecretName"}, {"-jwt-secret", "jwtSecretName"},
		{"-metadata", "data.metadataSecretName"}, {"-result-backend", "data.resultBackendSecretName"},
		{"-broker-url", "data.brokerUrlSecretName"}, {"-redis-password", "redis.passwordSecretName"},
		{"-flower", "flower.secretName"}, {"-pgbouncer-config", "pgbouncer.configSecretName"},
		{"-pgbouncer-stats", "pgbouncer.metricsExporterSidecar.statsSecretName"}, {"-elasticsearch", "elasticsearch.secretName"},
		{"-postgresql", "postgresql.auth.existingSecret"},
	},
	airflow.Community: {
		{"-config-envs", "airflow.extraEnv"}, {"-postgresql", "postgresql.existingSecret"}, {"-redis", "redis.existingSecret"},
		{"-external-database", "externalDatabase.passwordSecret"}, {"-external-redis", "externalRedis.passwordSecret"},
		{"-webserver-config", "web.webserverConfig.existingSecret"}, {"-local-settings", "airflow.localSettings.existingSecret"},
	},
}

func syncFixes(p *rule.Pass, o *snapshot.Object) []rule.Fix {
	for _, own := range secretKeysOfCharts[p.Airflow().Dialect] {
		name := p.Airflow().Release + own.suffix
		if key := p.Reachable(own.key); key != "" && (o.Name == name || strings.HasSuffix(o.Name, "-airflow"+own.suffix)) {
			return []rule.Fix{{Kind: rule.Values, Summary: "take it from a Secret that an operator fills", ValuesKey: key}}
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: "keep its content in the secrets manager, and let an operator fill the Secret"}}
}

// isSynced says that a Secret itself tells who fills it.
func isSynced(o *snapshot.Object) bool {
	owners, _ := o.At("metadata", "ownerReferences").([]any)
	for _, entry := range owners {
		owner, _ := entry.(map[string]any)
		kind, _ := owner["kind"].(string)
		if slices.Contains(snapshot.SyncKinds, snapshot.Kind(kind)) || kind == "SecretProviderClassPodStatus" {
			return true
		}
	}
	labels := o.Labels()
	return slices.ContainsFunc(syncMarks, func(m syncMark) bool {
		value, set := labels[m.label]
		return set && (m.value == "" || value == m.value)
	})
}

// holdsCredential says that a Secret holds a credential. Charts keep plain
// settings, scripts and the public keys of hosts in some: there the names and
// shapes of what is in them tell.
func holdsCredential(o *snapshot.Object) bool {
	data, _ := o.At("data").(map[string]any)
	for key, value := range data {
		text, _ := value.(string)
		switch {
		case key == "known_hosts":
		case path.Ext(key) != "" || strings.ToUpper(key) == key:
			isSet := func(s sighting) bool { return s.secret.Size > 0 }
			if len(credentialsIn(key, text, secret.No)) > 0 || slices.ContainsFunc(sightings(key, text), isSet) {
				return true
			}
		case slices.ContainsFunc(snapshot.MaskedIn(text), func(m snapshot.Masked) bool { return m.Size > 0 }):
			return true
		}
	}
	return false
}

// usersOfSecrets tells for each Secret, as namespace/name, the first workload
// that uses it. Registry logins are no secret of Airflow's.
func usersOfSecrets(p *rule.Pass) map[string]string {
	out := map[string]string{}
	for _, w := range p.Workloads() {
		for _, name := range secretsOf(w) {
			if at := w.Namespace() + "/" + name; out[at] == "" {
				out[at] = w.Ref.String()
			}
		}
	}
	return out
}

// secretsOf are the Secrets that a workload's containers and volumes name, sorted.
func secretsOf(w *airflow.Workload) []string {
	names := map[string]bool{}
	for _, c := range w.Containers() {
		for _, from := range c.EnvFrom {
			if from.SecretRef != nil {
				names[from.SecretRef.Name] = true
			}
		}
		for _, v := range c.Env {
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				names[v.ValueFrom.SecretKeyRef.Name] = true
			}
		}
	}
	for _, v := range w.Spec.Volumes {
		if v.Secret != nil {
			names[v.Secret.SecretName] = true
		}
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				names[source.Secret.Name] = true
			}
		}
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}
