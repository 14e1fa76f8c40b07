package collect

import "strings"

// podField masks the fields of known kinds that are masked in their own way.
func (m *masker) podField(key string, value any) (any, bool) {
	switch key {
	case "env":
		return m.env(value), true
	case "args", "command":
		return m.command(value), true
	case "httpHeaders":
		return m.headers(value), true
	case "volumeAttributes":
		return m.volumeAttributes(value), true
	case "tls":
		return m.tls(value), true
	case "annotations":
		return m.annotations(value), true
	case "metadata":
		return m.metadata(value), true
	}
	return nil, false
}

// env masks a container's environment: names and references stay, values by name.
func (m *masker) env(node any) any {
	list, ok := node.([]any)
	if !ok {
		return m.all(node)
	}
	for i, entry := range list {
		e, ok := entry.(map[string]any)
		if !ok {
			list[i] = m.all(entry)
			continue
		}
		name, _ := e["name"].(string)
		for key, value := range e {
			switch {
			case key == "name":
				e[key] = m.nameOf(value)
			case key == "value":
				e[key] = m.envEntry(name, value)
			default:
				e[key] = m.field(key, value)
			}
		}
	}
	return list
}

func (m *masker) envEntry(name string, value any) any {
	if text, ok := value.(string); ok {
		return m.envValue(name, text)
	}
	return m.number(name, value)
}

// number keeps a number unless its name smells of a credential; other things that are no text are masked below.
func (m *masker) number(name string, value any) any {
	switch value.(type) {
	case nil, bool:
		return value
	case int64, float64:
		if text := numberText(value); smells(name) {
			return m.token(text)
		}
		return value
	}
	return m.all(value)
}

// headers masks the HTTP headers of a probe; the Host header names a host.
func (m *masker) headers(node any) any {
	list, ok := node.([]any)
	if !ok {
		return m.all(node)
	}
	for i, entry := range list {
		h, ok := entry.(map[string]any)
		name, _ := h["name"].(string)
		for key, value := range h {
			text, isText := value.(string)
			switch {
			case key == "name", isText && key == "value" && strings.EqualFold(name, "Host") && isHost(text):
			default:
				h[key] = m.all(value)
			}
		}
		if !ok {
			list[i] = m.all(entry)
		}
	}
	return list
}

// volumeAttributes keeps which SecretProviderClass a CSI volume shows.
func (m *masker) volumeAttributes(node any) any {
	attributes, ok := node.(map[string]any)
	if !ok {
		return m.all(node)
	}
	for key, value := range attributes {
		if key == "secretProviderClass" {
			attributes[key] = m.plain(value)
		} else {
			attributes[key] = m.all(value)
		}
	}
	return attributes
}

// tls masks what an OpenShift Route carries inline; Ingress and Gateway only name Secrets there.
func (m *masker) tls(node any) any {
	if route, ok := node.(map[string]any); ok {
		if key, found := route["key"]; found {
			route["key"] = m.all(key)
		}
		for key, value := range route {
			if key != "key" {
				route[key] = m.field(key, value)
			}
		}
		return route
	}
	if list, ok := node.([]any); ok {
		for i, entry := range list {
			list[i] = m.field("", entry)
		}
		return list
	}
	return m.all(node)
}
