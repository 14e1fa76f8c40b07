package airflow

import "strings"

// Role is what a container does in its pod.
type Role string

// The roles both charts know, and two for what they do not.
const (
	Main              Role = "main"
	GitSync           Role = "git-sync"
	LogGroomer        Role = "log-groomer"
	WaitForMigrations Role = "wait-for-migrations"
	CheckDatabase     Role = "check-database"
	PipInstall        Role = "pip-install"
	Kerberos          Role = "kerberos"
	KerberosInit      Role = "kerberos-init"
	Exporter          Role = "exporter"
	VolumePermissions Role = "volume-permissions"
	Sysctl            Role = "sysctl"
	// Injected containers are put in by a mesh, a secrets agent or a cloud's webhook.
	Injected Role = "injected"
	// Extra containers come from extraContainers, extraInitContainers or a fork.
	Extra Role = "extra"
)

// roleNames are container names. Sources: both charts' templates and their
// subcharts; Istio, Linkerd, Vault agent and Azure workload identity injectors.
var roleNames = map[string]Role{
	"git-sync": GitSync, "git-sync-init": GitSync, "dags-git-sync": GitSync, "dags-git-clone": GitSync,
	"log-cleanup":                 LogGroomer,
	"wait-for-airflow-migrations": WaitForMigrations, "wait-for-db-migrations": WaitForMigrations,
	"check-db":             CheckDatabase,
	"install-pip-packages": PipInstall,
	"worker-kerberos":      Kerberos, "kerberos-init": KerberosInit,
	"metrics-exporter": Exporter, "metrics": Exporter,
	"volume-permissions": VolumePermissions, "init-chmod-data": VolumePermissions,
	"init-sysctl": Sysctl,
	"istio-proxy": Injected, "istio-init": Injected, "istio-validation": Injected,
	"linkerd-proxy": Injected, "linkerd-init": Injected,
	"vault-agent": Injected, "vault-agent-init": Injected, "azwi-proxy": Injected, "azwi-proxy-init": Injected,
}

// roleOf tells what a container does from its name and image, except for Main, which needs its neighbours.
func roleOf(name, image string) Role {
	if role, known := roleNames[name]; known {
		return role
	}
	switch {
	case strings.HasSuffix(name, "-log-groomer"):
		return LogGroomer
	case strings.HasSuffix(imageRepository(image), "/git-sync"):
		return GitSync
	}
	return Extra
}

// giveRoles fills in the roles: of the regular containers that no table
// knows, the one named as a main container is one, else the first.
func giveRoles(list []Container) {
	main := -1
	for i := range list {
		c := &list[i]
		c.Role = roleOf(c.Name, c.Image)
		if c.Kind != Regular || c.Role != Extra {
			continue
		}
		if main < 0 || !isMainName(list[main].Name) && isMainName(c.Name) {
			main = i
		}
	}
	if main >= 0 {
		list[main].Role = Main
	}
}

func isMainName(name string) bool {
	_, known := mainNames[name]
	return known || name == "base" || name == "pgbouncer"
}
