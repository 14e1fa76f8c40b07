package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noDrift = &rule.Rule{
	ID:       "AS711",
	Slug:     "no-drift",
	Title:    "The live objects are what the release installed",
	Why:      "A change made by hand is reviewed by nobody and seen in no chart. An intruder's foothold, such as a swapped image, an added right or an opened Service, looks just like it.",
	Fix:      "Put the object back to what the release says, or put the change into the chart's values.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Helm"},
	Refs:     []rule.Ref{nsa("Audit logging and threat detection"), mitre("T1525"), mitre("T1098.006"), mitre("T1610")},
	Needs:    []snapshot.Kind{snapshot.ReleaseRecord},
	Uses:     kindsOfDrift(),
	Check:    checkNoDrift,
}

func kindsOfDrift() []snapshot.Kind {
	var out []snapshot.Kind
	for _, k := range driftKinds {
		out = append(out, k.Kind)
	}
	return out
}

func checkNoDrift(p *rule.Pass) {
	release := p.Release()
	if len(release.Manifest) == 0 {
		return
	}
	switch release.Status {
	case "", "deployed":
	case "superseded": // an older revision is judged as it was recorded: nothing of it is live
		return
	default:
		p.Unknown(fmt.Sprintf("the release's status is %s: what runs may come from another revision", release.Status))
		return
	}
	d := &drift{pass: p, components: map[snapshot.Ref]string{}}
	for _, w := range p.Workloads() {
		d.components[w.Ref] = string(w.Component)
	}
	for i := range release.Manifest {
		d.judge(&release.Manifest[i])
	}
}

// drift is one comparison of a release with what is live.
type drift struct {
	pass       *rule.Pass
	components map[snapshot.Ref]string
}

func (d *drift) judge(want *snapshot.Object) {
	i := slices.IndexFunc(driftKinds, func(k driftKind) bool { return string(k.Kind) == want.Kind })
	if i < 0 {
		return
	}
	kind := driftKinds[i]
	if !d.pass.Read(kind.Kind) {
		d.pass.Unknown(fmt.Sprintf("%s objects were not read", kind.Kind))
		return
	}
	objects := d.pass.Objects(kind.Kind)
	at := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Same(want.Ref) })
	switch {
	case at >= 0:
		d.pass.Subjects++
		d.compare(kind, want, objects[at])
	case want.Namespace != "" && want.Namespace != d.pass.Airflow().Namespace:
		d.pass.Unknown(fmt.Sprintf("namespace %s was not read", want.Namespace))
	case !endsByItself(want):
		d.pass.Subjects++
		d.missing(want, kind.Missing)
	}
}

// endsByItself says whether the cluster removes the object in time.
func endsByItself(o *snapshot.Object) bool {
	return o.Kind == "Job" && o.At("spec", "ttlSecondsAfterFinished") != nil || o.Kind == "Pod"
}

func (d *drift) missing(want *snapshot.Object, severity rule.Severity) {
	message := "the release holds this object, the cluster does not"
	if want.Kind == string(snapshot.ClusterRoleBinding) || want.Kind == string(snapshot.ClusterRole) {
		message = "the release holds this object, but the cluster does not, or not for accounts of the release"
	}
	d.pass.Report(rule.Finding{
		Target: want.Ref, Component: d.components[want.Ref], Message: message, Severity: severity,
		Fixes: []rule.Fix{{Kind: rule.Manual, Summary: "put it back: helm upgrade with the release's own chart and values"}},
	})
}

func (d *drift) compare(kind driftKind, want, have *snapshot.Object) {
	d.parts(kind.Parts, "", "", have, want.Content, have.Content)
	if kind.Pod == "" {
		return
	}
	w, h := below(want.Content, kind.Pod), below(have.Content, kind.Pod)
	d.parts(driftPod, kind.Pod, "", have, w, h)
	for _, list := range []string{"initContainers", "containers"} {
		d.containers(kind.Pod+"/"+list, list, have, w[list], h[list])
	}
}

// containers compares two lists of containers by name.
func (d *drift) containers(pointer, list string, o *snapshot.Object, want, have any) {
	w, _ := entriesByName(want, driftEntries[list])
	h, names := entriesByName(have, driftEntries[list])
	for _, name := range names {
		if w[name].content == nil {
			d.report(o, difference{path: fmt.Sprintf("%s/%d", pointer, h[name].index), list: list, entry: name, have: true}, "", name, rule.High)
			continue
		}
		wc, _ := w[name].content.(map[string]any)
		hc, _ := h[name].content.(map[string]any)
		d.parts(driftContainer, fmt.Sprintf("%s/%d", pointer, h[name].index), name, o, wc, hc)
	}
	_, names = entriesByName(want, driftEntries[list])
	for _, name := range names {
		if h[name].content == nil {
			d.report(o, difference{path: pointer, list: list, entry: name, want: true}, "", name, rule.High)
		}
	}
}

// parts compares parts of two maps that stand at one pointer of a live object.
func (d *drift) parts(parts []driftPart, pointer, container string, o *snapshot.Object, want, have map[string]any) {
	for _, part := range parts {
		if part.Path == "/rules" && want["aggregationRule"] != nil {
			continue // the cluster fills them in
		}
		keys := change.Split(part.Path)
		key := keys[len(keys)-1]
		at := spot{path: pointer, named: byContainerName(pointer, container)}
		w, h := want, have
		for _, step := range keys[:len(keys)-1] {
			at = at.field(step)
			w, _ = w[step].(map[string]any)
			h, _ = h[step].(map[string]any)
		}
		at = at.field(key)
		for _, found := range differences(at, orDefault(at, w), orDefault(at, h)) {
			d.report(o, found, fieldWords(found, byContainerName(pointer, container)), container, part.Severity)
		}
	}
}

// byContainerName writes a container's pointer as changes want it.
func byContainerName(pointer, container string) string {
	if container == "" {
		return pointer
	}
	return pointer[:strings.LastIndex(pointer, "/")+1] + "name=" + change.Escape(container)
}

// below is the map at a pointer; nil where there is none.
func below(content map[string]any, pointer string) map[string]any {
	for _, key := range change.Split(pointer) {
		content, _ = content[key].(map[string]any)
	}
	return content
}
