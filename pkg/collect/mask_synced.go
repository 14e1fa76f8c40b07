package collect

// syncKinds are the kinds that fill Secrets from outside the cluster, as group/kind.
var syncKinds = set(
	"external-secrets.io/ExternalSecret", "external-secrets.io/SecretStore", "external-secrets.io/ClusterSecretStore",
	"secrets-store.csi.x-k8s.io/SecretProviderClass",
	"secrets.hashicorp.com/VaultStaticSecret", "secrets.hashicorp.com/VaultDynamicSecret",
	"secrets.hashicorp.com/VaultAuth", "secrets.hashicorp.com/VaultConnection", "bitnami.com/SealedSecret",
)

// clearSync are the fields of those kinds that may be shown: what they refer
// to, how they log in, and whom they trust. Templates, parameters and
// ciphertexts are not among them.
// Sources: the CRDs of external-secrets v2.9, secrets-store-csi-driver v1.6,
// vault-secrets-operator v1.4 and sealed-secrets, and the CSI providers' parameters.
var clearSync = set(
	// references
	"name", "namespace", "kind", "secretName", "secretKey", "property", "objectName", "objectType", "key", "mountPath", "mount", "path",
	"vaultAuthRef", "vaultConnectionRef", "vaultAuthGlobalRef", "caCertSecretRef", "secretRef", "serviceAccount",
	// how, when and how often
	"creationPolicy", "deletionPolicy", "refreshPolicy", "refreshInterval", "refreshAfter", "engineVersion", "type", "provider",
	"method", "service", "region", "role", "roleName", "authType", "usePodIdentity", "useVMManagedIdentity", "audience", "audiences",
	"tokenExpirationSeconds",
	// where, and whom to trust
	"server", "address", "vaultAddress", "vaultUrl", "url", "keyvaultName", "projectID", "cloudName", "environmentType",
	"skipTLSVerify", "vaultSkipTLSVerify", "vaultCACertPath", "vaultAuthMountPath", "vaultKubernetesMountPath", "tlsServerName",
)

// darkSync are never shown, whatever their keys are called: templates hold data of Secrets.
var darkSync = set("encryptedData", "headers", "caBundle", "stringData", "templateFrom", "template")

// synced keeps of such an object what it refers to and how it logs in.
func (m *masker) synced(content map[string]any) {
	keepOnly(content, "spec")
	if spec := content["spec"]; spec != nil {
		content["spec"] = m.syncField("", spec)
	}
}

func (m *masker) syncField(key string, value any) any {
	if darkSync[key] {
		return m.syncTemplate(value)
	}
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = m.syncField(k, v)
		}
		return value
	case []any:
		for i, v := range value {
			value[i] = m.syncField(key, v)
		}
		return value
	case string:
		switch {
		case clearSync[key]:
			return m.plain(value)
		case simple(key, value):
			return value
		}
		return m.text(value)
	}
	return m.number(key, value)
}

// syncTemplate hides a template but for the name of the Secret that it makes.
func (m *masker) syncTemplate(value any) any {
	name, named := in(value, "metadata", "name").(string)
	value = m.all(value)
	if meta, ok := in(value, "metadata").(map[string]any); ok && named {
		meta["name"] = m.plain(name)
	}
	return value
}
