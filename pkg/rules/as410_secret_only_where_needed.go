package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secretOnlyWhereNeeded = &rule.Rule{
	ID:       "AS410",
	Slug:     "secret-only-where-needed",
	Title:    "Each secret reaches only the components that need it",
	Why:      "DAG code reads the environment and the files of the pod it runs in, and so does every image that shares a pod. A database login or a signing key that is there without need turns one bad DAG, or one bad image, into the whole of Airflow; a deploy key lets it write the next DAG.",
	Fix:      "Give the database login and the JWT key of Airflow 3 to the API server, the scheduler and whoever else needs them, not to workers; mount the git deploy key in git-sync alone.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec", "Work"},
	Refs: []rule.Ref{
		cis("5.4.1"), owasp("K03"), mitre("T1552.007"), mitre("T1550.001"),
		airflowDocs("Security model", "security/security_model.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkSecretOnlyWhereNeeded,
}

func checkSecretOnlyWhereNeeded(p *rule.Pass) {
	g := &gathered{pass: p}
	logins := gitLogins(p)
	for _, w := range p.Workloads() {
		main, found := w.Main()
		if found && slices.Contains(judgedComponents, w.Component) {
			p.Subjects++
			judgeHolder(g, w, main)
		}
		for _, c := range w.Containers() {
			if isForeign(w, c) {
				p.Subjects++
				judgeForeign(g, w, c)
			}
			if c.Role != airflow.GitSync && c.Role != airflow.Injected {
				judgeGitLogin(g, w, c, logins)
			}
		}
	}
	g.report()
}

// holdings are the variables of a container that are not empty.
func holdings(p *rule.Pass, w *airflow.Workload, c airflow.Container) []airflow.Setting {
	list, complete := p.Environment(w, c.Name)
	if !complete {
		p.Unknown(fmt.Sprintf("%s: a Secret or ConfigMap that container %s takes variables from was not read", w.Ref, c.Name))
	}
	return slices.DeleteFunc(slices.Clone(list), func(s airflow.Setting) bool { return s.Known && s.Value == "" })
}

// judgeHolder looks at what a component's own container holds. Secrets of one weight are one finding.
func judgeHolder(g *gathered, w *airflow.Workload, main airflow.Container) {
	p := g.pass
	held := holdings(p, w, main)
	for _, weight := range rule.Severities {
		var whats []string
		var gain string
		var fixes []rule.Fix
		for i := range secretNeeds {
			n := &secretNeeds[i]
			variable := n.heldBy(held)
			if variable == "" || n.neededBy(p, w) || n.severity(p, w, variable) != weight {
				continue
			}
			if len(whats) == 0 {
				gain = n.gain
			}
			whats, fixes = append(whats, n.what), append(fixes, n.fix(p, w, variable))
		}
		if len(whats) == 0 {
			continue
		}
		fixes = slices.CompactFunc(fixes, func(a, b rule.Fix) bool { return a.Summary == b.Summary })
		g.add(string(w.Component)+string(weight)+strings.Join(whats, ""), rule.Finding{
			Target: w.Ref, Component: string(w.Component), Container: main.Name, Path: main.Path + "/env", Severity: weight, Fixes: fixes,
			Message: fmt.Sprintf("the %s holds %s without need: %s %s", w.Component, sentenceOf(whats), whoIn(w.Component), gain),
		})
	}
}

// whoIn is who takes what a component holds.
func whoIn(c airflow.Component) string {
	if c.RunsDagCode() {
		return "DAG code in it"
	}
	return "whoever breaks into it"
}

// isForeign says that a container runs an image that is not Airflow's.
func isForeign(w *airflow.Workload, c airflow.Container) bool {
	if w.Component == airflow.PgBouncer {
		return true
	}
	main, found := w.Main()
	if !found || !w.Component.RunsAirflow() {
		return false
	}
	switch c.Role {
	case airflow.GitSync, airflow.Exporter, airflow.Injected:
		return true
	case airflow.Extra:
		return c.Image != main.Image
	}
	return false
}

// judgeForeign finds the keys that open all of Airflow in images that have nothing to do with it.
func judgeForeign(g *gathered, w *airflow.Workload, c airflow.Container) {
	held := holdings(g.pass, w, c)
	var whats []string
	for _, master := range masterKeys {
		if w.Component == airflow.PgBouncer && slices.Contains(master.variables, "DATABASE_PASSWORD") { // it logs in for all
			continue
		}
		if slices.ContainsFunc(held, func(s airflow.Setting) bool {
			return slices.Contains(master.variables, s.Name) || slices.Contains(master.variables, strings.TrimSuffix(s.Name, "_CMD"))
		}) {
			whats = append(whats, master.name)
		}
	}
	if len(whats) == 0 {
		return
	}
	f := rule.Finding{
		Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: c.Path, Severity: rule.Medium,
		Message: fmt.Sprintf("container %s, whose image %s is not Airflow's, holds %s", c.Name, c.Image, sentenceOf(whats)),
		Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "take the variables out of the container"}},
	}
	if g.pass.Airflow().Dialect == airflow.Community && c.Role != airflow.Extra { // the chart gives its variables to all its containers
		f.Severity = rule.Low
		f.Fixes = []rule.Fix{{Kind: rule.Manual, Summary: "the chart gives its variables to all containers and has no switch for it: use images that you have checked, by digest"}}
	}
	g.add(c.Image+strings.Join(whats, ""), f)
}
