package profile_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var catalogue = profile.Catalogue{
	Rules:      []string{"AS101", "AS108", "AS204", "AS401", "AS705"},
	Components: map[string]string{"scheduler": "scheduler", "broker": "broker", "redis": "broker"},
	Functions:  []string{"pod-operator"},
}

// files is a folder of profiles.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	if text, found := f[path]; found {
		return []byte(text), nil
	}
	return nil, errors.New("no such file")
}

const head = "apiVersion: airflowsec.io/v1alpha1\nkind: HardeningProfile\nmetadata: {name: acme}\n"

const acme = head + `spec:
  extends: restricted
  rules:
  - {id: AS204, severity: low}
  - {id: AS705, enabled: false}
  - {id: AS108, enabled: true}
  mandatory: [AS401]
  parameters:
    allowedRegistries: [registry.example.com/airflow]
    egress: [{to: 10.0.0.0/8, ports: [443, "5432"], why: warehouse}]
    ingressFrom: [{from: app=proxy, why: login}]
    functions: [pod-operator]
  exceptions:
  - {rule: AS108, component: broker, container: redis, reason: rewrites its dump, owner: data, expires: 2027-03-31}
`

func TestBuiltinProfiles(t *testing.T) {
	for i, name := range profile.Names() {
		p, err := profile.Load(name, files{}.read, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != name || p.Level != rule.Levels[i] || len(p.Off)+len(p.On)+len(p.Exceptions) != 0 {
			t.Errorf("%s is %+v", name, p)
		}
		for j, level := range rule.Levels {
			if got, want := p.Has(&rule.Rule{ID: "AS101", Level: level}), j <= i; got != want {
				t.Errorf("%s has a rule of level %s: %v", name, level, got)
			}
		}
	}
}

func TestLoad(t *testing.T) {
	p, err := profile.Load("acme.yaml", files{"acme.yaml": acme}.read, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	want := &profile.Profile{
		Name: "acme", Level: rule.Restricted,
		Off: map[string]bool{"AS705": true}, On: map[string]bool{"AS108": true, "AS401": true},
		Severity: map[string]rule.Severity{"AS204": rule.Low}, Mandatory: []string{"AS401"},
		Parameters: rule.Parameters{
			AllowedRegistries: []string{"registry.example.com/airflow"},
			Egress:            []airflow.Peer{{To: "10.0.0.0/8", Ports: []string{"443", "5432"}, Why: "warehouse"}},
			IngressFrom:       []airflow.Peer{{From: "app=proxy", Why: "login"}},
		},
		Exceptions: []profile.Exception{{
			Rule: "AS108", Component: "broker", Container: "redis", Reason: "rewrites its dump", Owner: "data",
			Expires: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC),
		}},
	}
	if fmt.Sprint(p.Parameters.Functions) != "[pod-operator]" {
		t.Errorf("functions %v", p.Parameters.Functions)
	}
	want.Parameters.Functions = p.Parameters.Functions
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

// TestExtends puts a team's profile on top of a company's in another folder.
func TestExtends(t *testing.T) {
	folder := files{
		"teams/team.yaml": strings.Replace(head, "acme", "team", 1) + `spec:
  extends: ../acme.yaml
  rules: [{id: AS705, enabled: true}, {id: AS204, severity: medium}]
  parameters: {allowedRegistries: [registry.example.com/team]}
  exceptions: [{rule: AS204, kind: NetworkPolicy, name: db, reason: shared, owner: dba, expires: "2026-12-01"}]
`,
		"acme.yaml": acme,
	}
	p, err := profile.Load("teams/team.yaml", folder.read, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case p.Name != "team", p.Level != rule.Restricted:
		t.Errorf("name and level are %s, %s", p.Name, p.Level)
	case p.Off["AS705"], !p.On["AS705"], !p.On["AS108"]:
		t.Errorf("off %v, on %v", p.Off, p.On)
	case p.Severity["AS204"] != rule.Medium:
		t.Errorf("severities %v", p.Severity)
	case !p.IsMandatory("AS401"):
		t.Error("the team's profile forgets what the company's makes mandatory")
	case len(p.Exceptions) != 2:
		t.Errorf("exceptions %v", p.Exceptions)
	case p.Parameters.AllowedRegistries[0] != "registry.example.com/team", len(p.Parameters.Egress) != 1:
		t.Errorf("parameters %v", p.Parameters)
	}
}

func peer(entry string) string {
	return head + "spec: {extends: baseline, parameters: {" + entry + "}}\n"
}

func exception(fields string) string {
	return head + "spec:\n  extends: restricted\n  exceptions:\n  - {" + fields + "}\n"
}

// TestMistakes wants one sentence with file, line and field for each.
func TestBounds(t *testing.T) {
	text := head + "spec: {extends: baseline, parameters: {maxBlastRadius: 5, maxSessionMinutes: 60}}\n"
	p, err := profile.Load("p.yaml", files{"p.yaml": text}.read, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Parameters; got.MaxBlastRadius == nil || *got.MaxBlastRadius != 5 || got.MaxSessionMinutes == nil || *got.MaxSessionMinutes != 60 {
		t.Errorf("got %+v", got)
	}
}

func TestMistakes(t *testing.T) {
	whole := "rule: AS108, component: broker, reason: r, owner: o, expires: 2027-03-31"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "p.yaml: the file is empty"},
		{"only a comment", "# nothing\n", "p.yaml: the file is empty"},
		{"not YAML", "a: [", "p.yaml: not YAML from line 1 on (check indentation, brackets and quotes)"},
		{"a list", "- a\n", "p.yaml:1: the profile must hold fields, not a list"},
		{"two documents", head + "spec: {extends: baseline}\n---\na: 1\n", "p.yaml: a profile file holds one document"},
		{"other version", "apiVersion: v1\nkind: HardeningProfile\n", "p.yaml:1: apiVersion must be airflowsec.io/v1alpha1"},
		{"other kind", "apiVersion: airflowsec.io/v1alpha1\nkind: Profile\n", "p.yaml:2: kind must be HardeningProfile"},
		{"no name", "apiVersion: airflowsec.io/v1alpha1\nkind: HardeningProfile\nspec: {}\n", "p.yaml:1: metadata.name is missing"},
		{"built-in name", strings.Replace(head, "acme", "restricted", 1) + "spec: {extends: baseline}\n", "p.yaml:3: metadata.name is the name of a built-in profile"},
		{"no extends", head + "spec: {}\n", "p.yaml:4: spec.extends is missing: name the profile this one starts from, for example restricted"},
		{"no spec", head, "p.yaml:1: spec.extends is missing: name the profile this one starts from, for example restricted"},
		{"unknown field", head + "spec:\n  extends: restricted\n  ruels: []\n", `p.yaml:6: spec holds an unknown field "ruels"`},
		{"unknown top field", head + "status: {}\n", `p.yaml:4: the profile holds an unknown field "status"`},
		{"duplicate field", head + "spec:\n  extends: baseline\n  extends: paranoid\n", "p.yaml:6: spec.extends stands there twice"},
		{"list where one value belongs", head + "spec: {extends: [a]}\n", "p.yaml:4: spec.extends must be one value, not a list"},
		{"value where a list belongs", head + "spec: {extends: baseline, rules: AS101}\n", "p.yaml:4: spec.rules must be a list, not one value or nothing"},
		{"alias", head + "spec: {extends: &x baseline, mandatory: [*x]}\n", "p.yaml:4: spec.extends uses an anchor or alias, which a profile cannot"},
		{"unknown rule", head + "spec:\n  extends: baseline\n  rules:\n  - {id: AS999, enabled: false}\n", `p.yaml:7: spec.rules[0].id is "AS999", which is no rule`},
		{"rule without id", head + "spec: {extends: baseline, rules: [{severity: low}]}\n", "p.yaml:4: spec.rules[0].id is missing"},
		{"duplicate rule", head + "spec:\n  extends: baseline\n  rules:\n  - {id: AS101, severity: low}\n  - {id: AS101, severity: high}\n", "p.yaml:8: spec.rules[1].id is AS101 a second time"},
		{"bad severity", head + "spec: {extends: baseline, rules: [{id: AS101, severity: awful}]}\n", `p.yaml:4: spec.rules[0].severity is "awful"; it must be low, medium, high or critical`},
		{"entry without effect", head + "spec: {extends: baseline, rules: [{id: AS101}]}\n", "p.yaml:4: spec.rules[0].severity and enabled are both missing: the entry changes nothing"},
		{"bad truth", head + "spec: {extends: baseline, rules: [{id: AS101, enabled: perhaps}]}\n", "p.yaml:4: spec.rules[0].enabled must be true or false"},
		{"mandatory unknown", head + "spec: {extends: baseline, mandatory: [AS000]}\n", `p.yaml:4: spec.mandatory[0] is "AS000", which is no rule`},
		{"mandatory switched off", head + "spec: {extends: baseline, mandatory: [AS101], rules: [{id: AS101, enabled: false}]}\n", "p.yaml:4: spec.rules[0].enabled is false, but AS101 is mandatory"},
		{"mandatory with an exception", head + "spec:\n  extends: baseline\n  mandatory: [AS108]\n  exceptions:\n  - {" + whole + "}\n", "p.yaml:8: spec.exceptions[0].rule is AS108, which is mandatory: no exception may silence it"},
		{"unknown parameter", head + "spec: {extends: baseline, parameters: {registries: []}}\n", `p.yaml:4: spec.parameters holds an unknown field "registries"`},
		{"unknown function", head + "spec: {extends: baseline, parameters: {functions: [pod-operator, fly]}}\n", `p.yaml:4: spec.parameters.functions[1] is "fly"; known are pod-operator`},
		{"bound that is no number", head + "spec: {extends: baseline, parameters: {maxBlastRadius: few}}\n", "p.yaml:4: spec.parameters.maxBlastRadius must be a whole number"},
		{"no time for a login", head + "spec: {extends: baseline, parameters: {maxSessionMinutes: 0}}\n", "p.yaml:4: spec.parameters.maxSessionMinutes is 0; a login must last a minute at least"},
		{"peer without why", peer("egress: [{to: a, ports: [1]}]"), "p.yaml:4: spec.parameters.egress[0].why is missing"},
		{"peer without ports", peer("egress: [{to: a, why: w}]"), "p.yaml:4: spec.parameters.egress[0].ports is missing: say which ports are connected to (1-65535 for all)"},
		{"peer the wrong way", peer("ingressFrom: [{to: a, why: b}]"), "p.yaml:4: spec.parameters.ingressFrom[0].from must be given, and not to (namespace alone will do for all pods of it)"},
		{"peer from a name", peer("ingressFrom: [{from: proxy, why: b}]"), `p.yaml:4: spec.parameters.ingressFrom[0].from is "proxy"; it must be an address range or labels such as app=proxy: a policy cannot tell who connects by a name`},
		{"peer to a URL", peer("egress: [{to: 'https://a.example.com', ports: [443], why: b}]"), `p.yaml:4: spec.parameters.egress[0].to is "https://a.example.com"; it must be an address range, a host name, or labels such as app=vault`},
		{"peer with bits beyond its prefix", peer("egress: [{to: 10.1.2.3/16, ports: [443], why: b}]"), `p.yaml:4: spec.parameters.egress[0].to is "10.1.2.3/16", an address inside of a range; the range is 10.1.0.0/16`},
		{"second port wrong", head + "spec:\n  extends: baseline\n  parameters:\n    egress:\n    - {to: a, ports: [443,\n        http], why: b}\n", `p.yaml:9: spec.parameters.egress[0].ports[1] is "http"; it must be a port such as 443, 53/UDP or 8000-8010`},
		{"peer of no component", peer("egress: [{to: a, ports: [443], components: [cache], why: b}]"), `p.yaml:4: spec.parameters.egress[0].components[0] is "cache", which is no component`},
		{"no scope", exception("rule: AS108, reason: r, owner: o, expires: 2027-03-31"), "p.yaml:7: spec.exceptions[0].component and container, kind and name are all missing: an exception needs a scope"},
		{"unknown component", exception(strings.Replace(whole, "broker", "cache", 1)), `p.yaml:7: spec.exceptions[0].component is "cache", which is no component`},
		{"kind in lower case", exception("kind: deployment, " + whole), `p.yaml:7: spec.exceptions[0].kind is "deployment"; write it as Kubernetes does, for example Deployment`},
		{"exception of no rule", exception(strings.Replace(whole, "rule: AS108, ", "", 1)), "p.yaml:7: spec.exceptions[0].rule is missing"},
		{"exception of unknown rule", exception(strings.Replace(whole, "AS108", "AS109", 1)), `p.yaml:7: spec.exceptions[0].rule is "AS109", which is no rule`},
		{"no reason", exception(strings.Replace(whole, "reason: r, ", "", 1)), "p.yaml:7: spec.exceptions[0].reason is missing"},
		{"blank reason", exception(strings.Replace(whole, "reason: r", `reason: " "`, 1)), "p.yaml:7: spec.exceptions[0].reason is missing"},
		{"no owner", exception(strings.Replace(whole, "owner: o, ", "", 1)), "p.yaml:7: spec.exceptions[0].owner is missing"},
		{"no expiry", exception(strings.Replace(whole, ", expires: 2027-03-31", "", 1)), "p.yaml:7: spec.exceptions[0].expires is missing"},
		{"bad date", exception(strings.Replace(whole, "2027-03-31", "2027-02-30", 1)), `p.yaml:7: spec.exceptions[0].expires is "2027-02-30"; it must be a day as 2027-03-31`},
		{"same exception twice", exception(whole + "}\n  - {" + whole), "p.yaml:8: spec.exceptions[1].rule is AS108 with a scope that another exception has already"},
		{"extends itself", head + "spec: {extends: p.yaml}\n", "profiles extend each other in a circle: p.yaml → p.yaml"},
		{"extends nothing there", head + "spec: {extends: gone.yaml}\n", "profile gone.yaml is neither built in (baseline, restricted, paranoid) nor a file that can be read: no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := profile.Load("p.yaml", files{"p.yaml": c.text}.read, catalogue)
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMandatoryReachesInheritedProfiles(t *testing.T) {
	strict := strings.Replace(head, "acme", "strict", 1) + "spec:\n  extends: acme.yaml\n  mandatory: [AS108]\n"
	_, err := profile.Load("strict.yaml", files{"strict.yaml": strict, "acme.yaml": acme}.read, catalogue)
	if want := "strict.yaml:6: spec.mandatory names AS108, but a profile that this one extends has an exception from it"; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	lax := strings.Replace(head, "acme", "lax", 1) + "spec:\n  extends: acme.yaml\n  rules: [{id: AS401, enabled: false}]\n"
	_, err = profile.Load("lax.yaml", files{"lax.yaml": lax, "acme.yaml": acme}.read, catalogue)
	if want := "lax.yaml:6: spec.rules[0].enabled is false, but AS401 is mandatory"; fmt.Sprint(err) != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// FuzzProfile wants an error or a profile whose every exception is complete, never a panic.
func FuzzProfile(f *testing.F) {
	for _, seed := range []string{acme, head, "", "a: [", "&a [*a]", "? {a: b}\n: c\n", head + "spec: {extends: p.yaml}", "<<: {a: b}", "\x00", exception("rule: AS108, name: x, reason: r, owner: o, expires: 2027-03-31")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := profile.Load("p.yaml", files{"p.yaml": text}.read, catalogue)
		if err != nil {
			if !strings.Contains(err.Error(), "p.yaml") && !strings.HasPrefix(err.Error(), "profile ") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		for _, e := range p.Exceptions {
			if e.Scope() == "" || e.Reason == "" || e.Owner == "" || e.Expires.IsZero() || p.IsMandatory(e.Rule) {
				t.Errorf("an incomplete exception got through: %+v", e)
			}
		}
	})
}
