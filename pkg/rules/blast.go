package rules

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// The weights of the blast radius: a simple sum, so that everybody can do it
// again by hand. What opens everything weighs as much as many small things.
const (
	weighPort     = 1  // a port of the release's pods that is reached without need
	weighMetadata = 25 // the cloud metadata service is reached
	weighAPI      = 5  // the Kubernetes API is reached without need
	weighInternet = 5  // the internet is reached
	weighRight    = 1  // a right of the service account: one verb on one resource
	weighPower    = 15 // rights that lead to all others: see powers
	weighKey      = 1  // a key of a Secret in the container
	weighMaster   = 4  // the same, more, for a key that opens all of Airflow: see masterKeys
)

// blast is what DAG code in one workload's pods can reach, do and read.
type blast struct {
	ports, metadata, internet int
	api                       bool
	account                   string
	rights                    int
	powers                    []string
	keys                      int
	masters                   []string
	gaps                      []string // why there may be more
}

func (b *blast) reach() int {
	sum := b.ports*weighPort + min(b.metadata, 1)*weighMetadata + b.internet*weighInternet
	if b.api {
		sum += weighAPI
	}
	return sum
}

func (b *blast) do() int   { return b.rights*weighRight + len(b.powers)*weighPower }
func (b *blast) read() int { return b.keys*weighKey + len(b.masters)*weighMaster }
func (b *blast) sum() int  { return b.reach() + b.do() + b.read() }

// words are the parts of the sum, each with its share.
func (b *blast) words() string {
	var places []string
	add := func(is bool, text string) {
		if is {
			places = append(places, text)
		}
	}
	add(b.ports > 0, counted(b.ports, "port")+" of the release without need")
	add(b.metadata > 0, "the cloud metadata service")
	add(b.api, "the Kubernetes API without need")
	add(b.internet > 0, "the internet")
	var out []string
	if len(places) > 0 {
		out = append(out, fmt.Sprintf("it reaches %s (%d)", andList(places), b.reach()))
	}
	if b.do() > 0 {
		out = append(out, fmt.Sprintf("service account %s gives it %s%s (%d)", b.account, counted(b.rights, "right"), among(b.powers), b.do()))
	}
	if b.read() > 0 {
		out = append(out, fmt.Sprintf("its container holds %s of Secrets%s (%d)", counted(b.keys, "key"), among(b.masters), b.read()))
	}
	return strings.Join(out, "; ")
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func among(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ", among them " + andList(list)
}

// advice is what reduces the sum most.
func (b *blast) advice() string {
	switch most := max(b.reach(), b.do(), b.read()); most {
	case b.reach():
		return "most comes from the network: isolate the pods (" + generate + ")"
	case b.do():
		return "most comes from service account " + b.account + ": take the token out of the pods, or leave only the rights they need (AS301 to AS309 say which)"
	}
	return "most comes from Secrets in the container: leave out the keys that tasks can do without, and read connections from a secrets backend"
}

func blastOf(p *rule.Pass, g podGroup, groups []podGroup) *blast {
	b := &blast{}
	b.addReach(p, g, groups)
	if len(g.workload.Spec.Containers) > 0 { // else DAG authors choose account and Secrets, and AS303 and AS304 judge what they can choose from
		b.addRights(p, g.workload)
		b.addSecrets(p, g.workload)
	}
	return b
}

func (b *blast) addReach(p *rule.Pass, g podGroup, groups []podGroup) {
	n, flows := p.Network(), p.Flows()
	for _, to := range groups {
		if to.workload == g.workload {
			continue
		}
		for _, d := range doorsOf(p, to, func(airflow.NamedPort) bool { return true }) {
			if !d.neededBy(g, flows) && d.reachedBy(n, g) {
				b.ports++
			}
		}
	}
	e := &egress{Network: n}
	b.metadata = len(e.metadata(g, flows))
	if slices.ContainsFunc(g.pods, func(pod int) bool { return internetReached(n, pod) }) {
		b.internet = 1
	}
	if needed, _ := p.NeedsAPI(g.workload); !needed {
		b.api = e.api(g, findAPIServer(p))
	}
}

// powers are rights that lead to all others. Source: Kubernetes, Role Based
// Access Control Good Practices, "Privilege escalation risks".
var powers = []struct {
	name   string
	rights []rbacv1.PolicyRule
}{
	{"reading Secrets", []rbacv1.PolicyRule{single("", "secrets", "get"), single("", "secrets", "list"), single("", "secrets", "watch")}},
	{"making pods", []rbacv1.PolicyRule{
		single("", "pods", "create"), single("batch", "jobs", "create"), single("batch", "cronjobs", "create"),
		single("apps", "deployments", "create"), single("apps", "statefulsets", "create"), single("apps", "daemonsets", "create"),
	}},
	{"running commands in pods", []rbacv1.PolicyRule{single("", "pods/exec", "create"), single("", "pods/exec", "get"), single("", "pods/attach", "create")}},
	{"giving itself more rights", []rbacv1.PolicyRule{
		single(rbacv1.GroupName, "roles", "escalate"), single(rbacv1.GroupName, "clusterroles", "escalate"),
		single(rbacv1.GroupName, "rolebindings", "create"), single(rbacv1.GroupName, "clusterrolebindings", "create"),
		single("", "serviceaccounts/token", "create"), single("", "users", "impersonate"), single("", "serviceaccounts", "impersonate"),
	}},
}

// addRights counts what the service account may do, where the pods carry its token.
func (b *blast) addRights(p *rule.Pass, w *airflow.Workload) {
	b.account = w.ServiceAccount()
	token := p.Token(w)
	if !token.Known {
		b.gaps = append(b.gaps, fmt.Sprintf("%s: whether a token is mounted is not known: %s", w.Ref, token.Why))
		return
	}
	if !token.Mounted {
		return
	}
	for _, a := range p.Accounts() {
		if a.Namespace != w.Namespace() || a.Name != b.account {
			continue
		}
		b.gaps = append(b.gaps, a.Gaps...)
		var all []rbacv1.PolicyRule
		for _, grant := range a.Grants {
			all = append(all, beyond([]rbacv1.PolicyRule{grant.Rule}, nil)...)
		}
		b.rights = len(singles(all))
		for _, power := range powers {
			if slices.ContainsFunc(power.rights, func(asked rbacv1.PolicyRule) bool {
				return slices.ContainsFunc(all, func(r rbacv1.PolicyRule) bool { r.ResourceNames = nil; return gives(r, asked) })
			}) {
				b.powers = append(b.powers, power.name)
			}
		}
	}
}

// singles are rights one by one, each once: a verb on a resource.
func singles(list []rbacv1.PolicyRule) []string {
	var out []string
	for _, r := range list {
		for _, one := range validation.BreakdownRule(r) {
			out = append(out, strings.Join(slices.Concat(one.APIGroups, one.Resources, one.ResourceNames, one.Verbs), " "))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
