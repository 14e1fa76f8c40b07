package harden

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// accountKey names a service account.
type accountKey struct{ namespace, name string }

// seat is a workload and the account that its pods run as.
type seat struct {
	w   *airflow.Workload
	old *airflow.Account
	// account is the one after the plan.
	account accountKey
	needs   []airflow.Need
	// rules are what the needs come to, wherever they hold; may are those and what is only assumed.
	rules, may []rbacv1.PolicyRule
	// token says that the pods need one, and loginWhy that it serves to log in elsewhere.
	token    bool
	loginWhy string
	// carries says that the pods have a token, or may have, after the plan.
	carries bool
	// handed says that a volume of its own holds it.
	handed bool
}

func (s *seat) moved() bool { return s.account.name != s.old.Name }

// class is what decides whether components may share an account.
func (s *seat) class() string {
	return fmt.Sprint(s.w.Component.RunsDagCode(), s.may)
}

// unknown are pods that no chart makes: what they need is not known.
func unknown(w *airflow.Workload) bool {
	return w.Component == airflow.Other || w.Component == airflow.OperatorPod
}

const whyUnknown = "no chart knows these pods, so what they need is not known"

// sitDown notes who runs as what, and what they need.
func (p *rbacPlanner) sitDown() {
	for _, a := range p.accounts {
		for _, w := range a.Workloads {
			if w.Owner == nil {
				p.seats = append(p.seats, p.seatOf(w, a))
			}
		}
	}
}

// partAll gives accounts of their own to those who must not share one.
func (p *rbacPlanner) partAll() {
	for _, a := range p.accounts {
		if a.Name == defaultAccount {
			p.leaveDefault(a)
		} else {
			p.part(a)
		}
	}
}

const defaultAccount = "default"

func (p *rbacPlanner) seatOf(w *airflow.Workload, a *airflow.Account) *seat {
	s := &seat{w: w, old: a, account: accountKey{a.Namespace, a.Name}}
	for _, need := range p.model.Needs(w.Component, p.options.Functions...) {
		if p.inUse(need, s) {
			s.needs, s.rules = append(s.needs, need), append(s.rules, need.Rules...)
		}
	}
	s.rules, s.may = airflow.MergeRules(s.rules), p.model.NeededRules(w.Component, p.options.Functions...)
	s.token, s.loginWhy = len(s.needs) > 0, ""
	if login, why := p.model.LogsInByToken(w); login {
		s.token, s.loginWhy = true, why
	}
	return s
}

// assumed are the functions that are taken to be in use where an executor makes pods.
var assumed = []airflow.Function{airflow.PodOperator, airflow.PodOperatorDeferrable, airflow.TaskLogs}

// inUse says whether a need is to be met: one that is only assumed is not
// where the pods have no token or no such right today, so that a plan never
// gives what somebody took away.
func (p *rbacPlanner) inUse(need airflow.Need, s *seat) bool {
	if !slices.Contains(assumed, need.Function) || slices.Contains(p.options.Functions, need.Function) || len(s.old.Gaps) > 0 {
		return true
	}
	if token := p.model.MountsToken(s.w); token.Known && !token.Mounted {
		return false
	}
	var held []rbacv1.PolicyRule
	for _, g := range s.old.Grants {
		held = append(held, g.Rule)
	}
	return slices.ContainsFunc(need.Rules, func(r rbacv1.PolicyRule) bool {
		return slices.ContainsFunc(r.Verbs, func(verb string) bool {
			one := r
			one.Verbs = []string{verb}
			return len(airflow.RightsMissing(held, []rbacv1.PolicyRule{one})) == 0
		})
	})
}

// part gives those who need rights an account of their own, where others with
// different needs share theirs.
func (p *rbacPlanner) part(a *airflow.Account) {
	seats := p.on(a)
	if !slices.ContainsFunc(seats, func(s *seat) bool { return s.class() != seats[0].class() }) || p.keeps("AS307", a.Ref()) {
		return
	}
	for _, s := range seats {
		if len(s.rules) > 0 && whyStay(s) == "" {
			p.move(s, a.Name, "AS307", a.Ref())
		}
	}
}

// leaveDefault gives every component on the account default one of its own.
func (p *rbacPlanner) leaveDefault(a *airflow.Account) {
	for _, s := range p.on(a) {
		switch why := whyStay(s); {
		case p.keeps("AS308", s.w.Ref):
		case why != "":
			p.leave("AS308", s.w.Ref, s.w, why)
		default:
			p.move(s, p.model.Release, "AS308", s.w.Ref)
		}
	}
}

// on are the seats whose pods run as an account today.
func (p *rbacPlanner) on(a *airflow.Account) []*seat {
	return slices.DeleteFunc(slices.Clone(p.seats), func(s *seat) bool { return s.old != a })
}

// cloudIdentities are the annotations by which clouds lend an identity to an account by its name.
// Sources: amazon-eks-pod-identity-webhook, GKE Workload Identity, azure-workload-identity.
var cloudIdentities = []string{"eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"}

// whyStay says why pods cannot run as another account; empty where they can.
func whyStay(s *seat) string {
	switch {
	case unknown(s.w):
		return whyUnknown
	case s.old.Unread != "":
		return s.old.Unread
	case s.loginWhy != "":
		return s.loginWhy + ", and what it logs in to knows the account by its name: give the new account its rights there first, then set it in the pods"
	}
	if name := lentBy(s.old); name != "" {
		return "the cloud lends this account an identity by its name (" + name + "): let it trust the new account first, then set that in the pods"
	}
	return ""
}

// lentBy is the annotation by which a cloud lends an account an identity; empty where none does.
func lentBy(a *airflow.Account) string {
	if a.Object == nil {
		return ""
	}
	annotations := a.Object.Annotations()
	for _, name := range cloudIdentities {
		if annotations[name] != "" {
			return name
		}
	}
	return ""
}

// move seats pods on an account of their own.
func (p *rbacPlanner) move(s *seat, base, rule string, finding snapshot.Ref) {
	s.account.namespace = s.w.Namespace()
	s.account.name = p.freeName(s.account.namespace, shortened(base+"-"+string(s.w.Component)))
	p.change(s.w, rule, finding, "", change.Change{Op: change.Set, Path: s.w.SpecPath() + "/serviceAccountName", Value: s.account.name})
	p.account(s, rule, finding)
}

// freeName is a name that no account of others has.
func (p *rbacPlanner) freeName(namespace, name string) string {
	if o := p.model.Snapshot.Find(snapshot.ServiceAccount, namespace, name); o != nil && !p.isOwn(o) {
		return shortened("airflowsec-" + name)
	}
	return name
}

// nameLimit is what a name may have where it becomes a label or part of an address.
const nameLimit = 63

// shortened keeps names within the limit, and different ones different.
func shortened(name string) string {
	if len(name) <= nameLimit {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	sum := strconv.FormatUint(uint64(h.Sum32()), 36)
	return strings.TrimRight(name[:nameLimit-len(sum)-1], "-.") + "-" + sum
}
