package collect

import "strings"

// storageClass keeps who makes the volumes and which of the parameters are switches:
// the others may name keys, accounts and Secrets.
func (m *masker) storageClass(content map[string]any) {
	keepOnly(content, "provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
	for _, key := range []string{"provisioner", "reclaimPolicy", "volumeBindingMode"} {
		if content[key] != nil {
			content[key] = m.plain(content[key])
		}
	}
	parameters, ok := content["parameters"].(map[string]any)
	if !ok {
		delete(content, "parameters")
		return
	}
	for key, value := range parameters {
		switch text, _ := value.(string); strings.ToLower(text) {
		case "true", "false":
		default:
			parameters[key] = m.all(value)
		}
	}
}
