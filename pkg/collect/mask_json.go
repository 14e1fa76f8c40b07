package collect

import (
	"bytes"
	"encoding/json"
	"strings"
)

// json masks a JSON object or list inside a text: keys and known harmless values stay.
func (m *masker) json(text string) (string, bool) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return "", false
	}
	value, err := parseJSON([]byte(trimmed), "", 1)
	if err != nil {
		return "", false
	}
	value = m.jsonValue("", value)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

func (m *masker) jsonValue(key string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for k, v := range value {
			name := k
			if !keyForm.MatchString(k) {
				name = m.hide(k)
			}
			out[name] = m.jsonValue(k, v)
		}
		return out
	case []any:
		for i, v := range value {
			value[i] = m.jsonValue(key, v)
		}
		return value
	case string:
		switch {
		case clearJSON[key]:
			return m.clearJSONText(value)
		case simple(key, value):
			return value
		}
		return m.text(value)
	}
	return m.number(key, value)
}

func (m *masker) clearJSONText(value string) string {
	if isPlainText(value) {
		return value
	}
	return m.text(value)
}
