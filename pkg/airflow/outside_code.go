package airflow

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const gitServer = "the git server"

// gitVariables and gitFlags name the repository that a git-sync container fetches.
// Source: git-sync's manual, v3 and v4.
var (
	gitVariables = []string{"GITSYNC_REPO", "GIT_SYNC_REPO"}
	gitFlags     = []string{"--repo", "-repo"}
)

// gitTargets are the server that a git-sync container fetches DAGs from; flags win over variables.
func gitTargets(s site) []target {
	for i, word := range slices.Concat(s.c.Command, s.c.Args) {
		flag, value, joined := strings.Cut(word, "=")
		if !slices.Contains(gitFlags, flag) {
			continue
		}
		at := Setting{Value: value, Known: true, Ref: s.w.Ref, Path: s.c.Path + "/args"}
		if rest := slices.Concat(s.c.Command, s.c.Args)[i+1:]; !joined && len(rest) > 0 {
			at.Value = rest[0]
		}
		return gitAt(at)
	}
	for _, name := range gitVariables {
		if at, set := s.variable(name); set {
			return gitAt(at)
		}
	}
	if s.c.Role == GitSync && s.config.unread != "" {
		return []target{{what: gitServer, ports: onPorts(22, 443), unknown: s.config.unread, note: usualPort, ref: s.w.Ref, path: s.c.Path}}
	}
	return nil
}

// gitAt reads a repository's address: a URL, user@host:path, or a folder, which needs no network.
func gitAt(at Setting) []target {
	text := at.Value
	if strings.HasPrefix(text, "/") || strings.HasPrefix(text, "file://") {
		return nil
	}
	if !strings.Contains(text, "://") {
		before, _, short := strings.Cut(text, ":")
		if _, host, user := strings.Cut(before, "@"); short && user && isDNSName(host) {
			return []target{{what: gitServer, host: host, ports: onPorts(22), ref: at.Ref, path: at.Path}}
		}
	}
	t := targetAt(gitServer, at, 0, false)
	if t.unknown != "" && !strings.Contains(text, "://") {
		t.ports = onPorts(22, 443)
	}
	return []target{t}
}

// bundleHosts are the places of DAG bundles that are no git repository, by the
// end of their class. Source: the Amazon and Google providers' documentation.
var bundleHosts = map[string]func(site, Setting, bundle) target{
	"S3DagBundle": func(s site, at Setting, _ bundle) target { return s.amazon("Amazon S3", "s3", at, "") },
	"GCSDagBundle": func(_ site, at Setting, _ bundle) target {
		return fixed("Google Cloud Storage", "storage.googleapis.com", at, 443)
	},
}

// bundle is one entry of [dag_processor] dag_bundle_config_list.
type bundle struct {
	Class  string         `json:"classpath"`
	Kwargs map[string]any `json:"kwargs"`
}

func (b bundle) text(key string) string {
	text, _ := b.Kwargs[key].(string)
	return text
}

// bundleTargets are where Airflow 3 itself fetches DAG bundles from.
// Source: providers/git, src/airflow/providers/git/bundles/git.py.
func bundleTargets(s site) []target {
	at, set := s.option("dag_processor", "dag_bundle_config_list")
	if !set {
		return nil
	}
	var list []bundle
	if !at.Known || json.Unmarshal([]byte(at.Value), &list) != nil {
		return []target{hidden("the source of the DAG bundles", at, 22, 443)}
	}
	var out []target
	for _, b := range list {
		class := b.Class[strings.LastIndex(b.Class, ".")+1:]
		switch place, known := bundleHosts[class]; {
		case class == "LocalDagBundle":
		case known:
			out = append(out, place(s, at, b))
		case class != "GitDagBundle":
			out = append(out, target{what: "the source of a DAG bundle", ports: onPorts(443), unknown: "how the bundle's class fetches DAGs is not known", ref: at.Ref, path: at.Path})
		case b.text("repo_url") != "":
			repository := at
			repository.Value = b.text("repo_url")
			out = append(out, gitAt(repository)...)
		default:
			out = append(out, s.gitConnection(at, first(b.text("git_conn_id"), "git_default"))...)
		}
	}
	return out
}

// gitConnection reads the Airflow connection that names a repository, where a variable holds it.
func (s site) gitConnection(at Setting, id string) []target {
	behindName := target{what: gitServer, ports: onPorts(22, 443), unknown: "it stands in one of Airflow's connections", note: usualPort, ref: at.Ref, path: at.Path}
	if len(snapshot.MaskedIn(id)) > 0 {
		return []target{behindName}
	}
	found, set := s.variable("AIRFLOW_CONN_" + strings.ToUpper(id))
	connection := struct {
		Host string `json:"host"`
	}{}
	if !set || !found.Known || json.Unmarshal([]byte(found.Value), &connection) != nil || connection.Host == "" {
		return []target{behindName}
	}
	found.Value = connection.Host
	return gitAt(found)
}

// pipVariables name other indices than PyPI; those of the first list stand in its place.
// Sources: pip's and uv's documentation of their configuration.
var pipVariables = [2][]string{
	{"PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"},
	{"PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL"},
}

// installs says whether a container installs Python packages when it starts:
// the community chart's own, or Apache's image where the variable asks for it.
func installs(s site) bool {
	asked, set := s.variable("_PIP_ADDITIONAL_REQUIREMENTS")
	return s.c.Role == PipInstall || set && (!asked.Known || strings.TrimSpace(asked.Value) != "")
}

func pipTargets(s site) []target {
	const index = "the index of Python packages"
	var out []target
	other := false
	for i, names := range pipVariables {
		for _, name := range names {
			at, set := s.variable(name)
			if !set {
				continue
			}
			other = other || i == 0
			for _, one := range listed(at.Value) {
				each := at
				each.Value = one
				out = append(out, targetAt(index, each, 443, false))
			}
			if !at.Known {
				out = append(out, hidden(index, at, 443))
			}
		}
	}
	if !other {
		at := Setting{Ref: s.w.Ref, Path: s.c.Path}
		out = append(out, fixed(index, "pypi.org", at, 443), fixed(index, "files.pythonhosted.org", at, 443))
	}
	return out
}

// runsDagCode says whether DAG authors' code runs in a workload's pods: also
// in the scheduler where tasks run in it or it parses the DAG files.
func (m *Model) runsDagCode(w *Workload) bool {
	if w.Component != Scheduler {
		return w.Component.RunsDagCode()
	}
	return m.Local() || m.Major < 3 && !m.Has(DagProcessor)
}

// codeFlows stand for what DAG code talks to by itself, which nothing of the
// release shows, but for components for which the profile declares connections.
func (m *Model) codeFlows(declared []Flow) []Flow {
	said := map[Component]bool{}
	for _, f := range declared {
		said[f.From.Component()] = true
	}
	var out []Flow
	for _, w := range m.connecting() {
		if !m.runsDagCode(w) || said[w.Component] {
			continue
		}
		out = append(out, Flow{
			ID: "dag-targets", From: m.endOf(w), To: End{Place: Anywhere, Name: "what DAG code talks to"}, Demand: Optional,
			Why:    "DAG code cannot reach what it reads from and writes to",
			Source: "Airflow's security model: DAG authors run any code in these pods", Evidence: w.Ref,
			Note: "no manifest shows these connections; the profile's parameters.egress may declare them for " + string(w.Component),
		})
	}
	return out
}
