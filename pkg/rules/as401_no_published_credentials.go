package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noPublishedCredentials = &rule.Rule{
	ID:       "AS401",
	Slug:     "no-published-credentials",
	Title:    "Every key and password is the release's own",
	Why:      "Charts, images and samples ship keys and passwords that everybody can read. Whoever knows the Fernet key reads every stored connection, the web secret key makes a session as any user, and a default password simply opens the door.",
	Fix:      "Make own keys and passwords, keep them in Secrets, and let the chart take them from there. To change the Fernet key give Airflow the new and the old one with a comma between, run `airflow rotate-fernet-key`, then drop the old one.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web", "DB", "Redis", "Cfg"},
	Refs: []rule.Ref{
		owasp("K03"), owasp("K09"), mitre("T1078.001"), mitre("T1552.001"),
		airflowDocs("Fernet", "security/secrets/fernet.html"),
	},
	Needs: append([]snapshot.Kind{snapshot.Secret}, snapshot.Workloads...),
	Uses:  []snapshot.Kind{snapshot.ReleaseRecord},
	Check: checkNoPublishedCredentials,
}

func checkNoPublishedCredentials(p *rule.Pass) {
	s := &credentialSearch{pass: p, seen: map[string]bool{}, scanned: map[whereabouts]bool{}}
	for _, w := range p.Workloads() {
		s.workload(w)
	}
	for _, kind := range []snapshot.Kind{snapshot.Secret, snapshot.ConfigMap} {
		for _, o := range p.Objects(kind) {
			s.object(o)
		}
	}
	if !p.Offline() && !p.Read(snapshot.ReleaseRecord) {
		p.Unknown("the release's record was not read, so its hooks and values were not seen")
	}
	release := p.Release()
	for i := range release.Hooks {
		if hook := &release.Hooks[i]; !slices.ContainsFunc(p.Objects(snapshot.Kind(hook.Kind)), func(o *snapshot.Object) bool { return o.Same(hook.Ref) }) {
			s.object(hook)
		}
	}
	s.defaults()
	s.values(release.Values, "")
}

// credentialSearch remembers what was reported, so that a Secret is reported
// once and not for each container that uses it.
type credentialSearch struct {
	pass    *rule.Pass
	seen    map[string]bool
	scanned map[whereabouts]bool
}

// whereabouts is where a credential was seen.
type whereabouts struct {
	ref             snapshot.Ref
	object          *snapshot.Object // nil where the object itself was not read
	component       string
	container, path string
	// inline says that the value stands in the pod, where each container may repeat it.
	inline bool
	// name is the variable or key.
	name string
}

func (s *credentialSearch) workload(w *airflow.Workload) {
	for _, c := range w.Containers() {
		s.environment(w, c)
		at := whereabouts{ref: w.Ref, object: w.Object, component: string(w.Component), container: c.Name, path: c.Path + "/args", inline: true}
		if len(c.Args) == 0 {
			at.path = c.Path + "/command"
		}
		for _, found := range inCommand(slices.Concat(c.Command, c.Args)) {
			s.judge(at, found)
		}
	}
}

func (s *credentialSearch) environment(w *airflow.Workload, c airflow.Container) {
	list, complete := s.pass.Environment(w, c.Name)
	for _, v := range list {
		if !v.Known {
			if mayHold(v.Name) && s.pass.Read(snapshot.Secret) {
				s.pass.Unknown(fmt.Sprintf("%s: %s", v.Name, v.Reason))
			}
			continue
		}
		at := whereabouts{ref: v.Ref, path: v.Path, name: v.Name}
		if at.inline = v.Ref.Same(w.Ref); at.inline {
			at.object, at.component, at.container = w.Object, string(w.Component), v.Container
		} else if s.scanned[at] { // all containers share the chart's Secrets
			continue
		}
		s.scanned[at] = true
		for _, found := range sightings(v.Name, v.Value) {
			s.judge(at, found)
		}
	}
	if complete || !s.pass.Read(snapshot.Secret) {
		return
	}
	if other, set := s.pass.Env(w, c.Name, "ANY_OTHER_VARIABLE"); set && !other.Known { // why those that nothing names are not known
		s.pass.Unknown(other.Reason)
	}
}

// object searches the data of a Secret or ConfigMap.
func (s *credentialSearch) object(o *snapshot.Object) {
	data, _ := o.At("data").(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		text, isText := data[key].(string)
		if !isText || strings.HasPrefix(key, "pod_template") { // the task pod is a workload of its own
			continue
		}
		at := whereabouts{ref: o.Ref, object: o, path: "/data/" + change.Escape(key), name: key}
		for _, found := range sightings(key, text) {
			s.judge(at, found)
		}
	}
}

// defaults are keys that stand nowhere and that this Airflow version makes up all the same.
func (s *credentialSearch) defaults() {
	for _, v := range s.pass.Settings("webserver", "secret_key") {
		if v.Default && v.Value == "temporary_key" {
			at := whereabouts{ref: v.Ref, object: v.Workload.Object, component: string(v.Component), container: v.Container, path: v.Path, inline: true}
			s.judge(at, sighting{credential: webSecretKey, secret: snapshot.Masked{ID: "default", Published: []string{"temporary-key"}}})
		}
	}
}

// judge counts a credential and reports it where it is a published one.
func (s *credentialSearch) judge(at whereabouts, found sighting) {
	place := strings.Join([]string{at.ref.String(), at.path, found.credential.what, found.secret.ID}, " ")
	if at.inline { // once for each workload, however many of its containers repeat it
		place = strings.Join([]string{at.ref.String(), found.credential.what, found.secret.ID}, " ")
	}
	if s.seen[place] {
		return
	}
	s.seen[place], s.seen[found.secret.ID+found.credential.what] = true, true
	s.pass.Subjects++
	id := found.credential.publishedAs(found.secret)
	if id == "" {
		return
	}
	f := rule.Finding{
		Target: at.ref, Component: string(s.componentOf(at, found.credential)), Container: at.container, Path: at.path,
		Message: publishedMessage(found, id), Fixes: credentialFixes(s.pass, at, found.credential),
	}
	if o := s.objectAt(at); o != nil {
		f.File, f.Line = o.File, o.Line
	}
	s.pass.Report(f)
}

func (s *credentialSearch) objectAt(at whereabouts) *snapshot.Object {
	if at.object != nil || at.ref.Same(releaseRef(s.pass)) {
		return at.object
	}
	for _, o := range s.pass.Objects(snapshot.Kind(at.ref.Kind)) {
		if o.Same(at.ref) {
			return o
		}
	}
	return nil
}

// componentOf is the part of Airflow that the credential opens, or, where it opens them all, the one whose pod holds it.
func (s *credentialSearch) componentOf(at whereabouts, c *credential) airflow.Component {
	switch {
	case c == webSecretKey && s.pass.Airflow().Major >= 3:
		return airflow.APIServer
	case c == userPassword && at.inline:
		return airflow.Component(at.component)
	case c == userPassword && s.pass.Airflow().Dialect == airflow.Community:
		return airflow.Sync
	case c.component != "":
		return c.component
	case at.inline:
		return airflow.Component(at.component)
	}
	return ""
}

func publishedMessage(found sighting, id string) string {
	if by := publisher(id); by != "" {
		return fmt.Sprintf("%s is the one that %s", found.credential.what, by)
	}
	if len(found.user.Published) > 0 {
		return fmt.Sprintf("%s is a published default: the login is %s/%s", found.credential.what, found.user.Published[0], id)
	}
	return fmt.Sprintf("%s is a published default: %s", found.credential.what, id)
}
