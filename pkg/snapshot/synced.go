package snapshot

import "strings"

// SyncKinds fill Secrets or the files of pods from a manager outside the
// cluster, and the kinds that say where that manager is and how to log in.
var SyncKinds = []Kind{
	ExternalSecret, SecretStore, ClusterSecretStore, ProviderClass,
	VaultStaticSecret, VaultDynamicSecret, VaultAuth, VaultConnection, SealedSecret,
}

// Fills are the Secrets that an object of a sync kind makes, by name; empty for the others.
// Sources: the CRDs of external-secrets, secrets-store-csi-driver, vault-secrets-operator and sealed-secrets.
func (o *Object) Fills() []string {
	own := func(keys ...string) []string {
		if name, _ := o.At(keys...).(string); name != "" {
			return []string{name}
		}
		return []string{o.Name}
	}
	switch Kind(o.Kind) {
	case ExternalSecret:
		return own("spec", "target", "name")
	case SealedSecret:
		return own("spec", "template", "metadata", "name")
	case VaultStaticSecret, VaultDynamicSecret:
		return own("spec", "destination", "name")
	case ProviderClass:
		var out []string
		list, _ := o.At("spec", "secretObjects").([]any)
		for _, entry := range list {
			made, _ := entry.(map[string]any)
			if name, _ := made["secretName"].(string); name != "" {
				out = append(out, name)
			}
		}
		return out
	}
	return nil
}

// LeansOn are the objects in which an object of a sync kind says where the
// manager is and how to log in, as far as it names them.
func (o *Object) LeansOn() []Ref {
	switch Kind(o.Kind) {
	case ExternalSecret:
		return o.stores()
	case VaultStaticSecret, VaultDynamicSecret:
		return o.vaultRef(VaultAuth, "vaultAuthRef")
	case VaultAuth:
		return o.vaultRef(VaultConnection, "vaultConnectionRef")
	}
	return nil
}

func (o *Object) stores() []Ref {
	refs := []any{o.At("spec", "secretStoreRef")}
	for _, key := range []string{"data", "dataFrom"} {
		list, _ := o.At("spec", key).([]any)
		for _, entry := range list {
			from, _ := entry.(map[string]any)
			source, _ := from["sourceRef"].(map[string]any)
			refs = append(refs, source["storeRef"])
		}
	}
	var out []Ref
	for _, entry := range refs {
		ref, _ := entry.(map[string]any)
		name, _ := ref["name"].(string)
		kind, _ := ref["kind"].(string)
		switch {
		case name == "":
		case kind == string(ClusterSecretStore):
			out = append(out, Ref{APIVersion: o.APIVersion, Kind: kind, Name: name})
		case kind == "" || kind == string(SecretStore):
			out = append(out, Ref{APIVersion: o.APIVersion, Kind: string(SecretStore), Namespace: o.Namespace, Name: name})
		}
	}
	return out
}

// vaultRef is "name", or "namespace/name". An empty one means the operator's own default.
func (o *Object) vaultRef(kind Kind, field string) []Ref {
	text, _ := o.At("spec", field).(string)
	if text == "" {
		return nil
	}
	namespace, name, found := strings.Cut(text, "/")
	if !found {
		namespace, name = o.Namespace, text
	}
	return []Ref{{APIVersion: o.APIVersion, Kind: string(kind), Namespace: namespace, Name: name}}
}
