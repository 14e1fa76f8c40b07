package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Proof is what a rendering with the overlay shows.
type Proof struct {
	// Wired are the places where pods were seen to take an item from where it is to come.
	Wired int
	// Broken says where they do not, and which credential is still where it was.
	Broken []string
	// Unsure says what could not be told, because something that pods take variables from was not read.
	Unsure []string
}

// Holds says that everything is wired and nothing is left.
func (p *Proof) Holds() bool { return len(p.Broken) == 0 }

func (p *Proof) fail(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.Broken, text) {
		p.Broken = append(p.Broken, text)
	}
}

// Unseen are the items that a subchart takes, which was not rendered.
func (p *Plan) Unseen() []string {
	var out []string
	for _, item := range p.Items {
		if item.Unseen {
			out = append(out, item.What)
		}
	}
	return out
}

// Prove looks at the release as it would be with the overlay: every pod that
// took an item takes it from its new place, by the right key, and nothing takes
// it from the old one.
func Prove(plan *Plan, before, after *airflow.Model) *Proof {
	p := &Proof{}
	for _, item := range plan.Items {
		switch {
		case item.Unseen:
			continue
		case item.Section != "":
			p.setting(item, after)
		case item.Secret != "":
			p.secret(item, before, after)
		}
		for _, d := range item.Data {
			p.old(item, d, after)
		}
	}
	p.backend(plan, after)
	p.identities(plan, after)
	for _, path := range plan.emptied() {
		if text, _ := after.UserValue(path).(string); text != "" && !emptyText(text) {
			p.fail("%s still holds a value", strings.Join(path, "."))
		}
	}
	for _, l := range plan.Left {
		p.fail("%s", strings.TrimPrefix(l.Key+": "+l.Reason, ": "))
	}
	return p
}

func emptyText(text string) bool {
	m, whole := snapshot.ParseMasked(text)
	return whole && m.Size == 0
}

// emptied are the paths that the overlay empties.
func (p *Plan) emptied() [][]string {
	var out [][]string
	for _, c := range p.Changes {
		if c.Value == "" || c.Value == nil {
			out = append(out, c.Path)
		}
	}
	return out
}

// setting asks every pod of Airflow how it comes to an option.
func (p *Proof) setting(item Item, after *airflow.Model) {
	want := "backend"
	if item.Carrier == ByFile {
		want = "cmd"
	}
	seen := 0
	var others []string
	var hidden []airflow.Setting
	only := onlyFor(after.Dialect, item.Name)
	for _, s := range after.Settings(item.Section, item.Option) {
		if len(only) > 0 && !slices.Contains(only, s.Component) {
			continue
		}
		if !takes(s, item, want) && isHidden(s) {
			hidden = append(hidden, s)
			continue
		}
		if !takes(s, item, want) {
			others = append(others, string(s.Component))
			continue
		}
		seen++
	}
	p.unsure(item.What, hidden)
	if p.Wired += seen; seen+len(hidden) == 0 || len(others) > 0 {
		slices.Sort(others)
		p.fail("%s: these do not take it from %s: %s", item.What, item.Carrier.place(), strings.Join(slices.Compact(others), ", "))
	}
}

// takes says that a pod takes an option from where it is to come: for a file, that the agent writes it there.
func takes(s airflow.Setting, item Item, want string) bool {
	if want != "cmd" {
		return s.Via == want
	}
	_, written := s.Workload.Meta.Annotations[agentSecret+word(item.Name)]
	return written && (s.Via == want || strings.HasSuffix(strings.ToLower(s.Name), "_cmd"))
}

// secret looks for pods that take each key of an item from its Secret; there
// are at least as many as took it before. A key that a chart makes for nobody stays nobody's.
func (p *Proof) secret(item Item, before, after *airflow.Model) {
	for _, d := range item.Data {
		now := users(after.Workloads, item.Secret, d.Key)
		var then []string
		if d.Now.Via == InSecret {
			then = users(staying(before, after), d.Now.Ref.Name, d.Now.Key)
		}
		switch {
		case len(now) >= max(len(then), 1), len(now) > 0 && shared(before, d.Now):
			p.Wired += len(now)
		case len(then) > 0:
			p.fail("%s: these took it before, and not all of their containers take key %s from Secret %s: %s", item.What, d.Key, item.Secret, strings.Join(missing(then, now), ", "))
		case d.Now.Via != InSecret:
			p.fail("%s: nothing takes key %s from Secret %s", item.What, d.Key, item.Secret)
		}
	}
}

// missing are the workloads that stand in then more often than in now.
func missing(then, now []string) []string {
	left := slices.Clone(then)
	for _, user := range now {
		if i := slices.Index(left, user); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	slices.Sort(left)
	return slices.Compact(left)
}

// staying are the workloads that the overlay does not take away.
func staying(before, after *airflow.Model) []*airflow.Workload {
	return slices.DeleteFunc(slices.Clone(before.Workloads), func(w *airflow.Workload) bool {
		return !slices.ContainsFunc(after.Workloads, func(o *airflow.Workload) bool { return o.Ref == w.Ref && o.Component == w.Component })
	})
}

// shared says that a Secret holds more than credentials, as the community chart's own does.
func shared(m *airflow.Model, now Now) bool {
	return slices.ContainsFunc(m.Workloads, func(w *airflow.Workload) bool {
		return slices.ContainsFunc(w.Containers(), func(c airflow.Container) bool {
			for _, from := range c.EnvFrom {
				if from.SecretRef != nil && from.SecretRef.Name == now.Ref.Name {
					return true
				}
			}
			return false
		})
	})
}

// users are the places that take a key from a Secret: containers, volumes and
// pulls, each by its workload. Pods that run now do not count: an upgrade replaces them.
func users(workloads []*airflow.Workload, secret, key string) []string {
	var out []string
	for _, w := range workloads {
		if w.Ref.Kind == string(snapshot.Pod) && !w.Future {
			continue
		}
		for range usesOf(w, secret, key) {
			out = append(out, w.Ref.String())
		}
	}
	return out
}

func usesOf(w *airflow.Workload, secret, key string) (n int) {
	for _, c := range w.Containers() {
		for _, e := range c.Env {
			if from := e.ValueFrom; from != nil && from.SecretKeyRef != nil && from.SecretKeyRef.Name == secret && from.SecretKeyRef.Key == key {
				n++
			}
		}
	}
	for _, v := range w.Spec.Volumes {
		if v.Secret != nil && v.Secret.SecretName == secret {
			n++
		}
	}
	for _, pull := range w.Spec.ImagePullSecrets {
		if pull.Name == secret {
			n++
		}
	}
	return n
}

// old says whether anything still takes an item from where it was.
func (p *Proof) old(item Item, d Datum, after *airflow.Model) {
	if d.Now.Via != InSecret || d.Now.Ref.Name == item.Secret {
		return
	}
	if still := users(after.Workloads, d.Now.Ref.Name, d.Now.Key); len(still) > 0 {
		p.fail("%s: these still take it from Secret %s: %s", item.What, d.Now.Ref.Name, strings.Join(slices.Compact(still), ", "))
	}
}

// backend asks every pod of Airflow for its secrets backend.
func (p *Proof) backend(plan *Plan, after *airflow.Model) {
	if plan.Class == "" {
		return
	}
	var hidden []airflow.Setting
	for _, s := range after.Settings("secrets", "backend") {
		switch {
		case !s.Known:
			hidden = append(hidden, s)
		case s.Value != plan.Class:
			p.fail("[secrets] backend: %s does not use %s", s.Component, plan.Class)
		default:
			p.Wired++
		}
	}
	p.unsure("[secrets] backend", hidden)
}

// identities looks at the accounts and labels of Airflow's pods.
func (p *Proof) identities(plan *Plan, after *airflow.Model) {
	want := plan.Options.annotations(false)
	if want == nil {
		return
	}
	for _, w := range after.Workloads {
		if w.Owner != nil || !w.Component.RunsAirflow() {
			continue
		}
		account := after.Snapshot.Find(snapshot.ServiceAccount, w.Namespace(), w.ServiceAccount())
		for name := range want {
			if account == nil {
				p.fail("service account %s, which %s runs as, is not the chart's: annotate it yourself", w.ServiceAccount(), w.Component)
			} else if _, has := change.Lookup(account.Content, "/metadata/annotations/"+change.Escape(name)); !has {
				p.fail("service account %s, which %s runs as, has no annotation %s", account.Name, w.Component, name)
			}
		}
		if plan.Options.Backend == Azure && w.Meta.Labels[azureUse] != "true" {
			p.fail("the pods of %s have no label %s", w.Component, azureUse)
		}
	}
	slices.Sort(p.Broken)
}

// With is a release's snapshot with the objects of a plan, as rules would see it.
func (p *Plan) With(s *snapshot.Snapshot) *snapshot.Snapshot {
	out := *s
	out.Objects = slices.Clone(s.Objects)
	for _, o := range p.Objects {
		out.Objects = append(out.Objects, snapshot.Object{Ref: o.Ref(), Origin: snapshot.Rendered, Content: o.Value})
	}
	out.Sort()
	return &out
}

// Ref names the object.
func (o Object) Ref() snapshot.Ref {
	meta, _ := o.Value["metadata"].(map[string]any)
	text := func(v any) string { s, _ := v.(string); return s }
	return snapshot.Ref{APIVersion: text(o.Value["apiVersion"]), Kind: text(o.Value["kind"]), Namespace: text(meta["namespace"]), Name: text(meta["name"])}
}
