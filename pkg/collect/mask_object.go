package collect

import (
	"encoding/base64"
	"strings"
)

// object masks one Kubernetes object in place, by its kind. Texts stay only in
// fields that are known to be harmless; of unknown kinds only the metadata stays.
func (m *masker) object(content map[string]any) {
	kind, _ := content["kind"].(string)
	version, _ := content["apiVersion"].(string)
	group, _, found := strings.Cut(version, "/")
	if !found {
		group = ""
	}
	if meta, found := content["metadata"]; found {
		content["metadata"] = m.metadata(meta)
	}
	switch what := group + "/" + kind; {
	case what == "/Secret":
		m.secret(content)
	case what == "/ConfigMap":
		m.configMap(content)
	case what == "networking.k8s.io/NetworkPolicy", what == "extensions/NetworkPolicy", strings.HasPrefix(group, "rbac."):
		keepOnly(content, "spec", "rules", "roleRef", "subjects", "aggregationRule")
		for _, key := range []string{"spec", "rules", "roleRef", "subjects", "aggregationRule"} {
			content[key] = m.tree(content[key])
			if content[key] == nil {
				delete(content, key)
			}
		}
	case clearKinds[what]:
		m.fields(content)
	case what == "storage.k8s.io/StorageClass":
		m.storageClass(content)
	case syncKinds[what]:
		m.synced(content)
	case reportKinds[what] != nil:
		reportKinds[what](content)
	default:
		keepOnly(content)
	}
}

// keepOnly drops all top-level fields but the given ones and what every object has.
func keepOnly(content map[string]any, keys ...string) {
	for key := range content {
		switch key {
		case "apiVersion", "kind", "metadata":
			continue
		}
		if !contains(keys, key) {
			delete(content, key)
		}
	}
}

func contains(list []string, word string) bool {
	for _, each := range list {
		if each == word {
			return true
		}
	}
	return false
}

// clearMetadata are the fields of an object's metadata that stay.
var clearMetadata = []string{
	"name", "generateName", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation",
	"labels", "annotations", "ownerReferences", "finalizers", "deletionGracePeriodSeconds",
}

func (m *masker) metadata(node any) any {
	meta, ok := node.(map[string]any)
	if !ok {
		return m.all(node)
	}
	for key, value := range meta {
		switch {
		case !contains(clearMetadata, key):
			delete(meta, key)
		case key == "labels":
			meta[key] = m.words(value)
		case key == "annotations":
			meta[key] = m.annotations(value)
		case key == "ownerReferences", key == "finalizers":
			meta[key] = m.tree(value)
		default:
			meta[key] = m.single(value)
		}
	}
	return meta
}

// single keeps what may be shown where one text, number or bool belongs; a list or map there is masked whole.
func (m *masker) single(node any) any {
	switch node.(type) {
	case map[string]any, []any:
		return m.all(node)
	}
	return m.plain(node)
}

// fields masks the fields of a known kind, the metadata apart.
func (m *masker) fields(content map[string]any) {
	for key, value := range content {
		switch key {
		case "apiVersion", "kind", "metadata":
		case "status":
			content[key] = m.status(value)
		default:
			content[key] = m.field(key, value)
		}
	}
}

// field masks what stands under one key of a known kind.
func (m *masker) field(key string, value any) any {
	switch {
	case value == nil:
		return nil
	case darkTrees[key]:
		return m.all(value)
	case clearTrees[key]:
		return m.tree(value)
	case clearMaps[key]:
		return m.words(value)
	}
	if masked, special := m.podField(key, value); special {
		return masked
	}
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = m.field(k, v)
		}
	case []any:
		for i, v := range value {
			value[i] = m.field(key, v)
		}
	case string:
		if clearKeys[key] {
			return m.plain(value)
		}
		return m.text(value)
	}
	return value
}

// status keeps numbers, bools and known words of what the cluster says of an object, and drops the rest.
func (m *masker) status(node any) any {
	switch value := node.(type) {
	case map[string]any:
		for k, v := range value {
			_, text := v.(string)
			if k == "conditions" || text && !clearKeys[k] {
				delete(value, k)
				continue
			}
			value[k] = m.status(v)
		}
	case []any:
		for i, v := range value {
			value[i] = m.status(v)
		}
	case string:
		return m.plain(value)
	}
	return node
}

// tree keeps the plain texts below a node.
func (m *masker) tree(node any) any {
	switch value := node.(type) {
	case map[string]any:
		for k, v := range value {
			if darkTrees[k] {
				value[k] = m.all(v)
			} else {
				value[k] = m.tree(v)
			}
		}
	case []any:
		for i, v := range value {
			value[i] = m.tree(v)
		}
	case string:
		return m.plain(value)
	}
	return node
}

// words keeps the values of labels, selectors and quantities that look like what such values may be.
func (m *masker) words(node any) any {
	switch value := node.(type) {
	case map[string]any:
		for k, v := range value {
			if text, ok := v.(string); ok && !isWord(text) {
				value[k] = m.token(text)
			} else if !ok {
				value[k] = m.field(k, v)
			}
		}
		return value
	}
	return m.tree(node)
}

// isWord says that a text has the form of a label's value, which no credential with other characters has.
func isWord(text string) bool {
	if len(text) > 63 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !isLetterOrDigit(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return !holdsCredential(text)
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// secret masks a Secret: data and stringData become one data of masked texts.
func (m *masker) secret(content map[string]any) {
	out := map[string]any{}
	if data, ok := content["data"].(map[string]any); ok {
		for key, value := range data {
			text, isText := value.(string)
			plain, err := base64.StdEncoding.DecodeString(text)
			if err == nil && isText {
				text = string(plain)
			}
			out[key] = m.secretValue(key, text)
		}
	}
	if data, ok := content["stringData"].(map[string]any); ok {
		for key, value := range data {
			if text, ok := value.(string); ok {
				out[key] = m.secretValue(key, text)
			} else {
				out[key] = m.all(value)
			}
		}
	}
	keepOnly(content, "type", "immutable")
	content["data"] = out
	if kind, ok := content["type"].(string); ok {
		content["type"] = m.plain(kind)
	}
}

// configMap masks the texts of a ConfigMap, each by what its key says it is.
func (m *masker) configMap(content map[string]any) {
	keepOnly(content, "data", "binaryData", "immutable")
	if data, ok := content["data"].(map[string]any); ok {
		for key, value := range data {
			if text, ok := value.(string); ok {
				data[key] = m.configValue(key, text)
			} else {
				data[key] = m.all(value)
			}
		}
	} else if content["data"] != nil {
		content["data"] = m.all(content["data"])
	}
	if content["binaryData"] != nil {
		content["binaryData"] = m.all(content["binaryData"])
	}
}

// all masks every text and number below a node whole.
func (m *masker) all(node any) any {
	switch value := node.(type) {
	case map[string]any:
		for k, v := range value {
			value[k] = m.all(v)
		}
	case []any:
		for i, v := range value {
			value[i] = m.all(v)
		}
	case string:
		return m.hide(value)
	case int64, float64:
		return m.token(numberText(value))
	}
	return node
}
