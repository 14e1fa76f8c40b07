package plan

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// podPaths are where each kind that a plan patches keeps its pod's spec.
var podPaths = map[string]string{
	"Deployment":  "/spec/template/spec",
	"StatefulSet": "/spec/template/spec",
	"DaemonSet":   "/spec/template/spec",
	"CronJob":     "/spec/jobTemplate/spec/template/spec",
}

const automountField = "/automountServiceAccountToken"

// pod is what decides whether a pod's containers can start and work.
type pod struct {
	containers  map[string]container
	automountAt string
	account     *forecast // its service account, where the plan changes that too
}

// container is one of a pod's, its settings and the pod's taken together.
type container struct {
	uid                   any
	uidOf                 string // "the pod" or "container redis"
	nonRoot               any
	nonRootAt, readOnlyAt string          // the fields that say so; empty where none does
	writable              map[string]bool // the paths of its writable mounts
	token                 bool            // it has a token for the API server
}

// rootInstead says why a container that must not run as root would; empty where it would not.
func (c container) rootInstead(name string) string {
	if c.nonRoot != true || !equal(c.uid, int64(0)) {
		return ""
	}
	return fmt.Sprintf("runAsUser: 0 of %s is put back beside it, and container %s cannot start", c.uidOf, name)
}

// podIn reads the pod of one state of an object; nil where the kind makes none.
func podIn(f *forecast, content map[string]any, all []*forecast, s *snapshot.Snapshot, state func(*forecast) map[string]any) *pod {
	base, makes := podPaths[f.kind]
	spec, _ := change.Lookup(content, base)
	at, _ := spec.(map[string]any)
	if !makes || at == nil {
		return nil
	}
	p := &pod{containers: map[string]container{}, automountAt: base + automountField}
	automount := p.automount(at, f, all, s, state)
	volumes := volumesOf(at, content)
	for _, field := range []string{"initContainers", "containers"} {
		for _, entry := range entries(at[field]) {
			name, _ := entry["name"].(string)
			c := readContainer(at, entry, base, base+"/"+field+"/name="+change.Escape(name))
			c.mounts(entry, volumes)
			c.token = c.token || automount
			p.containers[name] = c
		}
	}
	return p
}

// automount says whether the pod gets its account's token by itself.
func (p *pod) automount(spec map[string]any, f *forecast, all []*forecast, s *snapshot.Snapshot, state func(*forecast) map[string]any) bool {
	if own, said := spec["automountServiceAccountToken"].(bool); said {
		return own
	}
	name, _ := spec["serviceAccountName"].(string)
	if name == "" {
		name = "default"
	}
	namespace := f.steps[0].Target.Namespace
	var account map[string]any
	i := slices.IndexFunc(all, func(f *forecast) bool {
		t := f.steps[0].Target
		return t.Kind == "ServiceAccount" && t.Namespace == namespace && t.Name == name
	})
	if i >= 0 {
		p.account, account = all[i], state(all[i])
	} else if o := s.Find(snapshot.ServiceAccount, namespace, name); o != nil {
		account = o.Content
	}
	own, said := account["automountServiceAccountToken"].(bool)
	return own || !said
}

func readContainer(spec, entry map[string]any, base, path string) container {
	const context = "/securityContext"
	ofPod, _ := spec["securityContext"].(map[string]any)
	own, _ := entry["securityContext"].(map[string]any)
	c := container{uid: ofPod["runAsUser"], uidOf: "the pod", nonRoot: ofPod["runAsNonRoot"], nonRootAt: base + context + "/runAsNonRoot", writable: map[string]bool{}}
	if own["runAsUser"] != nil {
		c.uid, c.uidOf = own["runAsUser"], fmt.Sprintf("container %v", entry["name"])
	}
	if own["runAsNonRoot"] != nil {
		c.nonRoot, c.nonRootAt = own["runAsNonRoot"], path+context+"/runAsNonRoot"
	}
	if own["readOnlyRootFilesystem"] == true {
		c.readOnlyAt = path + context + "/readOnlyRootFilesystem"
	}
	return c
}

// readOnlyVolumes are the kinds of volumes that no container can write to.
// Source: https://kubernetes.io/docs/concepts/storage/volumes/
var readOnlyVolumes = []string{"configMap", "secret", "projected", "downwardAPI", "image"}

// mounts notes where the container can write, and whether a token is mounted.
func (c *container) mounts(entry map[string]any, volumes map[string]map[string]any) {
	for _, mount := range entries(entry["volumeMounts"]) {
		name, _ := mount["name"].(string)
		path, _ := mount["mountPath"].(string)
		volume, found := volumes[name]
		if !found {
			continue
		}
		readOnly := mount["readOnly"] == true || slices.ContainsFunc(readOnlyVolumes, func(kind string) bool { return volume[kind] != nil })
		if !readOnly {
			c.writable[path] = true
		}
		projected, _ := volume["projected"].(map[string]any)
		for _, source := range entries(projected["sources"]) {
			c.token = c.token || source["serviceAccountToken"] != nil
		}
	}
}

// volumesOf are a pod's volumes by name, the claims of a StatefulSet among them.
func volumesOf(spec, object map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for _, volume := range entries(spec["volumes"]) {
		name, _ := volume["name"].(string)
		out[name] = volume
	}
	claims, _ := change.Lookup(object, "/spec/volumeClaimTemplates")
	for _, claim := range entries(claims) {
		if name, ok := change.Lookup(claim, "/metadata/name"); ok {
			text, _ := name.(string)
			out[text] = map[string]any{"persistentVolumeClaim": map[string]any{}}
		}
	}
	return out
}

// entries are the maps of a list.
func entries(list any) []map[string]any {
	var out []map[string]any
	all, _ := list.([]any)
	for _, each := range all {
		if m, ok := each.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
