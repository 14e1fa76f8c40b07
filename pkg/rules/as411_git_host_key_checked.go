package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var gitHostKeyChecked = &rule.Rule{
	ID:       "AS411",
	Slug:     "git-host-key-checked",
	Title:    "DAGs come from a git server whose identity is checked",
	Why:      "DAGs are code that Airflow runs. Whoever stands between Airflow and the git server, or answers for its name, hands out DAGs of his own where the server's host key or certificate is not checked, and runs on the workers with all their passwords.",
	Fix:      "Over SSH pin the server's host keys in the chart's known-hosts value. Over HTTP use https and keep verification on. Never use git://, which has neither.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Git"},
	Refs: []rule.Ref{
		cis("5.5.1"), mitre("T1557"), mitre("T1525"),
		{Source: "Helm chart for Apache Airflow", ID: "Production guide", URL: "https://airflow.apache.org/docs/helm-chart/stable/production-guide.html"},
		{Source: "git-sync", URL: "https://github.com/kubernetes/git-sync"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkGitHostKeyChecked,
}

// gitKeys are the values that each chart's git-sync takes.
var gitKeys = map[airflow.Dialect]struct{ knownHosts, repo string }{
	airflow.Official:  {"dags.gitSync.knownHosts", "dags.gitSync.repo"},
	airflow.Community: {"dags.gitSync.sshKnownHosts", "dags.gitSync.repo"},
}

// chartGitSyncs are the charts' own containers.
var chartGitSyncs = []string{"git-sync", "git-sync-init", "dags-git-sync", "dags-git-clone"}

func checkGitHostKeyChecked(p *rule.Pass) {
	g := &gathered{pass: p}
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			sync := newGitSync(p, w, c)
			if c.Role == airflow.GitSync {
				p.Subjects++
				sync.judge(g)
			}
			sync.judgeVerification(g)
		}
	}
	judgeBundles(g)
	g.report()
}

// gitSync is one container and what its variables and arguments tell git.
type gitSync struct {
	pass      *rule.Pass
	workload  *airflow.Workload
	container airflow.Container
	set       []airflow.Setting
	complete  bool
}

func newGitSync(p *rule.Pass, w *airflow.Workload, c airflow.Container) *gitSync {
	s := &gitSync{pass: p, workload: w, container: c}
	s.set, s.complete = p.Environment(w, c.Name)
	return s
}

// named is the first of some variables that is set: git-sync 4 reads the older names, too.
func (s *gitSync) named(names ...string) (airflow.Setting, bool) {
	for _, name := range names {
		if i := slices.IndexFunc(s.set, func(v airflow.Setting) bool { return v.Name == name }); i >= 0 {
			return s.set[i], true
		}
	}
	return airflow.Setting{}, false
}

// flag is what a container's arguments give a flag.
func (s *gitSync) flag(name string) (string, bool) {
	words := slices.Concat(s.container.Command, s.container.Args)
	for i, word := range words {
		flag, value, valued := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case flag != name || !strings.HasPrefix(word, "-"):
		case valued:
			return value, true
		case i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"):
			return words[i+1], true
		default:
			return "true", true
		}
	}
	return "", false
}

// repo is where the DAGs come from, as far as it is shown.
func (s *gitSync) repo() string {
	if text, found := s.flag("repo"); found {
		return text
	}
	found, _ := s.named("GITSYNC_REPO", "GIT_SYNC_REPO")
	return found.Value
}

func (s *gitSync) overSSH() bool {
	found, set := s.named("GITSYNC_SSH", "GIT_SYNC_SSH")
	on, _ := found.On()
	_, asked := s.flag("ssh")
	return set && on || asked || isSSH(s.repo())
}

func isSSH(repo string) bool {
	return strings.HasPrefix(repo, "ssh://") || strings.HasPrefix(repo, "git@") || strings.HasPrefix(repo, "git+ssh://")
}

// knownHosts are the names of the switch, those that count first in front.
// Source: https://github.com/kubernetes/git-sync, v3.6 and v4.
func (s *gitSync) knownHosts() []string {
	if _, tag, _ := strings.Cut(s.container.Image, "git-sync:v3"); tag != "" {
		return []string{"GIT_KNOWN_HOSTS", "GIT_SYNC_KNOWN_HOSTS"}
	}
	return []string{"GITSYNC_SSH_KNOWN_HOSTS", "GIT_SYNC_KNOWN_HOSTS", "GIT_KNOWN_HOSTS"}
}

func (s *gitSync) judge(g *gathered) {
	if repo := s.repo(); isClearGit(repo) {
		g.add("repo "+repo, s.finding("git-sync takes the DAGs over a connection without TLS: "+snapshot.Redact(repo), "use https or ssh", gitKeys[s.pass.Airflow().Dialect].repo, "GITSYNC_REPO", "GIT_SYNC_REPO"))
	}
	if !s.overSSH() {
		return
	}
	if text, set := s.flag("ssh-known-hosts"); set {
		if isFalse(text) {
			s.reportKnownHosts(g, "--ssh-known-hosts")
		}
		return
	}
	found, set := s.named(s.knownHosts()...)
	on, plain := found.On()
	switch {
	case !set && !s.complete:
		s.pass.Unknown("container " + s.container.Name + " of " + s.workload.Ref.String() + ": a Secret or ConfigMap that it takes variables from was not read")
	case set && !plain:
		s.pass.Unknown(found.Name + ": " + whyUnknown(found))
	case set && !on:
		s.reportKnownHosts(g, found.Name)
	}
}

func (s *gitSync) reportKnownHosts(g *gathered, name string) {
	key := gitKeys[s.pass.Airflow().Dialect].knownHosts
	g.add("known hosts", s.finding("git-sync does not check the git server's host key: "+name+" is false", "pin the server's host keys", key, name))
}

// judgeVerification finds switches that take certificates unseen. Git looks only whether the variable is set.
// Source: git's http.c.
func (s *gitSync) judgeVerification(g *gathered) {
	if _, set := s.named("GIT_SSL_NO_VERIFY"); set {
		s.pass.Subjects++
		g.add("verify", s.finding("git does not verify certificates: GIT_SSL_NO_VERIFY is set", "take it out, and give git the CA in GIT_SSL_CAINFO", "", "GIT_SSL_NO_VERIFY"))
	}
	config, set := s.named("GITSYNC_GIT_CONFIG", "GIT_SYNC_GIT_CONFIG")
	if set && strings.EqualFold(config.Value, "http.sslVerify:false") {
		g.add("verify config", s.finding("git does not verify certificates: http.sslVerify is off", "take it out, and give git the CA in http.sslCAInfo", "", config.Name))
	}
}

// isClearGit says that a repository is fetched without TLS.
func isClearGit(repo string) bool { return isClearHTTP(repo) || strings.HasPrefix(repo, "git://") }

// finding is one at the first of some variables, or at the container.
func (s *gitSync) finding(message, order, key string, names ...string) rule.Finding {
	f := rule.Finding{
		Target: s.workload.Ref, Component: string(s.workload.Component), Container: s.container.Name, Path: s.container.Path, Message: message,
		Fixes: []rule.Fix{{Kind: rule.Manual, Summary: order}},
	}
	if found, set := s.named(names...); set {
		f.Target, f.Path = found.Ref, found.Path
		if key == "" {
			f.Fixes = settingFixes(s.pass, found, order)
		}
	}
	if key = s.pass.Reachable(key); key != "" && slices.Contains(chartGitSyncs, s.container.Name) {
		f.Fixes = []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
	}
	return f
}
