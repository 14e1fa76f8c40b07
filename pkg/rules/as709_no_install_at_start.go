package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noInstallAtStart = &rule.Rule{
	ID:       "AS709",
	Slug:     "no-install-at-start",
	Title:    "No pod installs packages when it starts",
	Why:      "What a package index serves at that moment runs with Airflow's credentials. Whoever takes over a package, the index or the way to it gets in without touching the image, and no scan of the image sees it.",
	Fix:      "Build an image that holds the packages, and take the installation out.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Img", "Work"},
	Refs: []rule.Ref{
		nsa("Pod security: Building secure container images"), mitre("T1195.002"), mitre("T1195.001"), owasp("K01"),
		{Source: "Apache Airflow documentation", ID: "Building the image", URL: "https://airflow.apache.org/docs/docker-stack/build.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkNoInstallAtStart,
}

// pipVariable names what Apache's images install when they start.
// Source: Apache's Dockerfile, scripts/docker/entrypoint_prod.sh.
const pipVariable = "_PIP_ADDITIONAL_REQUIREMENTS"

// installs are commands that fetch packages.
var installs = pattern.New(`\b(pip[0-9.]*|conda|mamba|apt-get|apt|apk|dnf|yum)((?:\s+-\S+)*)\s+(install|add)\b`)

// installation is one way in which packages come at a start, and the first container it does so in.
type installation struct {
	cause     string // what makes it happen; equal for all containers of one cause
	message   string
	fix       rule.Fix
	path      string
	workload  *airflow.Workload
	container airflow.Container
	others    []string
}

func checkNoInstallAtStart(p *rule.Pass) {
	var found []*installation
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			p.Subjects++
			i := installationOf(p, w, c)
			if i == nil {
				continue
			}
			i.workload, i.container = w, c
			at := slices.IndexFunc(found, func(o *installation) bool { return o.cause == i.cause })
			if at < 0 {
				found = append(found, i)
			} else if name := string(w.Component); found[at].workload != w && !slices.Contains(found[at].others, name) {
				found[at].others = append(found[at].others, name)
			}
		}
	}
	for _, i := range found {
		if len(i.others) > 0 {
			i.message += "; the same in " + strings.Join(i.others, ", ")
		}
		p.Report(rule.Finding{
			Target: i.workload.Ref, Component: string(i.workload.Component), Container: i.container.Name, Path: i.path,
			Message: i.message, Fixes: []rule.Fix{i.fix},
		})
	}
}

func installationOf(p *rule.Pass, w *airflow.Workload, c airflow.Container) *installation {
	if c.Role == airflow.PipInstall {
		return listed(p, w, c)
	}
	if i := byVariable(p, w, c); i != nil {
		return i
	}
	return byCommand(c)
}

// listed: the community chart makes a container that installs what a list of the values names.
func listed(p *rule.Pass, w *airflow.Workload, c airflow.Container) *installation {
	key := pipKey(p, w)
	fix := rule.Fix{Kind: rule.Manual, Summary: "build an image that holds the packages, and empty extraPipPackages"}
	if key != "" {
		fix = rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: "build an image that holds the packages, and empty the list"}
	}
	return &installation{
		cause: "list " + key, path: c.Path, fix: fix,
		message: fmt.Sprintf("container %s installs Python packages each time the pod starts", c.Name),
	}
}

func byVariable(p *rule.Pass, w *airflow.Workload, c airflow.Container) *installation {
	if s, set := p.Env(w, c.Name, pipVariable); set {
		if !s.Known {
			p.Unknown(fmt.Sprintf("%s of %s: %s", pipVariable, w.Ref, s.Reason))
		} else if strings.TrimSpace(s.Value) != "" {
			fix := variableFix(p, s)
			return &installation{
				cause: "variable " + cmp.Or(fix.ValuesKey, s.Ref.String()), path: s.Path, fix: fix,
				message: fmt.Sprintf("%s makes the image install Python packages each time the pod starts", pipVariable),
			}
		}
	}
	return nil
}

func byCommand(c airflow.Container) *installation {
	for _, given := range []struct {
		field string
		words []string
	}{{"command", c.Command}, {"args", c.Args}} {
		text := strings.Join(given.words, " ")
		if found := installs.FindStringSubmatch(text); found != nil {
			return &installation{
				cause: "command " + text, path: c.Path + "/" + given.field,
				message: fmt.Sprintf("container %s runs %s %s each time the pod starts", c.Name, found[1], found[3]),
				fix:     rule.Fix{Kind: rule.Manual, Summary: "build an image that holds the packages, and take the command out"},
			}
		}
	}
	return nil
}

// variableFix names the list of the user's values that the variable was written into.
func variableFix(p *rule.Pass, s airflow.Setting) rule.Fix {
	const summary = "build an image that holds the packages, and take the variable out"
	if key := envKey(p, s); key != "" {
		return rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: summary}
	}
	if key := p.Reachable("extraEnv"); namesVariable(valueAt(p, "extraEnv"), s.Name) {
		return rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: summary}
	}
	return rule.Fix{Kind: rule.Manual, Summary: summary}
}

// pipKeys are the lists of the community chart, by component.
// Source: community 8.9.0, values.yaml.
var pipKeys = map[airflow.Component]string{
	airflow.Webserver: "web", airflow.Scheduler: "scheduler", airflow.Worker: "workers", airflow.Triggerer: "triggerer",
	airflow.Flower: "flower", airflow.TaskPod: "airflow.kubernetesPodTemplate",
}

// pipKey is the list that the user's values fill: the component's own, or the one for all; empty where they show neither.
func pipKey(p *rule.Pass, w *airflow.Workload) string {
	for _, root := range []string{pipKeys[w.Component], "airflow"} {
		if root == "" {
			continue
		}
		var at any = p.Release().Values
		for part := range strings.SplitSeq(root+".extraPipPackages", ".") {
			m, _ := at.(map[string]any)
			at = m[part]
		}
		if list, _ := at.([]any); len(list) > 0 {
			return p.Reachable(root + ".extraPipPackages")
		}
	}
	return ""
}
