package wire

import (
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// secretsStore makes one SecretProviderClass, and lets the pods mount it: the
// driver makes Secrets only while a pod does.
// Source: the CRDs of the Secrets Store CSI driver, secrets-store.csi.x-k8s.io/v1, and its providers' README.
func (b *builder) secretsStore() {
	items := b.secrets()
	if len(items) == 0 {
		return
	}
	var secrets []any
	for _, item := range items {
		var data []any
		for _, d := range item.Data {
			data = append(data, map[string]any{"objectName": b.alias(d.There), "key": d.Key})
		}
		secrets = append(secrets, map[string]any{"secretName": item.Secret, "type": secretType(item.Type), "labels": b.labels(), "data": data})
	}
	spec := map[string]any{"provider": providers[b.Options.Backend], "parameters": b.parameters(items), "secretObjects": secrets}
	b.object("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", b.storeName(), spec, "What the driver reads, and the Secrets it makes of it while a pod mounts it.")
	b.mount()
	b.Notes = append(b.Notes, "The driver makes Secrets only where it is installed with syncSecret.enabled=true, and takes them away when the last pod that mounts the class is gone.")
}

// providers are the driver's names for the managers.
var providers = map[Backend]string{Vault: "vault", AWSSecretsManager: "aws", AWSSSM: "aws", GCP: "gcp", Azure: "azure"}

// alias is a datum's file in the mount.
func (b *builder) alias(t There) string {
	own := strings.TrimPrefix(t.Name, b.Options.name(b.Namespace, b.Release)+b.Options.separator())
	if t.Field != "" && t.Field != "value" {
		own += "-" + t.Field
	}
	if b.Options.Backend == Azure || b.Options.Backend == GCP {
		return t.Name
	}
	return word(own)
}

// parameters are the provider's own; objects are YAML in a text.
func (b *builder) parameters(items []Item) map[string]any {
	o := b.Options
	var objects []any
	seen := map[string]bool{}
	for _, item := range items {
		for _, d := range item.Data {
			if alias := b.alias(d.There); !seen[alias] {
				seen[alias] = true
				objects = append(objects, b.providerObject(d.There, alias))
			}
		}
	}
	switch o.Backend {
	case Vault:
		return map[string]any{"vaultAddress": o.VaultAddress, "roleName": o.VaultRole, "vaultAuthMountPath": o.VaultAuthMount, "objects": yamlText(objects)}
	case GCP:
		return map[string]any{"auth": "pod-adc", "secrets": yamlText(objects)}
	case Azure:
		var texts []any
		for _, object := range objects {
			texts = append(texts, yamlText(object))
		}
		return map[string]any{
			"keyvaultName": o.vaultName(), "clientID": o.ClientID, "tenantId": o.Tenant, "usePodIdentity": "false", "objects": yamlText(map[string]any{"array": texts}),
		}
	}
	return map[string]any{"region": o.Region, "objects": yamlText(objects)}
}

func (b *builder) providerObject(t There, alias string) map[string]any {
	switch o := b.Options; o.Backend {
	case Vault:
		return map[string]any{"objectName": alias, "secretPath": o.VaultMount + "/data/" + t.Name, "secretKey": t.Field}
	case GCP:
		return map[string]any{"resourceName": "projects/" + o.Project + "/secrets/" + t.Name + "/versions/latest", "path": alias}
	case Azure:
		return map[string]any{"objectName": t.Name, "objectType": "secret"}
	case AWSSSM:
		return map[string]any{"objectName": t.Name, "objectType": "ssmparameter", "objectAlias": alias}
	}
	return map[string]any{"objectName": t.Name, "objectType": "secretsmanager", "objectAlias": alias}
}

// vaultName is the first part of a Key Vault's address.
func (o *Options) vaultName() string {
	host := strings.TrimPrefix(o.VaultURL, "https://")
	name, _, _ := strings.Cut(host, ".")
	return name
}

func yamlText(value any) string {
	text, _ := yaml.Marshal(value) // maps of texts
	return string(text)
}

// mount lets every pod of Airflow mount the class, task pods included.
func (b *builder) mount() {
	volumes, mounts := "volumes", "volumeMounts"
	if b.m.Dialect == airflow.Community {
		volumes, mounts = "airflow.extraVolumes", "airflow.extraVolumeMounts"
	}
	const name = "managed-secrets"
	b.listAt(volumes, "the mount that makes the Secrets").add(map[string]any{"name": name, "csi": map[string]any{
		"driver": "secrets-store.csi.k8s.io", "readOnly": true, "volumeAttributes": map[string]any{"secretProviderClass": b.storeName()},
	}}, "name")
	b.listAt(mounts, "the mount that makes the Secrets").add(map[string]any{"name": name, "mountPath": "/mnt/managed-secrets", "readOnly": true}, "name")
}
