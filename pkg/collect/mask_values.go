package collect

import (
	"maps"
	"slices"
	"strings"
)

// values are a user's Helm values: the structure and what is known to be
// harmless stay, all other texts are masked.
func (m *masker) values(v map[string]any) map[string]any {
	if v == nil {
		return nil
	}
	masked, _ := m.value("", "", v).(map[string]any)
	return masked
}

// value masks what stands under key, itself under parent.
func (m *masker) value(parent, key string, node any) any {
	switch node := node.(type) {
	case map[string]any:
		return m.valueMap(parent, key, node)
	case []any:
		return m.valueList(key, node)
	case string:
		if masked, ok := m.written(parent, key, node); ok {
			return masked
		}
		return m.valueText(key, node)
	case bool, nil:
		return node
	}
	if smells(key) && !clearValues[key] {
		return m.token(numberText(node))
	}
	if f, ok := node.(float64); ok {
		return wholeNumber(f)
	}
	return node
}

func (m *masker) valueMap(parent, key string, node map[string]any) any {
	out := make(map[string]any, len(node))
	name, isNamed := node["name"].(string)
	section := ""
	if parent == "config" {
		section = strings.ToLower(key)
	}
	for _, k := range slices.Sorted(maps.Keys(node)) {
		v := node[k]
		text, isText := v.(string)
		switch {
		case key == "extraSecrets", key == "extraConfigMaps":
			out[k] = m.extraObject(key, v)
		case darkValues[key]:
			out[k] = m.darkValue(k, v)
		case isText && section != "":
			out[k] = m.option(section, k, text)
		case isText && (key == "csi" && k == "driver" || key == "volumeAttributes" && k == "secretProviderClass"):
			out[k] = m.wordValue(text)
		case isText && k == "value" && isNamed:
			out[k] = m.envValue(name, text)
		case isText && isEnvName(k) && len(k) > 1:
			out[k] = m.envValue(k, text)
		case strings.HasSuffix(strings.ToLower(key), "annotations") && isText:
			out[k] = m.annotationValue(k, text)
		case isText && valueWords(key):
			out[k] = m.wordValue(text)
		case clearTrees[key] || key == "securityContexts" || strings.HasSuffix(key, "Ref"):
			out[k] = m.treeValue(k, v)
		default:
			out[k] = m.value(key, k, v)
		}
	}
	return out
}

func valueWords(key string) bool {
	return clearMaps[key] || strings.HasSuffix(key, "Labels") || strings.HasSuffix(key, "Selector")
}

func (m *masker) annotationValue(key, text string) any {
	if clearAnnotation(key) {
		return m.plain(text)
	}
	return m.hide(text)
}

func (m *masker) wordValue(text string) string {
	if isWord(text) {
		return text
	}
	return m.token(text)
}

func (m *masker) valueList(key string, list []any) any {
	if key == "args" || key == "command" {
		return m.command(slices.Clone(list))
	}
	out := make([]any, len(list))
	for i, entry := range list {
		switch text, isText := entry.(string); {
		case key == "variables":
			out[i] = m.variable(entry)
		case darkValues[key]:
			out[i] = m.darkValue(key, entry)
		case key == "extraManifests" && m.manifest(entry) != nil:
			out[i] = m.manifest(entry)
		case isText && clearTrees[key]:
			out[i] = m.plain(text)
		default:
			out[i] = m.value("", key, entry)
		}
	}
	return out
}

// treeValue keeps plain texts, as tree does, in a copy.
func (m *masker) treeValue(key string, node any) any {
	switch node := node.(type) {
	case map[string]any:
		out := make(map[string]any, len(node))
		for k, v := range node {
			out[k] = m.treeValue(k, v)
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = m.treeValue(key, v)
		}
		return out
	case string:
		if darkTrees[key] {
			return m.hide(node)
		}
		return m.plain(node)
	}
	return node
}

// darkValue masks all texts and numbers, apart from what names and sorts an entry.
func (m *masker) darkValue(key string, node any) any {
	switch node := node.(type) {
	case map[string]any:
		out := make(map[string]any, len(node))
		for k, v := range node {
			if text, isText := v.(string); isText && key == "variables" && k == "key" { // the variable's name
				out[k] = m.wordValue(text)
				continue
			}
			out[k] = m.darkValue(k, v)
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = m.darkValue(key, v)
		}
		return out
	case string:
		if key == "id" && isWord(node) || key == "role" && roles[node] || (key == "kind" || key == "conn_type" || key == "type") && isWord(node) {
			return node
		}
		if masked, ok := m.json(node); ok {
			return masked
		}
		return m.text(node)
	case bool, nil:
		return node
	}
	return m.token(numberText(node))
}

// variable masks one of Airflow's variables. Its key is a name.
func (m *masker) variable(node any) any {
	masked := m.darkValue("variables", node)
	if entry, ok := node.(map[string]any); ok {
		if key, ok := entry["key"].(string); ok && isWord(key) {
			masked.(map[string]any)["key"] = key
		}
	}
	return masked
}

// extraObject masks a Secret or ConfigMap that the official chart makes of values, as map or as text.
func (m *masker) extraObject(kind string, node any) any {
	object, ok := node.(map[string]any)
	if !ok {
		return m.darkValue(kind, node)
	}
	out := make(map[string]any, len(object))
	for k, v := range object {
		switch v := v.(type) {
		case string:
			masked, ok := m.written(kind, k, v)
			if out[k] = masked; !ok {
				out[k] = m.darkValue(k, v)
			}
		case map[string]any:
			switch {
			case kind == "extraSecrets" && k == "data":
				out[k] = m.entries(v, m.encodedValue)
			case kind == "extraSecrets" && k == "stringData":
				out[k] = m.entries(v, m.secretValue)
			case k == "data":
				out[k] = m.entries(v, m.configValue)
			default:
				out[k] = m.darkValue(k, v)
			}
		default:
			out[k] = m.darkValue(k, v)
		}
	}
	return out
}

func (m *masker) valueText(key, text string) any {
	switch {
	case text == "" || isReference(text):
		return text
	case isPairs(key):
		return m.pairs(text)
	case key == "args" || key == "command":
		return m.script(text)
	case clearValues[key], clearKeys[key] && !unclearValues[key]:
		return m.clear(text)
	case key == "host" && isHost(text), simple(key, text):
		return text
	}
	return m.text(text)
}

// clearValues are keys of both charts' values whose texts may be shown. Source: both charts' values.yaml.
var clearValues = set(
	"airflowVersion", "defaultAirflowTag", "defaultAirflowRepository", "defaultAirflowDigest", "executor", "tag", "repository",
	"registry", "digest", "pullPolicy", "existingClaim", "storageClass", "accessMode", "size", "ingressClassName", "fullnameOverride",
	"nameOverride", "protocol", "sslmode", "authType", "auth_type", "pool_mode", "level", "namespace", "dagsPath", "dbHost",
	"existingSecret", "existingSecretKey", "existingSecretPasswordKey", "userSecret", "userSecretKey", "passwordSecret",
	"passwordSecretKey", "basicAuthSecret", "basicAuthSecretKey", "sshSecret", "sshSecretKey", "httpSecret", "httpSecretUsernameKey",
	"httpSecretPasswordKey", "pullSecret", "sshKeySecret", "credentialsSecret", "secretName", "metadataSecretName",
	"resultBackendSecretName", "brokerUrlSecretName", "fernetKeySecretName", "webserverSecretKeySecretName", "apiSecretKeySecretName",
	"jwtSecretName", "passwordSecretName", "configSecretName", "statsSecretName", "statsSecretKey", "envName",
	"webserverConfigConfigMapName", "apiServerConfigConfigMapName", "externalTrafficPolicy", "branch", "rev", "ref", "subPath", "repoSubPath",
	"existingVolumeClaim", "schedule", "workers", "workerClass", "mode", "properties", "logLevel", "gcPolicy", "claimTemplate",
)

// unclearValues are keys that name harmless fields of objects, but hold anything in values.
var unclearValues = set("key", "server", "host", "path", "prefix", "service", "resource", "subPath", "externalName", "driver")

// darkValues are the keys below which values hold connections, variables, users and key material.
var darkValues = set(
	"connections", "variables", "users", "connectionsTemplates", "variablesTemplates", "usersTemplates", "extraSecrets", "extraConfigMaps",
	"ssl", "defaultUser", "ldap",
)
