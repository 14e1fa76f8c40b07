package airflow

import (
	"encoding/json"
	"slices"
	"strings"
)

// secretStore is a secrets backend, by the end of its class, and where it asks.
type secretStore struct {
	class   string
	targets func(s site, kwargs backendArguments) []target
}

// secretStores know the providers' backends; one that reads files, or the
// Kubernetes API, asks no place of its own.
// Source: the Airflow providers' documentation of their secrets backends.
var secretStores = []secretStore{
	{"VaultBackend", vaultTargets},
	{"SecretsManagerBackend", amazonStore("AWS Secrets Manager", "secretsmanager")},
	{"SystemsManagerParameterStoreBackend", amazonStore("AWS Systems Manager", "ssm")},
	{"CloudSecretManagerBackend", googleStore},
	{"CloudSecretsManagerBackend", googleStore},
	{"AzureKeyVaultBackend", azureStore},
	{"LockboxSecretBackend", yandexStore},
	{"LocalFilesystemBackend", nowhere},
	{"KubernetesSecretsBackend", nowhere},
}

// backendArguments are backend_kwargs, as far as they can be read.
type backendArguments struct {
	at     Setting
	values map[string]any
	unread bool
}

func (b backendArguments) setting(key string) (Setting, bool) {
	at := b.at
	at.Value, _ = b.values[key].(string)
	return at, at.Value != ""
}

// secretSections are the options that name a backend: for all, and from Airflow 3 for those that run tasks.
var secretSections = []struct {
	section, class, kwargs, each string
	who                          []Component
}{
	{"secrets", "backend", "backend_kwargs", "AIRFLOW__SECRETS__BACKEND_KWARG__", nil},
	{"workers", "secrets_backend", "secrets_backend_kwargs", "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG__",
		[]Component{Worker, TaskPod, Triggerer, DagProcessor}},
}

// secretTargets are the stores that Airflow asks for connections, variables and options.
func secretTargets(s site) []target {
	var out []target
	for _, o := range secretSections {
		class, set := s.option(o.section, o.class)
		if !set || len(o.who) > 0 && (s.m.Major < 3 || !slices.Contains(o.who, s.w.Component)) {
			continue
		}
		kwargs := s.backendArguments(class, o.section, o.kwargs, o.each)
		name := class.Value[strings.LastIndex(class.Value, ".")+1:]
		i := slices.IndexFunc(secretStores, func(b secretStore) bool { return class.Known && b.class == name })
		if i < 0 {
			out = append(out, hidden("the secrets backend", class, 443))
			continue
		}
		out = append(out, secretStores[i].targets(s, kwargs)...)
	}
	return out
}

// backendArguments reads the arguments as JSON, and those that variables of their own set from Airflow 3.2 on.
func (s site) backendArguments(class Setting, section, key, each string) backendArguments {
	out := backendArguments{at: class, values: map[string]any{}}
	if found, set := s.option(section, key); set {
		out.at = found
		out.unread = !found.Known || json.Unmarshal([]byte(found.Value), &out.values) != nil
	}
	if out.values == nil { // the JSON text null
		out.values = map[string]any{}
	}
	for _, name := range []string{"url", "vault_url", "region_name"} {
		if found, set := s.variable(each + strings.ToUpper(name)); set {
			out.values[name], out.unread = found.Value, out.unread && !found.Known
		}
	}
	return out
}

func vaultTargets(s site, b backendArguments) []target {
	if at, set := b.setting("url"); set {
		return []target{targetAt("Vault", at, 8200, false)}
	}
	if at, set := s.variable("VAULT_ADDR"); set {
		return []target{targetAt("Vault", at, 8200, false)}
	}
	if !b.unread {
		return nil // hvac then asks this very pod
	}
	return []target{hidden("Vault", b.hidden(), 8200)}
}

// hidden is the arguments' setting as one that tells nothing.
func (b backendArguments) hidden() Setting {
	at := b.at
	at.Value = ""
	return at
}

func amazonStore(what, service string) func(site, backendArguments) []target {
	return func(s site, b backendArguments) []target {
		at, _ := b.setting("region_name")
		return []target{s.amazon(what, service, b.at, at.Value)}
	}
}

func googleStore(_ site, b backendArguments) []target {
	return []target{fixed("Google Secret Manager", "secretmanager.googleapis.com", b.at, 443),
		fixed("Google's token endpoint", "oauth2.googleapis.com", b.at, 443)}
}

func azureStore(_ site, b backendArguments) []target {
	out := []target{fixed("Microsoft Entra ID", "login.microsoftonline.com", b.at, 443)}
	if at, set := b.setting("vault_url"); set {
		return append(out, targetAt("Azure Key Vault", at, 443, false))
	}
	return append(out, hidden("Azure Key Vault", b.hidden(), 443))
}

func yandexStore(_ site, b backendArguments) []target {
	return []target{fixed("Yandex Lockbox", "payload.lockbox.api.cloud.yandex.net", b.at, 443)}
}

func nowhere(site, backendArguments) []target { return nil }

// asksSecrets leaves out components that look up no connections, unless one of their options stands in the backend.
func asksSecrets(s site) bool {
	switch s.w.Component {
	case Migrations, CreateUser, Sync, Flower, Cleanup, DatabaseCleanup:
	default:
		return true
	}
	return slices.ContainsFunc(options, func(named option) bool {
		o := optionNamed(named.section, named.key)
		return o.backends(s.m.Identity) && o.in(s.m.Identity) && s.m.resolve(s.config, o).Via == "backend"
	})
}

const (
	vaultInject  = "vault.hashicorp.com/agent-inject"
	vaultService = "vault.hashicorp.com/service"
)

// agentTargets are the Vault that an injected agent logs in to: as the
// container in a live pod says, else as the pod's annotation does; without one
// the injector's own default counts.
// Source: https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations.
func agentTargets(s site) []target {
	if s.w.Meta.Annotations[vaultInject] != "true" {
		return nil
	}
	path := s.w.PodPath + "/metadata/annotations/"
	for _, w := range s.m.Workloads {
		if w.Owner != s.w {
			continue
		}
		for _, c := range w.Containers() {
			if at, set := s.m.Env(w, c.Name, "VAULT_ADDR"); set && strings.HasPrefix(c.Name, "vault-agent") {
				return []target{targetAt("Vault", at, 8200, false)}
			}
		}
	}
	if text := s.w.Meta.Annotations[vaultService]; text != "" {
		return []target{targetAt("Vault", Setting{Value: text, Known: true, Ref: s.w.Ref, Path: path + escape(vaultService)}, 8200, false)}
	}
	return []target{{what: "Vault", ports: onPorts(8200), unknown: "the injector's own setting tells it, by default vault.vault.svc:8200", note: usualPort, ref: s.w.Ref, path: path + escape(vaultInject)}}
}
