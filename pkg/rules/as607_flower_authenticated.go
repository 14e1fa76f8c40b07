package rules

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var flowerAuthenticated = &rule.Rule{
	ID:       "AS607",
	Slug:     "flower-authenticated",
	Title:    "Flower asks for a login",
	Why:      "Flower shows every task with its arguments and can stop workers, revoke tasks and start others. Without a login everybody who reaches its port can.",
	Fix:      "Give Flower a basic-auth Secret or a login provider, keep FLOWER_UNAUTHENTICATED_API unset, or switch Flower off.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Flower"},
	Refs: []rule.Ref{
		owasp("K06"), owasp("K09"), mitre("T1190"),
		{Source: "Flower documentation", ID: "Authentication", URL: "https://flower.readthedocs.io/en/latest/auth.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.Service, snapshot.Ingress, snapshot.ReleaseRecord},
	Check: checkFlowerAuthenticated,
}

func checkFlowerAuthenticated(p *rule.Pass) {
	for _, w := range p.Workloads() {
		if w.Component != airflow.Flower {
			continue
		}
		if main, ok := w.Main(); ok {
			p.Subjects++
			judgeFlower(p, w, main)
			judgeFlowerAPI(p, w, main)
		}
	}
}

func judgeFlower(p *rule.Pass, w *airflow.Workload, main airflow.Container) {
	has, why := flowerLogin(p, w, main)
	switch {
	case has:
		return
	case why != "":
		p.Unknown("Flower's login: " + why)
		return
	}
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Container: main.Name, Path: main.Path + "/env#FLOWER_BASIC_AUTH",
		Message: "Flower asks for no login" + wideOpen(p, w), Severity: flowerSeverity(p, w),
		Fixes: flowerFixes(p), File: w.Object.File, Line: w.Object.Line,
	})
}

var (
	flowerLoginFlag = pattern.New(`--(?:basic[-_]auth|auth[-_]provider)[ =]`)
	flowerLocal     = pattern.New(`--(?:address|hostname)[ =](?:127\.0\.0\.1|localhost)\b`)
)

// flowerLogin says whether Flower asks who one is, or listens to its own pod
// only, where a proxy asks; why is set where that could not be read.
func flowerLogin(p *rule.Pass, w *airflow.Workload, main airflow.Container) (has bool, why string) {
	command := strings.Join(slices.Concat(main.Command, main.Args), " ")
	if flowerLoginFlag.MatchString(command) || flowerLocal.MatchString(command) || listensLocally(p, w, main) {
		return true, ""
	}
	basic, _ := p.SettingIn(w, main.Name, "celery", "flower_basic_auth")
	settings := []airflow.Setting{basic}
	for _, name := range []string{"FLOWER_BASIC_AUTH", "FLOWER_AUTH_PROVIDER", "FLOWER_AUTH"} {
		if s, set := p.Env(w, main.Name, name); set {
			settings = append(settings, s)
		}
	}
	for _, s := range settings {
		if s.Known && s.Value != "" {
			return true, ""
		}
		if !s.Known {
			why = whyUnknown(s)
		}
	}
	return false, why
}

func listensLocally(p *rule.Pass, w *airflow.Workload, main airflow.Container) bool {
	for _, name := range []string{"FLOWER_ADDRESS", "AIRFLOW__CELERY__FLOWER_HOST"} {
		if s, set := p.Env(w, main.Name, name); set && s.Clear() && (s.Value == "127.0.0.1" || s.Value == "localhost") {
			return true
		}
	}
	return false
}

// judgeFlowerAPI: since 2.0 Flower opens its API only where it is told to.
func judgeFlowerAPI(p *rule.Pass, w *airflow.Workload, main airflow.Container) {
	s, set := p.Env(w, main.Name, "FLOWER_UNAUTHENTICATED_API")
	if !set || !s.Known && p.Read(snapshot.Secret) && s.Path == main.Path { // not set, as far as can be seen
		return
	}
	if !s.Known {
		p.Unknown("FLOWER_UNAUTHENTICATED_API: " + whyUnknown(s))
		return
	}
	if on, ok := s.On(); !on || !ok {
		return
	}
	f := settingFinding(s, "Flower's API takes commands without a login: FLOWER_UNAUTHENTICATED_API is on"+wideOpen(p, w), settingFixes(p, s, "take FLOWER_UNAUTHENTICATED_API away"))
	f.Severity = flowerSeverity(p, w)
	p.Report(f)
}

func flowerFixes(p *rule.Pass) []rule.Fix {
	key, order := "flower.secretName", "name a Secret whose key basicAuth holds user:password, or set flower.enabled: false"
	if p.Airflow().Dialect == airflow.Community {
		key, order = "flower.basicAuthSecret", "name a Secret whose key basic_auth holds user:password, or set flower.enabled: false"
	}
	if key = p.Reachable(key); key == "" {
		return []rule.Fix{{Kind: rule.Manual, Summary: "set FLOWER_BASIC_AUTH from a Secret"}}
	}
	return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
}

// flowerSeverity is worse for a Flower that is reached from outside the cluster.
func flowerSeverity(p *rule.Pass, w *airflow.Workload) rule.Severity {
	if reachedFromOutside(p, w) != "" {
		return rule.Critical
	}
	return rule.High
}

func wideOpen(p *rule.Pass, w *airflow.Workload) string {
	if by := reachedFromOutside(p, w); by != "" {
		return ", and " + by + " opens it to the outside"
	}
	return ""
}

// reachedFromOutside is the Service or Ingress that leads from outside to a workload's pods; empty where none does.
func reachedFromOutside(p *rule.Pass, w *airflow.Workload) string {
	for _, service := range p.Objects(snapshot.Service) {
		if servedBy(service, []*airflow.Workload{w}) == nil {
			continue
		}
		if kind, _ := service.At("spec", "type").(string); kind == string(corev1.ServiceTypeLoadBalancer) || kind == string(corev1.ServiceTypeNodePort) {
			return service.String()
		}
		for _, ingress := range p.Objects(snapshot.Ingress) {
			if ingress.Namespace == service.Namespace && leadsTo(ingress.At("spec"), service.Name) {
				return ingress.String()
			}
		}
	}
	return ""
}

// leadsTo looks for a backend that names a Service, in any version of the Ingress API.
func leadsTo(node any, service string) bool {
	switch node := node.(type) {
	case map[string]any:
		if backend, ok := node["service"].(map[string]any); ok && backend["name"] == service || node["serviceName"] == service {
			return true
		}
		for _, value := range node {
			if leadsTo(value, service) {
				return true
			}
		}
	case []any:
		for _, value := range node {
			if leadsTo(value, service) {
				return true
			}
		}
	}
	return false
}
