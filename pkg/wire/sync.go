package wire

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sync makes the objects of the way of syncing, and what the chart must do for it.
func (b *builder) sync() {
	switch b.Options.Sync {
	case ExternalSecrets:
		b.externalSecrets()
	case CSI:
		b.secretsStore()
	case VaultOperator:
		b.vaultOperator()
	case VaultAgent:
		b.vaultAgent()
	}
}

// secrets are the items that a synced Secret carries.
func (b *builder) secrets() []Item {
	return slices.DeleteFunc(slices.Clone(b.Items), func(i Item) bool { return i.Carrier != BySecret })
}

// Names of what serves all Secrets of the release.
func (b *builder) storeName() string { return word(b.Release) + "-secrets" }

func (b *builder) object(apiVersion, kind, name string, spec map[string]any, why string) {
	b.Objects = append(b.Objects, Object{Why: why, Value: map[string]any{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": map[string]any{"name": name, "namespace": b.Namespace, "labels": b.labels()},
		"spec":     spec,
	}})
}

func (b *builder) labels() map[string]any {
	return map[string]any{"airflowsec.io/release": b.Release}
}

// account makes a service account that only the sync logs in with, so that the
// pods need no right to read what the sync reads.
func (b *builder) account() string {
	meta := map[string]any{"name": b.storeName(), "namespace": b.Namespace, "labels": b.labels()}
	if annotations := b.Options.annotations(false); annotations != nil {
		meta["annotations"] = annotations
	}
	b.Objects = append(b.Objects, Object{
		Why:   "The identity of the sync alone: let it read " + b.Options.name(b.Namespace, b.Release) + " and what is below, and nothing else.",
		Value: map[string]any{"apiVersion": "v1", "kind": string(snapshot.ServiceAccount), "metadata": meta, "automountServiceAccountToken": false},
	})
	b.Accounts = append(b.Accounts, b.storeName())
	slices.Sort(b.Accounts)
	return b.storeName()
}

// externalSecrets makes a store and an ExternalSecret for each Secret.
// Source: the CRDs of External Secrets, external-secrets.io/v1.
func (b *builder) externalSecrets() {
	items := b.secrets()
	if len(items) == 0 {
		return
	}
	kind, name := "SecretStore", b.storeName()
	if b.Options.Store != "" {
		name = b.Options.Store
		if k, rest, cut := strings.Cut(b.Options.Store, "/"); cut {
			kind, name = k, rest
		}
	} else {
		b.object("external-secrets.io/v1", kind, name, map[string]any{"provider": b.provider(b.account())}, "Where External Secrets reads; it logs in with an identity and holds no credential.")
	}
	for _, item := range items {
		template := map[string]any{"type": secretType(item.Type), "metadata": map[string]any{"labels": b.labels()}}
		b.object("external-secrets.io/v1", "ExternalSecret", item.Secret, map[string]any{
			"refreshInterval": "1h",
			"secretStoreRef":  map[string]any{"kind": kind, "name": name},
			"target":          map[string]any{"name": item.Secret, "creationPolicy": "Owner", "deletionPolicy": "Retain", "template": template},
			"data":            b.remotes(item),
		}, "Keeps Secret "+item.Secret+": "+item.What+".")
	}
}

func secretType(kind string) string {
	if kind == "" {
		return "Opaque"
	}
	return kind
}

func (b *builder) remotes(item Item) []any {
	var out []any
	for _, d := range item.Data {
		remote := map[string]any{"key": d.There.Name}
		if d.There.Field != "" {
			remote["property"] = d.There.Field
		}
		out = append(out, map[string]any{"secretKey": d.Key, "remoteRef": remote})
	}
	return out
}

// provider is the store's own part for each manager.
func (b *builder) provider(account string) map[string]any {
	o, ref := b.Options, map[string]any{"name": account}
	switch o.Backend {
	case Vault:
		login := map[string]any{"mountPath": o.VaultAuthMount, "role": o.VaultRole, "serviceAccountRef": ref}
		return map[string]any{"vault": map[string]any{"server": o.VaultAddress, "path": o.VaultMount, "version": "v2", "auth": map[string]any{"kubernetes": login}}}
	case AWSSecretsManager, AWSSSM:
		service := "SecretsManager"
		if o.Backend == AWSSSM {
			service = "ParameterStore"
		}
		return map[string]any{"aws": map[string]any{"service": service, "region": o.Region, "auth": map[string]any{"jwt": map[string]any{"serviceAccountRef": ref}}}}
	case GCP:
		return map[string]any{"gcpsm": map[string]any{"projectID": o.Project, "auth": map[string]any{"workloadIdentity": map[string]any{"serviceAccountRef": ref}}}}
	}
	return map[string]any{"azurekv": map[string]any{"vaultUrl": o.VaultURL, "tenantId": o.Tenant, "authType": "WorkloadIdentity", "serviceAccountRef": ref}}
}

// vaultOperator makes a connection, a login and a VaultStaticSecret for each Secret.
// Source: the CRDs of the Vault Secrets Operator, secrets.hashicorp.com/v1beta1.
func (b *builder) vaultOperator() {
	items := b.secrets()
	if len(items) == 0 {
		return
	}
	const group = "secrets.hashicorp.com/v1beta1"
	o, name := b.Options, b.storeName()
	account := b.account()
	b.object(group, "VaultConnection", name, map[string]any{"address": o.VaultAddress, "skipTLSVerify": false}, "Where the operator finds Vault.")
	b.object(group, "VaultAuth", name, map[string]any{
		"vaultConnectionRef": name, "method": "kubernetes", "mount": o.VaultAuthMount,
		"kubernetes": map[string]any{"role": o.VaultRole, "serviceAccount": account},
	}, "How the operator logs in: with a service account, and no credential.")
	for _, item := range items {
		templates := map[string]any{}
		for _, d := range item.Data {
			templates[d.Key] = map[string]any{"text": `{{- get .Secrets "` + d.There.Field + `" -}}`}
		}
		b.object(group, "VaultStaticSecret", item.Secret, map[string]any{
			"vaultAuthRef": name, "mount": o.VaultMount, "type": "kv-v2", "path": item.Data[0].There.Name, "refreshAfter": "1h", "hmacSecretData": true,
			"destination": map[string]any{
				"name": item.Secret, "create": true, "overwrite": false, "type": secretType(item.Type), "labels": b.labels(),
				"transformation": map[string]any{"excludeRaw": true, "excludes": []any{".*"}, "templates": templates},
			},
		}, "Keeps Secret "+item.Secret+": "+item.What+".")
	}
}

// agentSecret begins the annotation that names a file and what the agent reads for it.
const agentSecret = "vault.hashicorp.com/agent-inject-secret-"

// agentFile is where Vault's agent puts an item in the pods.
func agentFile(name string) string { return "/vault/secrets/" + word(name) }

// vaultAgent annotates the pods: an init container puts the files there before
// any other starts, so that Jobs and task pods end as before.
// Source: the annotations of vault-k8s.
func (b *builder) vaultAgent() {
	all, some := b.annotationKeys()
	general := map[string]any{
		"agent-inject": "true", "agent-init-first": "true", "agent-pre-populate-only": "true",
		"role": b.Options.VaultRole, "service": b.Options.VaultAddress, "auth-path": "auth/" + b.Options.VaultAuthMount,
	}
	for _, item := range b.Items {
		if item.Carrier != ByFile {
			continue
		}
		keys := all
		if only := onlyFor(b.m.Dialect, item.Name); len(only) > 0 {
			keys = nil
			for _, c := range only {
				keys = append(keys, some(c))
			}
		}
		for _, key := range keys {
			for name, value := range b.agentAnnotations(item) {
				b.setIn(key, []string{name}, value, "the file that Vault's agent writes: "+item.What, "AS402")
			}
		}
	}
	for _, key := range all {
		for _, name := range slices.Sorted(maps.Keys(general)) {
			b.setIn(key, []string{"vault.hashicorp.com/" + name}, general[name], "Vault's agent in all pods of Airflow", "AS409")
		}
	}
}

func (b *builder) agentAnnotations(item Item) map[string]any {
	d, file := item.Data[0], word(item.Name)
	path := b.Options.VaultMount + "/data/" + d.There.Name
	text := `{{- with secret "` + path + `" -}}{{ .Data.data.` + d.There.Field + ` }}{{- end -}}`
	if b.templated {
		text = "{{ `" + text + "` }}"
	}
	return map[string]any{agentSecret + file: path, "vault.hashicorp.com/agent-inject-template-" + file: text}
}

// onlyFor are the components that a slot is for; empty is all.
func onlyFor(d airflow.Dialect, name string) []airflow.Component {
	for _, s := range slots[d] {
		if s.name == name {
			return s.only
		}
	}
	return nil
}

// annotationKeys are the values keys that reach all pods, and those of one component.
func (b *builder) annotationKeys() (all []string, one func(airflow.Component) string) {
	one = func(c airflow.Component) string { return b.root(c) + ".podAnnotations" }
	if b.m.Dialect == airflow.Official {
		return []string{"airflowPodAnnotations"}, one
	}
	all = []string{"airflow.podAnnotations"}
	if b.m.TaskPods.Needed {
		all = append(all, "airflow.kubernetesPodTemplate.podAnnotations")
	}
	return all, one
}
