package reach_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestAnswers(t *testing.T) {
	s := settingOf(t, []string{release, policies})
	for _, c := range []struct {
		from, to string
		verdict  reach.Verdict
		mark     reach.Mark
		decided  string // the decisions in short
	}{
		{"worker", "api-server:8080", reach.Denied, reach.Cut, "egress not-isolated, ingress no-rule by rel-api-server-policy"},
		{"triggerer", "api-server:8080", reach.Denied, reach.Closed, "egress not-isolated, ingress no-rule by rel-api-server-policy"},
		{"worker", "redis:6379", reach.Allowed, reach.Kept, "egress not-isolated, ingress rule rel-redis-policy /spec/ingress/1 from pods component=worker,release=rel,tier=airflow on redis-db"},
		{"triggerer", "redis:6379", reach.Denied, reach.Closed, "egress not-isolated, ingress no-rule by rel-redis-policy"},
		{"worker", "redis:6380", reach.Denied, reach.Closed, "egress not-isolated, ingress no-rule by rel-redis-policy"},
		{"scheduler", "worker:8793", reach.Allowed, reach.Open, "egress not-isolated, ingress not-isolated"},
		{"internet", "api-server:8080", reach.Denied, reach.Closed, "ingress no-rule by rel-api-server-policy"},
		{"internet", "worker:8793", reach.Allowed, reach.Open, "ingress not-isolated"},
		{"ingress", "api-server:8080", reach.Denied, reach.Closed, "ingress no-rule by rel-api-server-policy"},
		{"worker", "internet", reach.Allowed, reach.Kept, "egress not-isolated"},
		{"rel-worker", "rel-worker:8793", reach.Allowed, reach.Open, "egress same-pod, ingress same-pod"},
		{"worker", "worker:8793", reach.Allowed, reach.Open, "egress not-isolated, ingress not-isolated"},
		{"api-server", "api-server:8080", reach.Denied, reach.Closed, "egress not-isolated, ingress no-rule by rel-api-server-policy"},
	} {
		q := one(t, asked(t, s, c.from, c.to))
		if got := decided(q); q.Verdict != c.verdict || q.Mark() != c.mark || got != c.decided {
			t.Errorf("%s %s: %s, %s, %q", c.from, c.to, q.Verdict, q.Mark(), got)
		}
	}
}

func decided(q *reach.Question) string {
	var out []string
	for _, d := range q.Decisions {
		text := string(d.Direction) + " " + string(d.Because)
		if d.Policy != nil {
			text += " " + d.Policy.Name + " " + d.Path + " " + d.Text
		}
		for _, p := range d.Isolating {
			text += " by " + p.Name
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// TestAChangeOpensWhatIsCut applies each change that is offered, and asks again.
func TestAChangeOpensWhatIsCut(t *testing.T) {
	deny := "testdata/deny.yaml"
	for _, files := range [][]string{{release, policies}, {release, deny}, {release, policies, deny}, {release, deny, "testdata/elsewhere.yaml"}} {
		s := settingOf(t, files)
		whole := reach.Whole(s)
		if !whole.AnyCut() {
			t.Fatalf("%v cuts nothing", files)
		}
		var proposed []netpol.Policy
		for i := range whole.Questions {
			q := &whole.Questions[i]
			if (q.Mark() == reach.Cut || q.Mark() == reach.Missed) && len(q.Changes) == 0 {
				t.Errorf("%v: no change is offered for %s to %s", files, q.From, q.To)
			}
			for n, c := range q.Changes {
				proposed = append(proposed, applied(t, c, len(proposed)+n))
			}
		}
		s.Proposed = proposed
		if after := reach.Whole(s); after.Summary.Needed.Cut+after.Summary.Optional.Cut > 0 {
			t.Errorf("%v: %d connections stay cut", files, after.Summary.Needed.Cut+after.Summary.Optional.Cut)
		}
	}
}

// applied is a policy that does what a change says: a rule more is a policy more for the pods that the rule's policy selects.
func applied(t *testing.T, c reach.Change, n int) netpol.Policy {
	t.Helper()
	out := netpol.Policy{Ref: *c.Policy}
	out.Ref.Name += "-" + string(rune('a'+n%26)) + strings.Repeat("x", n/26)
	switch rule := c.Rule.(type) {
	case *networkingv1.NetworkPolicy:
		out.Spec = rule.Spec
		return out
	case networkingv1.NetworkPolicyIngressRule:
		out.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{rule}
		out.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	case networkingv1.NetworkPolicyEgressRule:
		out.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{rule}
		out.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	default:
		t.Fatalf("a change holds a %T", rule)
	}
	component := strings.TrimSuffix(strings.TrimPrefix(c.Policy.Name, "rel-"), "-policy")
	out.Spec.PodSelector.MatchLabels = map[string]string{"component": component}
	return out
}

func TestProposedPoliciesAreMarked(t *testing.T) {
	s := settingOf(t, []string{release, policies}, "testdata/proposed.yaml")
	q := one(t, asked(t, s, "worker", "api-server:8080"))
	if q.Verdict != reach.Allowed || !q.Decisions[1].Policy.Proposed || !q.Decisions[1].Policy.Replaces {
		t.Errorf("%s, decided by %s", q.Verdict, decided(q))
	}
	q = one(t, asked(t, s, "worker", "redis:6379"))
	if q.Decisions[1].Policy.Proposed {
		t.Error("a policy that is in force is called proposed")
	}
}

// TestUnreadPoliciesAllowNothing holds the answer to what was seen.
func TestUnreadPoliciesAllowNothing(t *testing.T) {
	for _, state := range []snapshot.State{snapshot.Forbidden, snapshot.NotCollected} {
		s := settingOf(t, []string{release, policies})
		for i := range s.Model.Snapshot.Coverage {
			if c := &s.Model.Snapshot.Coverage[i]; c.Kind == snapshot.NetworkPolicy {
				c.State, c.Reason = state, "networkpolicies is forbidden"
			}
		}
		r := reach.Whole(s)
		if r.Summary.Unknown != r.Summary.Questions || r.AnyCut() || !r.Incomplete() || r.Summary.Needed.Unclear == 0 {
			t.Errorf("%s: %+v", state, r.Summary)
		}
	}
}

func TestPodsThatDiffer(t *testing.T) {
	s := settingOf(t, []string{"testdata/release.yaml", "testdata/pods.yaml"})
	q := one(t, asked(t, s, "worker", "redis:6379"))
	if q.Verdict != reach.Partly || q.Mark() != reach.Cut {
		t.Fatalf("%s, %s", q.Verdict, q.Mark())
	}
	if len(q.Losses) != 1 || !slices.Equal(q.Losses[0].From, []string{"rel-worker-1"}) {
		t.Errorf("lost %+v", q.Losses)
	}
	for _, d := range q.Decisions {
		if d.Because == reach.NoRule && !slices.Equal(d.Pods, nil) {
			t.Errorf("the refusing side names %v", d.Pods)
		}
	}
}

func TestTheSameAnswerTwice(t *testing.T) {
	var last []byte
	for range 3 {
		text, err := json.Marshal(reach.Whole(settingOf(t, []string{release, policies})))
		if err != nil {
			t.Fatal(err)
		}
		if last != nil && string(last) != string(text) {
			t.Fatal("two runs differ")
		}
		last = text
	}
	if strings.Contains(string(last), "hunter2") {
		t.Error("a secret is in the answer")
	}
}

// TestPoliciesThatCannotBeReadAllowNothing has one whose spec is text, and one with a range that is none.
func TestPoliciesThatCannotBeReadAllowNothing(t *testing.T) {
	s := settingOf(t, []string{release, "testdata/malformed.yaml"})
	if r := reach.Whole(s); r.Summary.Unknown != r.Summary.Questions || !r.Incomplete() || !strings.Contains(r.Coverage.Reason, "networkpolicy/text does not fit") {
		t.Errorf("%+v, %+v", r.Coverage, r.Summary)
	}
	s = settingOf(t, []string{release, "testdata/broken.yaml"})
	if r := reach.Whole(s); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "range") {
		t.Errorf("problems %q", r.Problems)
	}
}

// TestNoFlowIsLost asks the matrix for each needed flow.
func TestNoFlowIsLost(t *testing.T) {
	s := settingOf(t, []string{release, policies})
	r := reach.Whole(s)
	for _, f := range s.Flows {
		if !slices.ContainsFunc(r.Questions, func(q reach.Question) bool {
			return slices.ContainsFunc(q.Needs, func(n reach.Need) bool { return n.Flow == f.ID && n.Why == f.Why })
		}) {
			t.Errorf("no question is about %s from %s to %s", f.ID, f.From.Name, f.To.Name)
		}
	}
}
