package wire

import (
	"strings"
	"testing"
)

// complete are options that each backend takes.
var complete = map[Backend]Options{
	Vault:             {Backend: Vault, VaultAddress: "https://vault.example.com:8200"},
	AWSSecretsManager: {Backend: AWSSecretsManager, Region: "eu-central-1", RoleARN: "arn:aws:iam::123456789012:role/airflow"},
	AWSSSM:            {Backend: AWSSSM, Region: "us-gov-west-1", RoleARN: "arn:aws-us-gov:iam::123456789012:role/path/airflow"},
	GCP:               {Backend: GCP, Project: "my-project", ServiceAccount: "airflow@my-project.iam.gserviceaccount.com"},
	Azure: {
		Backend: Azure, VaultURL: "https://kv.vault.azure.net/", Tenant: "11111111-1111-1111-1111-111111111111", ClientID: "22222222-2222-2222-2222-222222222222",
	},
	Kubernetes: {Backend: Kubernetes},
}

func TestEveryBackendTakesItsOptions(t *testing.T) {
	for backend, o := range complete {
		for _, sync := range ways[backend] {
			o.Sync = sync
			if err := o.Complete("af"); err != nil {
				t.Errorf("%s with %q: %v", backend, sync, err)
			}
		}
	}
}

func TestEveryOtherPairIsRefused(t *testing.T) {
	for backend, o := range complete {
		for _, sync := range Syncs {
			o.Sync = sync
			err := o.Complete("af")
			if goes := strings.Contains(listed(ways[backend]), string(sync)); goes == (err != nil) {
				t.Errorf("%s with %s: %v", backend, sync, err)
			}
			if err != nil && !strings.Contains(err.Error(), "vault with external-secrets, csi, vault-operator, vault-agent;") {
				t.Errorf("%s with %s does not say what goes: %v", backend, sync, err)
			}
		}
	}
}

func TestWrongOptions(t *testing.T) {
	for name, c := range map[string]struct {
		backend Backend
		change  func(*Options)
		says    string
	}{
		"no backend":          {Vault, func(o *Options) { o.Backend = "consul" }, `--backend "consul": use vault,`},
		"no sync":             {Vault, func(o *Options) { o.Sync = "reloader" }, `--sync "reloader": use external-secrets,`},
		"no address":          {Vault, func(o *Options) { o.VaultAddress = "" }, "--backend vault needs --vault-address, as in https://"},
		"http":                {Vault, func(o *Options) { o.VaultAddress = "http://vault:8200" }, "--vault-address begins with http://: every secret"},
		"no scheme":           {Vault, func(o *Options) { o.VaultAddress = "vault:8200" }, "--vault-address"},
		"a login in the URL":  {Vault, func(o *Options) { o.VaultAddress = "https://u:hunter2@vault" }, "--vault-address holds a user or a password"},
		"a query":             {Azure, func(o *Options) { o.VaultURL = "https://kv?x=1" }, "--vault-url is not an address"},
		"http for Azure":      {Azure, func(o *Options) { o.VaultURL = "http://kv.vault.azure.net" }, "--vault-url begins with http://"},
		"a client by name":    {Azure, func(o *Options) { o.ClientID = "airflow" }, `--client-id "airflow": write it as in`},
		"no role":             {AWSSSM, func(o *Options) { o.RoleARN = "" }, "--backend aws-ssm needs --role-arn"},
		"a role by name":      {AWSSecretsManager, func(o *Options) { o.RoleARN = "airflow" }, `--role-arn "airflow": write it as in arn:aws:iam`},
		"a region by name":    {AWSSecretsManager, func(o *Options) { o.Region = "Frankfurt" }, `--region "Frankfurt"`},
		"an account by name":  {GCP, func(o *Options) { o.ServiceAccount = "airflow" }, `--gcp-service-account "airflow"`},
		"a prefix of signs":   {Vault, func(o *Options) { o.Prefix = "a b" }, `--prefix "a b"`},
		"a store without ESO": {Vault, func(o *Options) { o.Store = "vault" }, "--store names a store of External Secrets"},
		"a store of signs":    {Vault, func(o *Options) { o.Sync, o.Store = ExternalSecrets, "a/b/c" }, `--store "a/b/c"`},
		"a worker's name":     {GCP, func(o *Options) { o.WorkerRole = "worker" }, `--worker-role "worker" does not go with --backend gcp: it is another --gcp-service-account`},
		"a worker of nobody":  {Kubernetes, func(o *Options) { o.WorkerRole = "worker" }, "plain Secrets need none"},
	} {
		o := complete[c.backend]
		c.change(&o)
		err := o.Complete("af")
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a password", name)
		}
	}
}

func TestNamesFitTheManager(t *testing.T) {
	for backend, want := range map[Backend]string{
		Vault: "airflow/team/af/connections/my_db.x", AWSSecretsManager: "airflow/team/af/connections/my_db.x",
		AWSSSM: "/airflow/team/af/connections/my_db.x", GCP: "airflow-team-af-connections-my_db-x", Azure: "airflow-team-af-connections-my-db-x",
	} {
		o := complete[backend]
		if err := o.Complete("af"); err != nil {
			t.Fatal(err)
		}
		if got := o.name("team", "af", "connections", "my_db.x"); got != want {
			t.Errorf("%s: %s, want %s", backend, got, want)
		}
	}
}
