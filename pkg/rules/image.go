package rules

import "strings"

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
