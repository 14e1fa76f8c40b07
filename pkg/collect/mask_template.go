package collect

import "strings"

// isPodTemplate says that a ConfigMap's key holds the KubernetesExecutor's task pod.
func isPodTemplate(name string) bool {
	return strings.HasPrefix(name, "pod_template") && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

// podTemplate masks a pod written inside a text and writes it back as YAML.
// What is no pod becomes one token.
func (m *masker) podTemplate(text string) string {
	value, _, err := parseAsHelm([]byte(text), "", 1)
	pod, ok := value.(map[string]any)
	if err != nil || !ok {
		return m.token(text)
	}
	if _, hasSpec := pod["spec"].(map[string]any); !hasSpec {
		return m.token(text)
	}
	pod["kind"], pod["apiVersion"] = "Pod", "v1"
	m.object(pod)
	out, err := writeYAML(pod)
	if err != nil {
		return m.token(text)
	}
	return string(out)
}
