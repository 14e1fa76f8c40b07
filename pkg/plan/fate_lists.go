package plan

import "slices"

// list is one whose entries an upgrade tells apart by some of their fields. All
// other lists are replaced whole.
type list struct {
	field string
	kind  string // where the field is such a list only in this kind
	// merge is the key of a strategic merge patch, and apply those of server-side apply; empty where
	// it replaces the list whole.
	merge string
	apply []string
	// retains says that an entry which the manifest has loses the fields that the manifest leaves out.
	retains bool
}

// lists are the keyed lists of the kinds that plans change.
// Sources: the patchMergeKey and patchStrategy tags of k8s.io/api, and the
// listMapKey marks of its fields, which client-go's apply configurations carry.
var lists = []list{
	{field: "imagePullSecrets", kind: "ServiceAccount"},
	{field: "ports", kind: "NetworkPolicy"},
	{field: "imagePullSecrets", merge: "name", apply: []string{"name"}},
	{field: "secrets", kind: "ServiceAccount", merge: "name", apply: []string{"name"}},
	{field: "ownerReferences", merge: "uid", apply: []string{"uid"}},
	{field: "conditions", merge: "type", apply: []string{"type"}},
	{field: "containers", merge: "name", apply: []string{"name"}},
	{field: "initContainers", merge: "name", apply: []string{"name"}},
	{field: "ephemeralContainers", merge: "name", apply: []string{"name"}},
	{field: "env", merge: "name", apply: []string{"name"}},
	{field: "ports", merge: "containerPort", apply: []string{"containerPort", "protocol"}},
	{field: "volumeMounts", merge: "mountPath", apply: []string{"mountPath"}},
	{field: "volumeDevices", merge: "devicePath", apply: []string{"devicePath"}},
	{field: "claims", apply: []string{"name"}},
	{field: "volumes", merge: "name", apply: []string{"name"}, retains: true},
	{field: "resourceClaims", merge: "name", apply: []string{"name"}, retains: true},
	{field: "evictionResponders", merge: "name", apply: []string{"name"}},
	{field: "hostAliases", merge: "ip", apply: []string{"ip"}},
	{field: "schedulingGates", merge: "name", apply: []string{"name"}},
	{field: "topologySpreadConstraints", merge: "topologyKey", apply: []string{"topologyKey", "whenUnsatisfiable"}},
}

// absent are the defaults of keys that an entry may leave out.
var absent = map[string]any{"protocol": "TCP"}

// wholeMaps are maps and structures that server-side apply replaces whole.
// Source: the mapType and structType marks of k8s.io/api.
var wholeMaps = []string{
	"selector", "podSelector", "namespaceSelector", "labelSelector", "nodeSelector", "roleRef",
	"secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef", "fileKeyRef",
	"secretRef", "nodePublishSecretRef", "dataSource", "requiredDuringSchedulingIgnoredDuringExecution",
}

// joined are the lists of texts that both upgrades join with what is there.
var joined = []string{"finalizers"}

// keyed finds a field's row in the table; nil where it is no keyed list.
func keyed(kind, field string) *list {
	i := slices.IndexFunc(lists, func(l list) bool { return l.field == field && (l.kind == "" || l.kind == kind) })
	if i < 0 {
		return nil
	}
	return &lists[i]
}

// mergeKeys are the keys by which a strategic merge patch tells a list's entries apart.
func mergeKeys(kind, field string) []string {
	if l := keyed(kind, field); l != nil && l.merge != "" {
		return []string{l.merge}
	}
	return nil
}

// applyKeys are the keys by which server-side apply does.
func applyKeys(kind, field string) []string {
	if l := keyed(kind, field); l != nil {
		return l.apply
	}
	return nil
}

// keysOf are an entry's keys; nil where it lacks one.
func keysOf(entry any, keys []string) map[string]any {
	m, _ := entry.(map[string]any)
	out := map[string]any{}
	for _, key := range keys {
		value, found := m[key]
		if !found {
			value, found = absent[key]
		}
		if !found {
			return nil
		}
		out[key] = value
	}
	return out
}

// entryWith is the place of the entry that has some keys; -1 where none has.
func entryWith(entries []any, keys map[string]any) int {
	return slices.IndexFunc(entries, func(entry any) bool {
		m, ok := entry.(map[string]any)
		for key, want := range keys {
			value, found := m[key]
			if !found {
				value = absent[key]
			}
			ok = ok && equal(value, want)
		}
		return ok
	})
}
