package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// image is a container image's name, taken apart as the container runtimes do.
type image struct {
	Registry string // host and port; docker.io where the name leaves it out
	Path     string // repository in the registry: library/redis
	Tag      string // empty where the name leaves it out
	Digest   string // with its algorithm: sha256:…; empty where the name leaves it out
}

// dockerHosts are other names of Docker Hub.
var dockerHosts = map[string]bool{"index.docker.io": true, "registry-1.docker.io": true, "registry.hub.docker.com": true}

// parseImage takes an image's name apart: the first part is a registry where
// it holds a dot or a colon or is localhost, and Docker Hub's own images live in library/.
func parseImage(name string) image {
	var out image
	name, out.Digest, _ = strings.Cut(name, "@")
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		name, out.Tag = name[:colon], name[colon+1:]
	}
	first, rest, found := strings.Cut(name, "/")
	if found && (strings.ContainsAny(first, ".:") || first == "localhost") {
		out.Registry, out.Path = first, rest
	} else {
		out.Registry, out.Path = "docker.io", name
	}
	if dockerHosts[out.Registry] {
		out.Registry = "docker.io"
	}
	if out.Registry == "docker.io" && !strings.Contains(out.Path, "/") {
		out.Path = "library/" + out.Path
	}
	return out
}

// repository is the image without tag and digest, with its registry.
func (i image) repository() string { return i.Registry + "/" + i.Path }

// under says whether the image comes from a place: a registry, or a path in it.
func (i image) under(place string) bool {
	place = strings.Trim(strings.TrimPrefix(strings.TrimPrefix(place, "https://"), "http://"), "/")
	if host, rest, found := strings.Cut(place, "/"); dockerHosts[host] {
		place = "docker.io"
		if found {
			place += "/" + rest
		}
	}
	return i.repository() == place || strings.HasPrefix(i.repository(), place+"/")
}

// eachImage shows a rule the image of every container. One that names none cannot be judged.
func eachImage(p *rule.Pass, judge func(*airflow.Workload, airflow.Container, image)) {
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			if c.Image == "" {
				p.Unknown(fmt.Sprintf("%s: container %s names no image", w.Ref, c.Name))
				continue
			}
			p.Subjects++
			judge(w, c, parseImage(c.Image))
		}
	}
}

// reportImage is a finding about a container's image.
func reportImage(p *rule.Pass, w *airflow.Workload, c airflow.Container, message, summary string) {
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: c.Path + "/image",
		Message: message, Fixes: imageFixes(p, w, c.Name, summary),
	})
}

// imageFixes name the chart's key for an image where it has one.
func imageFixes(p *rule.Pass, w *airflow.Workload, container, summary string) []rule.Fix {
	if key := p.ValuesKey(w, container, airflow.Image); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: summary, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: summary + " (no values key of the chart is known to set this image)"}}
}
