package collect

import (
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// templatePaths are where each kind keeps its pod.
var templatePaths = map[snapshot.Kind][]string{
	snapshot.Deployment:  {"spec", "template"},
	snapshot.StatefulSet: {"spec", "template"},
	snapshot.DaemonSet:   {"spec", "template"},
	snapshot.Job:         {"spec", "template"},
	snapshot.CronJob:     {"spec", "jobTemplate", "spec", "template"},
	snapshot.Pod:         {},
}

// taskTemplates are the ConfigMap keys of the KubernetesExecutor's pod, in both charts.
var taskTemplates = []string{"pod_template_file.yaml", "pod_template.yaml"}

// podOf is the pod an object is or makes, as a map; nil where it makes none.
func podOf(o *snapshot.Object) map[string]any {
	if path, makes := templatePaths[snapshot.Kind(o.Kind)]; makes {
		pod, _ := o.At(path...).(map[string]any)
		return pod
	}
	if o.Kind != string(snapshot.ConfigMap) {
		return nil
	}
	for _, key := range taskTemplates {
		text, _ := o.At("data", key).(string)
		pod := map[string]any{}
		if text != "" && yaml.Unmarshal([]byte(text), &pod) == nil && pod["spec"] != nil {
			return pod
		}
	}
	return nil
}

// in walks maps by keys; nil where a step is missing.
func in(node any, keys ...string) any {
	for _, key := range keys {
		m, _ := node.(map[string]any)
		node = m[key]
	}
	return node
}

// texts are the text values of a map.
func texts(m map[string]any) map[string]string {
	out := make(map[string]string, len(m))
	for key, value := range m {
		if text, ok := value.(string); ok {
			out[key] = text
		}
	}
	return out
}

// ref is a field that names another object: its value is a map, or a list of maps, that holds the name.
type ref struct {
	field, name string
	kind        snapshot.Kind
}

var podRefs = []ref{
	{"secretKeyRef", "name", snapshot.Secret},
	{"secretRef", "name", snapshot.Secret},
	{"secret", "secretName", snapshot.Secret},
	{"secret", "name", snapshot.Secret}, // in a projected volume
	{"configMapKeyRef", "name", snapshot.ConfigMap},
	{"configMapRef", "name", snapshot.ConfigMap},
	{"configMap", "name", snapshot.ConfigMap},
	{"persistentVolumeClaim", "claimName", snapshot.VolumeClaim},
}

var routeRefs = []ref{
	{"service", "name", snapshot.Service},           // Ingress
	{"backendRefs", "name", snapshot.Service},       // HTTPRoute
	{"to", "name", snapshot.Service},                // Route
	{"alternateBackends", "name", snapshot.Service}, // Route
}

// named is a set of objects of one namespace, by kind and name.
type named map[snapshot.Kind]map[string]bool

func (n named) has(kind snapshot.Kind, name string) bool { return n[kind][name] }

func (n named) put(kind snapshot.Kind, name string) {
	if name == "" {
		return
	}
	if n[kind] == nil {
		n[kind] = map[string]bool{}
	}
	n[kind][name] = true
}

// putRefs adds everything that a node refers to.
func (n named) putRefs(node any, refs []ref) {
	switch at := node.(type) {
	case map[string]any:
		for _, r := range refs {
			n.putRef(at[r.field], r)
		}
		for _, value := range at {
			n.putRefs(value, refs)
		}
	case []any:
		for _, value := range at {
			n.putRefs(value, refs)
		}
	}
}

func (n named) putRef(target any, r ref) {
	if list, ok := target.([]any); ok {
		for _, entry := range list {
			n.putRef(entry, r)
		}
		return
	}
	name, _ := in(target, r.name).(string)
	n.put(r.kind, name)
}

// selects says whether a Service's selector picks pods with these labels.
func selects(selector, labels map[string]any) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}
