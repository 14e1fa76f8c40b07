package airflow

import (
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// mountedFile is a file that a container finds in its file system, as far as
// it comes from a ConfigMap or a Secret.
type mountedFile struct {
	ref    snapshot.Ref
	object *snapshot.Object
	key    string
	path   string // JSON pointer of the text in ref
	text   string
	unread string // why text is not known
}

// mounted finds the file that a container sees at an absolute path; nil where
// no volume is mounted there, so that the image's own file counts.
func (m *Model) mounted(w *Workload, c Container, file string) *mountedFile {
	for i := range c.VolumeMounts {
		mount := &c.VolumeMounts[i]
		name := ""
		switch {
		case path.Clean(mount.MountPath) == file && mount.SubPath != "":
			name = mount.SubPath
		case path.Clean(mount.MountPath) == path.Dir(file) && mount.SubPath == "":
			name = path.Base(file)
		default:
			continue
		}
		if found := m.volumeFile(w, mount.Name, name, mount.SubPath != ""); found != nil {
			return found
		}
	}
	return nil
}

// mountedAs finds the first file mounted under a base name, in whatever folder.
func (m *Model) mountedAs(w *Workload, c Container, base string) *mountedFile {
	for i := range c.VolumeMounts {
		mount := &c.VolumeMounts[i]
		if mount.SubPath == "" || path.Base(mount.MountPath) != base {
			continue
		}
		if found := m.volumeFile(w, mount.Name, mount.SubPath, true); found != nil {
			return found
		}
	}
	return nil
}

// volumeFile is the file of a name in a volume. certain says that the file
// must come from there; else a volume that does not hold it is passed over.
func (m *Model) volumeFile(w *Workload, volume, name string, certain bool) *mountedFile {
	for i := range w.Spec.Volumes {
		v := &w.Spec.Volumes[i]
		if v.Name != volume {
			continue
		}
		for _, src := range volumeSources(v) {
			if found := m.sourceFile(w, src, name, certain); found != nil {
				return found
			}
		}
		if certain {
			return &mountedFile{ref: w.Ref, path: w.SpecPath() + "/volumes", unread: fmt.Sprintf("volume %s cannot be looked into", volume)}
		}
	}
	return nil
}

type volumeSource struct {
	source
	items []corev1.KeyToPath
}

func volumeSources(v *corev1.Volume) []volumeSource {
	var out []volumeSource
	if v.ConfigMap != nil {
		out = append(out, volumeSource{source{snapshot.ConfigMap, v.ConfigMap.Name, isTrue(v.ConfigMap.Optional)}, v.ConfigMap.Items})
	}
	if v.Secret != nil {
		out = append(out, volumeSource{source{snapshot.Secret, v.Secret.SecretName, isTrue(v.Secret.Optional)}, v.Secret.Items})
	}
	if v.Projected != nil {
		for _, p := range v.Projected.Sources {
			if p.ConfigMap != nil {
				out = append(out, volumeSource{source{snapshot.ConfigMap, p.ConfigMap.Name, isTrue(p.ConfigMap.Optional)}, p.ConfigMap.Items})
			}
			if p.Secret != nil {
				out = append(out, volumeSource{source{snapshot.Secret, p.Secret.Name, isTrue(p.Secret.Optional)}, p.Secret.Items})
			}
		}
	}
	return out
}

func (m *Model) sourceFile(w *Workload, src volumeSource, name string, certain bool) *mountedFile {
	key := name
	if len(src.items) > 0 {
		key = ""
		for _, item := range src.items {
			if item.Path == name {
				key = item.Key
			}
		}
		if key == "" {
			return nil
		}
		certain = true
	}
	found := &mountedFile{ref: src.ref(w.Namespace()), key: key, path: "/data/" + escape(key)}
	found.object = m.index.find(src.kind, w.Namespace(), src.name)
	if found.object == nil {
		if found.unread = m.missing(src.source, w.Namespace()); found.unread == "" {
			return nil
		}
		return found
	}
	text, isText := found.object.At("data", key).(string)
	_, masked := snapshot.ParseMasked(text)
	switch {
	case !isText && !certain:
		return nil
	case !isText:
		found.unread = fmt.Sprintf("%s %s has no text under the key %s", src.kind, src.name, key)
	case masked:
		found.unread = fmt.Sprintf("the text of %s %s is masked as a whole", src.kind, src.name)
	}
	found.text = text
	return found
}
