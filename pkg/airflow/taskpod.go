package airflow

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TaskPodState says how well the pods that a Kubernetes executor makes are known.
type TaskPodState struct {
	// Needed says that an executor makes a pod for each task.
	Needed bool
	// Found says that the template the scheduler uses stands among the workloads.
	Found bool
	// Reason says why it does not, where it is needed or where the executor is not known.
	Reason string
	// Ref is the ConfigMap that holds the template or should; empty where none is known.
	Ref snapshot.Ref
	// Path is the JSON pointer of the template in Ref.
	Path string
}

// taskPodKeys are the ConfigMap keys under which the charts keep the pod
// template: the official one first, then the community one.
var taskPodKeys = []string{"pod_template_file.yaml", "pod_template.yaml"}

// addTaskPods appends the pods that do not exist yet, where an executor makes
// them or may, and leaves out live task pods that are no different.
func (m *Model) addTaskPods() {
	state := &m.TaskPods
	state.Needed = m.Launches()
	if !state.Needed && len(m.Executors) > 0 {
		return
	}
	templates := m.templatesInUse()
	if len(templates) == 0 {
		templates = m.templatesByKey()
	}
	shapes := map[string]bool{}
	for _, t := range templates {
		state.Ref, state.Path = t.ref, t.path
		w, why := m.taskPod(t)
		if w == nil {
			state.Reason = why
			continue
		}
		state.Found, shapes[w.shape()] = true, true
		m.Workloads = append(m.Workloads, w)
	}
	switch {
	case state.Found:
		state.Reason = ""
	case len(m.Executors) == 0:
		state.Reason = "which executor Airflow uses is not known"
	case state.Reason == "":
		state.Reason = m.whyNoTemplate()
	}
	m.Workloads = slices.DeleteFunc(m.Workloads, func(w *Workload) bool {
		return w.Component == TaskPod && !w.Future && w.Owner == nil && shapes[w.shape()]
	})
}

func (m *Model) whyNoTemplate() string {
	if reason := m.index.unread(snapshot.ConfigMap); reason != "" {
		return reason
	}
	for _, s := range m.podTemplateFile() {
		switch {
		case s.Component == Scheduler && !s.Known:
			return "which pod template the scheduler uses is not known: " + s.Reason
		case s.Component == Scheduler && s.Value != "":
			return "the scheduler takes its pod template from " + snapshot.Redact(s.Value) + ", which no ConfigMap of the release provides"
		}
	}
	return "no ConfigMap of the release holds a pod template"
}

// podTemplateFile is the path of the template; Airflow 2.5 moved the option to another section.
func (m *Model) podTemplateFile() []Setting {
	return append(m.Settings("kubernetes_executor", "pod_template_file"), m.Settings("kubernetes", "pod_template_file")...)
}

// templatesInUse follows the scheduler's option into the ConfigMap mounted at that path.
func (m *Model) templatesInUse() []*mountedFile {
	var out []*mountedFile
	for _, s := range m.podTemplateFile() {
		if s.Component != Scheduler || !s.Clear() || s.Value == "" {
			continue
		}
		found := m.mounted(s.Workload, m.config[s.Workload].container, path.Clean(s.Value))
		if found == nil || slices.ContainsFunc(out, func(f *mountedFile) bool { return f.ref == found.ref && f.key == found.key }) {
			continue
		}
		out = append(out, found)
	}
	return out
}

// templatesByKey is for when the option is not known: both charts always use the same keys.
func (m *Model) templatesByKey() []*mountedFile {
	var out []*mountedFile
	for _, o := range m.Snapshot.OfKind(snapshot.ConfigMap) {
		for _, key := range taskPodKeys {
			text, _ := o.At("data", key).(string)
			if strings.TrimSpace(text) == "" {
				continue
			}
			f := &mountedFile{ref: o.Ref, object: o, key: key, path: "/data/" + escape(key), text: text}
			if _, masked := snapshot.ParseMasked(text); masked {
				f.unread = fmt.Sprintf("the text of ConfigMap %s is masked as a whole", o.Name)
			}
			out = append(out, f)
		}
	}
	return out
}

// taskPod reads a template; why says what keeps it from being one.
func (m *Model) taskPod(f *mountedFile) (w *Workload, why string) {
	if f.unread != "" {
		return nil, f.unread
	}
	pod := map[string]any{}
	w = &Workload{
		Component: TaskPod, Ref: f.object.Ref, Object: f.object, Origin: f.object.Origin,
		Future: true, PodPath: f.path + "#",
	}
	if yaml.Unmarshal([]byte(f.text), &pod) != nil || !w.decode(pod) || len(w.Spec.Containers) == 0 {
		return nil, fmt.Sprintf("the text under %s in ConfigMap %s is not a pod", f.key, f.ref.Name)
	}
	if w.Meta.Namespace == "" {
		w.Meta.Namespace = m.taskNamespace(w.Ref.Namespace)
	}
	m.readConfig(w)
	return w, ""
}

// taskNamespace is where the executor makes its pods, as far as it is told; else the release's namespace.
func (m *Model) taskNamespace(release string) string {
	for _, s := range append(m.Settings("kubernetes_executor", "namespace"), m.Settings("kubernetes", "namespace")...) {
		if s.Component == Scheduler && s.Clear() && !s.Default && s.Value != "" {
			return s.Value
		}
	}
	return release
}
