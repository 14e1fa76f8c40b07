package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// class is Airflow's own backend for a manager, from a version on.
type class struct{ since, name string }

// classes, the oldest first. Sources: contrib/secrets of Airflow 1.10.10 and
// later, and the providers' secrets modules.
var classes = map[Backend][]class{
	Vault:             {{"1.10.10", "airflow.contrib.secrets.hashicorp_vault.VaultBackend"}, {"2.0", "airflow.providers.hashicorp.secrets.vault.VaultBackend"}},
	AWSSecretsManager: {{"1.10.11", "airflow.contrib.secrets.aws_secrets_manager.SecretsManagerBackend"}, {"2.0", "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"}},
	AWSSSM:            {{"1.10.10", "airflow.contrib.secrets.aws_systems_manager.SystemsManagerParameterStoreBackend"}, {"2.0", "airflow.providers.amazon.aws.secrets.systems_manager.SystemsManagerParameterStoreBackend"}},
	GCP:               {{"1.10.10", "airflow.contrib.secrets.gcp_secrets_manager.CloudSecretsManagerBackend"}, {"2.0", "airflow.providers.google.cloud.secrets.secret_manager.CloudSecretManagerBackend"}},
	Azure:             {{"2.0", "airflow.providers.microsoft.azure.secrets.azure_key_vault.AzureKeyVaultBackend"}, {"2.2", "airflow.providers.microsoft.azure.secrets.key_vault.AzureKeyVaultBackend"}},
}

// chooseBackend picks Airflow's own backend, and keeps where one of the same
// class looks today: what is there must still be found.
func (b *builder) chooseBackend() error {
	if b.Options.Backend == Kubernetes {
		b.Notes = append(b.Notes, "Airflow's backend for Kubernetes Secrets is not set: its pods would need the right to list all Secrets of the namespace.")
		return nil
	}
	for _, c := range classes[b.Options.Backend] {
		if b.m.Version == "" || b.m.AtLeast(c.since) {
			b.Class = c.name
		}
	}
	if b.Class == "" {
		return fmt.Errorf("there is no backend for %s in Airflow %s", b.Options.Backend, b.m.Version)
	}
	for _, s := range b.m.Settings("secrets", "backend") {
		switch {
		case s.Default || !s.Clear() || s.Value == "":
		case s.Value == b.Class:
			b.keep()
		default:
			b.Notes = append(b.Notes, "Airflow looks in "+s.Value+" today: move the connections and variables that are there.")
		}
		if !s.Default {
			break
		}
	}
	return nil
}

// keep notes the places of connections and variables in today's arguments.
func (b *builder) keep() {
	for _, s := range b.m.Settings("secrets", "backend_kwargs") {
		today := map[string]any{}
		if json.Unmarshal([]byte(s.Value), &today) != nil {
			continue
		}
		for _, kind := range []string{"connections", "variables"} {
			text, _ := today[kind+b.ending()].(string)
			if text != "" && len(snapshot.MaskedIn(text)) == 0 {
				b.kept[kind] = strings.TrimSuffix(text, "/")
			}
		}
		if mount, _ := today["mount_point"].(string); mount != "" && mount != b.Options.VaultMount && b.Options.Backend == Vault {
			b.Notes = append(b.Notes, "Airflow looks in Vault's mount "+snapshot.Redact(mount)+" today, and "+b.Options.VaultMount+" is wired: move what is there, or give --vault-mount.")
		}
		return
	}
}

// ending is how the arguments for places end.
func (b *builder) ending() string {
	if b.Options.Backend == Vault {
		return "_path"
	}
	return "_prefix"
}

// base is where the backend looks for connections or variables.
func (b *builder) base(kind string) string {
	if kept := b.kept[kind]; kept != "" {
		return kept
	}
	return b.Options.name(b.Namespace, b.Release, kind)
}

// airflowBackend sets Airflow's own secrets backend.
func (b *builder) airflowBackend() {
	if b.Class == "" {
		return
	}
	b.Arguments = b.kwargs(b.Options.VaultRole, b.needsConfig())
	b.option("secrets", "backend", b.Class, "Airflow looks for connections and variables there first")
	b.option("secrets", "backend_kwargs", b.Arguments, "where to look, and no credential: the pods log in with their own identity")
	if b.Options.WorkerRole != "" && b.m.Major >= 3 {
		role := b.Options.VaultRole
		if b.Options.Backend == Vault {
			role = b.Options.WorkerRole
		}
		b.option("workers", "secrets_backend", b.Class, "workers look for connections and variables with an identity of their own")
		b.option("workers", "secrets_backend_kwargs", b.kwargs(role, false), "workers do not look for Airflow's own settings")
	}
}

// needsConfig says that Airflow's own settings come from the backend, too, or do so already.
func (b *builder) needsConfig() bool {
	for _, s := range slots[b.m.Dialect] {
		if s.option != "" && b.elsewhere(s) == "backend" {
			return true
		}
	}
	return slices.ContainsFunc(b.Items, func(i Item) bool { return i.Carrier == ByBackend && i.Option != "" })
}

// kwargs are the backend's arguments as JSON, without any credential.
func (b *builder) kwargs(role string, config bool) string {
	o := b.Options
	all := map[string]any{}
	end := b.ending()
	switch o.Backend {
	case Vault:
		all["url"], all["auth_type"], all["kubernetes_role"] = o.VaultAddress, "kubernetes", role
		all["mount_point"], all["kv_engine_version"] = o.VaultMount, 2
		if o.VaultAuthMount != "kubernetes" {
			all["auth_mount_point"] = o.VaultAuthMount
		}
	case AWSSecretsManager, AWSSSM:
		all["region_name"] = o.Region
	case GCP:
		all["project_id"], all["sep"] = o.Project, "-"
	case Azure:
		all["vault_url"], all["sep"] = o.VaultURL, "-"
	}
	all["connections"+end] = b.base("connections")
	all["variables"+end] = b.base("variables")
	all["config"+end] = nil
	if config {
		all["config"+end] = o.name(b.Namespace, b.Release)
	}
	text, _ := json.Marshal(all) // a map of texts and numbers
	return string(text)
}

// elsewhere is how Airflow takes a slot's option, where that is no variable that
// holds it: backend, cmd, or empty.
func (b *builder) elsewhere(s slot) string {
	for _, setting := range b.m.Settings(s.section, s.option) {
		switch name := strings.ToLower(setting.Name); {
		case setting.Via == "backend":
			return "backend"
		case setting.Via == "cmd" || strings.HasSuffix(name, "_cmd"):
			return "cmd"
		}
	}
	return ""
}
