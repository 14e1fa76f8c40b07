package collect

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ownedKinds are the kinds that plans change, whose field managers are kept.
var ownedKinds = []snapshot.Kind{
	snapshot.Deployment, snapshot.StatefulSet, snapshot.DaemonSet, snapshot.CronJob, snapshot.ServiceAccount,
	snapshot.Role, snapshot.RoleBinding, snapshot.ClusterRole, snapshot.ClusterRoleBinding, snapshot.Namespace, snapshot.NetworkPolicy,
}

// fieldOwners are the managers that an object's metadata names, with what they
// own, the status apart. The values in it are not kept.
func fieldOwners(kind string, meta map[string]any) []snapshot.Manager {
	entries, _ := meta["managedFields"].([]any)
	if len(entries) == 0 || !slices.Contains(ownedKinds, snapshot.Kind(kind)) {
		return nil
	}
	var out []snapshot.Manager
	for _, entry := range entries {
		fields, ok := in(entry, "fieldsV1").(map[string]any)
		if !ok || in(entry, "subresource") == "status" {
			continue
		}
		name, _ := in(entry, "manager").(string)
		operation, _ := in(entry, "operation").(string)
		if operation != "Apply" {
			operation = "Update"
		}
		dropValues(fields)
		out = append(out, snapshot.Manager{Name: name, Operation: operation, Fields: fields})
	}
	return out
}

// dropValues drops from the names of managed fields what holds a value: the
// entries of sets (v:"x"), and all of an unknown form.
// Source: structured-merge-diff's fieldpath.PathElement
func dropValues(fields map[string]any) {
	for name, below := range fields {
		inner, isMap := below.(map[string]any)
		if !isMap || name != "." && !isFieldName(name) && !isEntryName(name) {
			delete(fields, name)
			continue
		}
		dropValues(inner)
	}
}

func isFieldName(name string) bool {
	field, found := strings.CutPrefix(name, "f:")
	return found && isPlainText(field)
}

// entryNames are the fields that name a list's entry, which are shown in the object as well.
// Source: the listMapKey marks of k8s.io/api.
var entryNames = set("name", "mountPath", "devicePath", "containerPort", "protocol", "port", "ip", "uid", "type", "topologyKey", "whenUnsatisfiable")

// isEntryName says that a name is `k:{"name":"x"}`, with nothing but names and numbers in it.
func isEntryName(name string) bool {
	text, found := strings.CutPrefix(name, "k:")
	var keys map[string]any
	if !found || json.Unmarshal([]byte(text), &keys) != nil || len(keys) == 0 {
		return false
	}
	for key, value := range keys {
		shown, isText := value.(string)
		_, isNumber := value.(float64)
		if !entryNames[key] || !isNumber && !(isText && isPlainText(shown)) {
			return false
		}
	}
	return true
}

// owners masks the names that managers gave themselves, where they do not look
// like names. The list may be shared with other releases and is left as it is.
func (m *masker) owners(managers []snapshot.Manager) []snapshot.Manager {
	var out []snapshot.Manager
	for _, each := range managers {
		each.Name, _ = m.plain(each.Name).(string)
		out = append(out, each)
	}
	return out
}
