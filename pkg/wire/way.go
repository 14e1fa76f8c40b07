package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Backend is where credentials are to lie.
type Backend string

// The backends, as --backend names them.
const (
	Vault             Backend = "vault"
	AWSSecretsManager Backend = "aws-secrets-manager"
	AWSSSM            Backend = "aws-ssm"
	GCP               Backend = "gcp"
	Azure             Backend = "azure"
	Kubernetes        Backend = "kubernetes"
)

// Sync is what brings them to the pods.
type Sync string

// The ways of syncing, as --sync names them. NoSync leaves it to Airflow's own
// secrets backend.
const (
	NoSync          Sync = ""
	ExternalSecrets Sync = "external-secrets"
	CSI             Sync = "csi"
	VaultOperator   Sync = "vault-operator"
	VaultAgent      Sync = "vault-agent"
)

// Backends and Syncs are all words, in the order help texts show them.
var (
	Backends = []Backend{Vault, AWSSecretsManager, AWSSSM, GCP, Azure, Kubernetes}
	Syncs    = []Sync{ExternalSecrets, CSI, VaultOperator, VaultAgent}
)

// ways says which backend goes with which sync. Sources: the providers of
// External Secrets and of the Secrets Store CSI driver; the operator and the
// agent are HashiCorp's and know Vault alone; plain Secrets need no syncing.
var ways = map[Backend][]Sync{
	Vault:             {NoSync, ExternalSecrets, CSI, VaultOperator, VaultAgent},
	AWSSecretsManager: {NoSync, ExternalSecrets, CSI},
	AWSSSM:            {NoSync, ExternalSecrets, CSI},
	GCP:               {NoSync, ExternalSecrets, CSI},
	Azure:             {NoSync, ExternalSecrets, CSI},
	Kubernetes:        {NoSync},
}

// validWay refuses words that are unknown and pairs that make no sense.
func validWay(b Backend, s Sync) error {
	if !slices.Contains(Backends, b) {
		return fmt.Errorf("--backend %q: use %s", b, listed(Backends))
	}
	if s != NoSync && !slices.Contains(Syncs, s) {
		return fmt.Errorf("--sync %q: use %s", s, listed(Syncs))
	}
	if !slices.Contains(ways[b], s) {
		return fmt.Errorf("--sync %s does not go with --backend %s; these go: %s", s, b, pairs())
	}
	return nil
}

// pairs lists what goes together: "vault with external-secrets, csi; …".
func pairs() string {
	var out []string
	for _, b := range Backends {
		if syncs := ways[b][1:]; len(syncs) > 0 {
			out = append(out, string(b)+" with "+listed(syncs))
		} else {
			out = append(out, string(b)+" without --sync")
		}
	}
	return strings.Join(out, "; ")
}

func listed[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// makesSecrets says that the way ends in Kubernetes Secrets, which pods read as they do now.
func (s Sync) makesSecrets() bool { return s == ExternalSecrets || s == CSI || s == VaultOperator }
