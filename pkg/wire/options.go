package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// Options are what a user decides.
type Options struct {
	Backend Backend
	Sync    Sync
	// Prefix begins the name of everything that is stored: <prefix>/<namespace>/<release>/<name>.
	Prefix string
	// VaultAddress, VaultRole, VaultMount and VaultAuthMount are for vault: its
	// URL, the role of its Kubernetes login, and where the KV store and the login are mounted.
	VaultAddress, VaultRole, VaultMount, VaultAuthMount string
	// Region and RoleARN are for AWS.
	Region, RoleARN string
	// Project and ServiceAccount are for Google Cloud.
	Project, ServiceAccount string
	// VaultURL, Tenant and ClientID are for Azure.
	VaultURL, Tenant, ClientID string
	// WorkerRole is the identity of pods that run DAG code, in the backend's own
	// words; empty is the same as that of the others.
	WorkerRole string
	// Store names a SecretStore, or ClusterSecretStore/NAME, that is there already.
	Store string
}

// need is an option that a backend cannot do without.
type need struct {
	flag  string
	value func(*Options) string
	shape *pattern.Pattern
	like  string
}

var (
	anyText   = pattern.New(`^\S+$`)
	mountText = pattern.New(`^[A-Za-z0-9][A-Za-z0-9/_.-]*$`)
	storeText = pattern.New(`^((Cluster)?SecretStore/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)
	// The shapes of the clouds' own names. Sources: the AWS IAM, Google Cloud IAM and Microsoft Entra documentation.
	regionText  = pattern.New(`^[a-z]{2}(-[a-z]+)+-\d+$`)
	roleText    = pattern.New(`^arn:aws[a-z-]*:iam::\d{12}:role/\S+$`)
	projectText = pattern.New(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	accountText = pattern.New(`^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$`)
	uuidText    = pattern.New(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// needs are the options of each backend, with their shapes.
var needs = map[Backend][]need{
	Vault: {
		{"--vault-address", func(o *Options) string { return o.VaultAddress }, anyText, "https://vault.example.com:8200"},
		{"--vault-role", func(o *Options) string { return o.VaultRole }, anyText, "airflow"},
		{"--vault-mount", func(o *Options) string { return o.VaultMount }, mountText, "secret"},
		{"--vault-auth-mount", func(o *Options) string { return o.VaultAuthMount }, mountText, "kubernetes"},
	},
	AWSSecretsManager: aws,
	AWSSSM:            aws,
	GCP: {
		{"--project", func(o *Options) string { return o.Project }, projectText, "my-project"},
		{"--gcp-service-account", func(o *Options) string { return o.ServiceAccount }, accountText, "airflow@my-project.iam.gserviceaccount.com"},
	},
	Azure: {
		{"--vault-url", func(o *Options) string { return o.VaultURL }, anyText, "https://my-vault.vault.azure.net"},
		{"--tenant", func(o *Options) string { return o.Tenant }, uuidText, "00000000-0000-0000-0000-000000000000"},
		{"--client-id", func(o *Options) string { return o.ClientID }, uuidText, "00000000-0000-0000-0000-000000000000"},
	},
}

var aws = []need{
	{"--region", func(o *Options) string { return o.Region }, regionText, "eu-central-1"},
	{"--role-arn", func(o *Options) string { return o.RoleARN }, roleText, "arn:aws:iam::123456789012:role/airflow"},
}

// workerShapes are what --worker-role is for each backend.
var workerShapes = map[Backend]need{
	Vault: needs[Vault][1], AWSSecretsManager: aws[1], AWSSSM: aws[1], GCP: needs[GCP][1], Azure: needs[Azure][2],
}

// Complete fills in what can be known of a release, and refuses what does not go.
func (o *Options) Complete(release string) error {
	if err := validWay(o.Backend, o.Sync); err != nil {
		return err
	}
	o.Prefix = strings.Trim(cmp.Or(o.Prefix, "airflow"), "/")
	o.VaultRole = cmp.Or(o.VaultRole, release)
	o.VaultMount, o.VaultAuthMount = strings.Trim(cmp.Or(o.VaultMount, "secret"), "/"), strings.Trim(cmp.Or(o.VaultAuthMount, "kubernetes"), "/")
	o.VaultAddress, o.VaultURL = strings.TrimSuffix(o.VaultAddress, "/"), strings.TrimSuffix(o.VaultURL, "/")
	return o.validate()
}

func (o *Options) validate() error {
	if !mountText.MatchString(o.Prefix) {
		return fmt.Errorf("--prefix %q: use letters, digits, -, _, . and /", o.Prefix)
	}
	for _, n := range needs[o.Backend] {
		if n.value(o) == "" {
			return fmt.Errorf("--backend %s needs %s, as in %s", o.Backend, n.flag, n.like)
		}
		if !n.shape.MatchString(n.value(o)) {
			return fmt.Errorf("%s %q: write it as in %s", n.flag, n.value(o), n.like)
		}
	}
	if o.Store != "" && o.Sync != ExternalSecrets {
		return errors.New("--store names a store of External Secrets; it goes with --sync external-secrets")
	}
	if o.Store != "" && !storeText.MatchString(o.Store) {
		return fmt.Errorf("--store %q: write NAME, SecretStore/NAME or ClusterSecretStore/NAME", o.Store)
	}
	if w, can := workerShapes[o.Backend]; o.WorkerRole != "" && (!can || !w.shape.MatchString(o.WorkerRole)) {
		return fmt.Errorf("--worker-role %q does not go with --backend %s: it is another %s", o.WorkerRole, o.Backend, cmp.Or(w.flag, "identity, and plain Secrets need none"))
	}
	return o.validAddresses()
}

// validAddresses lets nothing but https pass: what goes there are all secrets of the release.
func (o *Options) validAddresses() error {
	for _, a := range []struct{ flag, address string }{{"--vault-address", o.VaultAddress}, {"--vault-url", o.VaultURL}} {
		if a.address == "" {
			continue
		}
		u, err := url.Parse(a.address)
		switch {
		case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
			return fmt.Errorf("%s is not an address such as https://vault.example.com:8200", a.flag)
		case u.User != nil:
			return fmt.Errorf("%s holds a user or a password: leave them out", a.flag)
		case u.Scheme != "https":
			return fmt.Errorf("%s begins with %s://: every secret of the release would pass in clear; use https", a.flag, u.Scheme)
		}
	}
	return nil
}
