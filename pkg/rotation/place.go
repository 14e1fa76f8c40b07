package rotation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// place is one key of one Secret.
type place struct {
	secret, key string
	maker       maker
	operator    string // the one that syncs it, for people
}

func (p place) String() string { return p.secret + "/" + p.key }

// maker is who writes a Secret.
type maker int

const (
	// neither Helm nor an operator writes it.
	_ maker = iota
	// byChart: each upgrade writes it again.
	byChart
	// byInstall: a hook of the chart makes it when the release is installed, and no upgrade touches it.
	byInstall
	// byOperator: an operator writes it whenever it differs from the store.
	byOperator
)

// operators are who syncs Secrets, told by the Secret's owner or a label.
// Sources: external-secrets pkg/controllers/externalsecret and apis/externalsecrets/v1;
// secrets-store-csi-driver pkg/util/k8sutil; vault-secrets-operator internal/helpers; bitnami-labs/sealed-secrets.
var operators = []struct{ owner, label, value, name string }{
	{"ExternalSecret", "reconcile.external-secrets.io/managed", "true", "External Secrets Operator"},
	{"VaultStaticSecret", "app.kubernetes.io/managed-by", "hashicorp-vso", "Vault Secrets Operator"},
	{"SecretProviderClassPodStatus", "secrets-store.csi.k8s.io/managed", "true", "the Secrets Store CSI driver"},
	{"SealedSecret", "", "", sealed},
}

const sealed = "Sealed Secrets"

// storeAdvice is what to do first about a Secret that an operator writes, by whether it is a sealed one.
var storeAdvice = map[bool]string{
	false: "name the store with --backend and the flags it was set up with, so that the commands write there",
	true:  "seal the new value with kubeseal in each step that writes the Secret; these commands cannot",
}

// at is a place with what is known of who writes it.
func (r *rotation) at(secret, key string) place {
	p := place{secret: secret, key: key}
	o := r.Snapshot.Find(snapshot.Secret, r.Namespace, secret)
	hook, installed := r.hook(secret, o)
	switch {
	case o != nil && operatorOf(o) != "":
		p.maker, p.operator = byOperator, operatorOf(o)
	case hook && installed:
		p.maker = byInstall
	case hook, r.rendered(secret), o != nil && o.Annotations()["meta.helm.sh/release-name"] == r.Release && r.Release != "":
		p.maker = byChart
	}
	return p
}

func operatorOf(o *snapshot.Object) string {
	owners, _ := o.At("metadata", "ownerReferences").([]any)
	for _, op := range operators {
		if op.label != "" && o.Labels()[op.label] == op.value {
			return op.name
		}
		for _, owner := range owners {
			if fields, _ := owner.(map[string]any); fields["kind"] == op.owner {
				return op.name
			}
		}
	}
	return ""
}

// hook says whether a Secret is a hook of the release, and whether only the installation runs it.
func (r *rotation) hook(name string, live *snapshot.Object) (hook, installOnly bool) {
	words := ""
	if live != nil {
		words = live.Annotations()["helm.sh/hook"]
	}
	for i := range r.Snapshot.Release.Hooks {
		if o := &r.Snapshot.Release.Hooks[i]; o.Kind == string(snapshot.Secret) && o.Name == name {
			words = o.Annotations()["helm.sh/hook"]
		}
	}
	return words != "", words != "" && !strings.Contains(words, "upgrade")
}

// rendered says whether the chart's manifest, as recorded or rendered, holds a Secret.
func (r *rotation) rendered(name string) bool {
	is := func(o snapshot.Object) bool { return o.Kind == string(snapshot.Secret) && o.Name == name }
	if slices.ContainsFunc(r.Snapshot.Release.Manifest, is) {
		return true
	}
	return slices.ContainsFunc(r.Snapshot.Objects, func(o snapshot.Object) bool { return is(o) && o.Origin == snapshot.Rendered })
}

// placed is where the release keeps an option: the one Secret that all who set
// it read. Unset are the components that have only Airflow's default.
func (r *rotation) placed(section, key string) (p place, unset []airflow.Component, err error) {
	var found []airflow.Setting
	for _, s := range r.Settings(section, key) {
		if s.Default {
			unset = append(unset, s.Component)
			continue
		}
		found = append(found, s)
	}
	option := fmt.Sprintf("[%s] %s", section, key)
	if len(found) == 0 {
		return p, unset, nil
	}
	for _, s := range found {
		if s.Via != "secret" || s.Ref.Kind != string(snapshot.Secret) {
			return p, unset, r.refuse(fmt.Sprintf("%s has %s from %s, not from a Secret", s.Component, option, viaWords(s)), r.migrate())
		}
		at := place{secret: s.Ref.Name, key: strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.TrimPrefix(s.Path, "/data/"))}
		if p.secret != "" && (p.secret != at.secret || p.key != at.key) {
			return p, unset, r.refuse(fmt.Sprintf("%s have %s from different Secrets, %s and %s, and may hold different values", "components", option, p, at), "let all read one Secret")
		}
		p.secret, p.key = at.secret, at.key
	}
	if !safe(p.secret) || !safe(p.key) || !safe(r.Namespace) || !safe(r.Release) {
		return p, unset, fmt.Errorf("the names of release %q, namespace %q and Secret %q are not Kubernetes names", r.Release, r.Namespace, p)
	}
	return r.at(p.secret, p.key), unset, nil
}

// viaWords say where a setting comes from, for people.
func viaWords(s airflow.Setting) string {
	switch s.Via {
	case "env":
		return "its pod's own text"
	case "configmap", "airflow.cfg":
		return "a ConfigMap"
	case "cmd":
		return "the output of a command"
	case "backend":
		return "Airflow's secrets backend"
	}
	return s.Via
}

// migrate is the command that moves a release's secrets into Secrets of their own.
func (r *rotation) migrate() string {
	return fmt.Sprintf("run `kubectl airflowsec generate secrets %s -n %s --backend kubernetes` and follow what it writes (%s)", r.Release, r.Namespace, r.existingKey())
}

// existingKeys are the values with which each chart reads a Secret of its user's.
// Source: both charts' values.yaml (official 1.15 to 1.22, community 8.9).
var existingKeys = map[airflow.Dialect]map[Key]string{
	airflow.Official: {
		Fernet: "fernetKeySecretName", WebSecret: "webserverSecretKeySecretName", APISecret: "apiSecretKeySecretName", JWT: "jwtSecretName",
		Database: "data.metadataSecretName", Broker: "data.brokerUrlSecretName with redis.passwordSecretName", Flower: "flower.secretName",
		GitKey: "dags.gitSync.sshKeySecret",
	},
	airflow.Community: {
		Fernet: "airflow.extraEnv and an empty airflow.fernetKey", WebSecret: "airflow.extraEnv and an empty airflow.webserverSecretKey",
		Database: "postgresql.existingSecret or externalDatabase.passwordSecret", Broker: "redis.existingSecret or externalRedis.passwordSecret",
		Flower: "flower.basicAuthSecret", GitKey: "dags.gitSync.sshSecret",
	},
}

func (r *rotation) existingKey() string {
	if key := existingKeys[r.Dialect][r.key]; key != "" {
		return key
	}
	return "an existing Secret"
}

// lasting refuses places whose new value somebody would undo.
func (r *rotation) lasting(places ...place) error {
	for _, p := range places {
		switch {
		case p.maker == byChart:
			return r.refuse(fmt.Sprintf("the chart writes Secret %s from its values, so the next upgrade would bring the old value back while pods and stores hold the new one", p.secret), r.migrate())
		case p.maker == byOperator && (r.store == nil || r.store.Write(p.secret, p.key) == ""):
			return r.refuse(fmt.Sprintf("%s writes Secret %s from a store and would bring the old value back", p.operator, p.secret),
				storeAdvice[p.operator == sealed])
		case p.maker != byOperator && r.store != nil:
			r.warnUnsynced(p.secret)
		}
	}
	return nil
}

// warnUnsynced says that a store was named for a Secret that nothing syncs from it.
func (r *rotation) warnUnsynced(secret string) {
	text := fmt.Sprintf("The commands change Secret %s and nothing in %s, because nothing shows that the Secret comes from there. Where a sync begins later it brings what the store holds: then rotate after it.", secret, r.store.Name)
	if !slices.Contains(r.plan.Warnings, text) {
		r.warn(text)
	}
}
