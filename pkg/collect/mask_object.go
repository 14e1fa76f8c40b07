package collect

import "encoding/base64"

// object masks one Kubernetes object in place, by its kind.
func (m *masker) object(content map[string]any) {
	if meta, ok := content["metadata"].(map[string]any); ok {
		delete(meta, "managedFields")
		if annotations, ok := meta["annotations"].(map[string]any); ok {
			delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
	switch content["kind"] {
	case "Secret":
		m.secret(content)
	case "ConfigMap":
		content["data"] = m.all(content["data"])
		delete(content, "binaryData")
	}
	m.pods(content)
}

// secret leaves data alone, with stringData folded in.
func (m *masker) secret(content map[string]any) {
	out := map[string]any{}
	data, _ := content["data"].(map[string]any)
	for key, value := range data {
		text, _ := value.(string)
		if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
			text = string(plain)
		}
		out[key] = m.token(text)
	}
	plain, _ := content["stringData"].(map[string]any)
	for key, value := range plain {
		text, _ := value.(string)
		out[key] = m.token(text)
	}
	delete(content, "stringData")
	content["data"] = out
}

// pods masks env, args and commands wherever they stand.
func (m *masker) pods(node any) {
	switch at := node.(type) {
	case map[string]any:
		for key, value := range at {
			switch key {
			case "args", "command":
				at[key] = m.all(value)
			case "env":
				m.env(value)
			default:
				m.pods(value)
			}
		}
	case []any:
		for _, entry := range at {
			m.pods(entry)
		}
	}
}

func (m *masker) env(node any) {
	list, _ := node.([]any)
	for _, entry := range list {
		if e, ok := entry.(map[string]any); ok {
			if text, ok := e["value"].(string); ok {
				e["value"] = m.token(text)
			}
		}
	}
}

// all masks every text below a node.
func (m *masker) all(node any) any {
	switch at := node.(type) {
	case map[string]any:
		for key, value := range at {
			at[key] = m.all(value)
		}
	case []any:
		for i, value := range at {
			at[i] = m.all(value)
		}
	case string:
		return m.token(at)
	}
	return node
}

// values are a user's Helm values with every text masked; the structure stays.
func (m *masker) values(v map[string]any) map[string]any {
	masked, _ := m.all(v).(map[string]any)
	return masked
}
