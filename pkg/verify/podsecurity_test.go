package verify_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// podSecurityRules are those whose findings the plans under test close; the
// namespace's labels follow from what the pods then pass.
var podSecurityRules = []string{"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107", "AS108"}

// podPlan is one release before and after the Pod Security part of its plan.
type podPlan struct {
	profile       *profile.Profile
	before, after *snapshot.Snapshot
	was, is       *airflow.Model
	report, left  *check.Report // before, and what is left after
	plan          *plan.Plan
}

func planPods(t testing.TB, s *snapshot.Snapshot, level rule.Level) podPlan {
	t.Helper()
	p := podPlan{profile: &profile.Profile{Name: string(level), Level: level}, before: s, was: airflow.New(s)}
	p.report = judged(t, p.was, p.profile)
	p.plan = podSteps(t, p.report)
	p.after = replayOf(t, s, p.plan)
	p.is = airflow.New(p.after)
	p.left = judged(t, p.is, p.profile)
	return p
}

// judged asks all rules at one level, and at the others those under test.
func judged(t testing.TB, m *airflow.Model, with *profile.Profile) *check.Report {
	t.Helper()
	asked := rules.All()
	if with.Level != rule.Restricted {
		asked = slices.DeleteFunc(asked, func(r *rule.Rule) bool { return !slices.Contains(podSecurityRules, r.ID) })
	}
	report, err := check.Run(m, asked, with)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func podSteps(t testing.TB, report *check.Report) *plan.Plan {
	t.Helper()
	p, err := plan.Of(plan.Wanted(report, podSecurityRules))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func replayOf(t testing.TB, s *snapshot.Snapshot, p *plan.Plan) *snapshot.Snapshot {
	t.Helper()
	var changes []change.Change
	for _, step := range p.Steps {
		changes = append(changes, step.Change)
	}
	out, err := verify.Replay(s, changes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fingerprints are the findings of a report by their fingerprints.
func fingerprints(report *check.Report) map[string]string {
	out := map[string]string{}
	for _, result := range report.Results {
		for _, f := range result.Findings {
			out[f.Fingerprint] = fmt.Sprintf("%s %s/%s %s %s: %s", result.Rule, f.Target.Kind, f.Target.Name, f.Container, f.Path, f.Message)
		}
	}
	return out
}

// TestPodSecurityPlans replays the plan of each release and profile.
func TestPodSecurityPlans(t *testing.T) {
	for name, path := range releases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := withNamespaces(read(t, path))
			for _, level := range rule.Levels {
				t.Run(string(level), func(t *testing.T) {
					p := planPods(t, s, level)
					p.keepsItsWord(t)
					p.passes(t)
					p.touchesNothingElse(t)
					p.keepsUsersAndGroups(t)
					p.isDoneOnce(t)
					if level == rule.Restricted {
						p.labelsNamespaces(t)
					}
				})
			}
		})
	}
}

// keepsItsWord compares the findings before and after: what a step names is
// gone, nothing is new, and what is left has a reason.
func (p podPlan) keepsItsWord(t *testing.T) {
	t.Helper()
	was, is := fingerprints(p.report), fingerprints(p.left)
	for _, step := range p.plan.Steps {
		if len(step.Fingerprints) == 0 {
			t.Errorf("%s %s closes nothing", step.Target, step.Path)
		}
		for _, f := range step.Fingerprints {
			if is[f] != "" {
				t.Errorf("the plan claims to close %s", is[f])
			}
		}
	}
	for f, told := range is {
		if was[f] == "" {
			t.Errorf("new: %s", told)
		}
	}
	for _, left := range p.plan.Left {
		if left.Reason == "" {
			t.Errorf("%s is left without a reason", left.Finding.Message)
		}
		delete(is, left.Finding.Fingerprint)
	}
	for _, told := range is {
		if slices.Contains(podSecurityRules, told[:5]) {
			t.Errorf("neither planned nor left: %s", told)
		}
	}
}

// passes asks the evaluator itself, about hook Jobs and task pods, too.
func (p podPlan) passes(t *testing.T) {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	if p.profile.Level == rule.Baseline {
		asked.Level = api.LevelBaseline
	}
	for _, w := range p.is.Workloads {
		if result := policy.AggregateCheckResults(evaluator.EvaluatePod(asked, &w.Meta, &w.Spec)); !result.Allowed {
			t.Errorf("%s does not pass %s: %s", w.Ref, asked.Level, result.ForbiddenDetail())
		}
	}
	if len(p.is.Workloads) != len(p.was.Workloads) {
		t.Errorf("%d workloads became %d", len(p.was.Workloads), len(p.is.Workloads))
	}
}

// touchesNothingElse compares the objects field by field.
func (p podPlan) touchesNothingElse(t testing.TB) {
	t.Helper()
	planned, removed := map[snapshot.Ref][]string{}, map[string]bool{}
	for _, step := range p.plan.Steps {
		planned[step.Target] = append(planned[step.Target], step.Path)
		removed[step.Path] = step.Op == change.Remove
	}
	if len(p.before.Objects) != len(p.after.Objects) {
		t.Fatalf("%d objects became %d", len(p.before.Objects), len(p.after.Objects))
	}
	for i, o := range p.before.Objects {
		now := p.after.Objects[i]
		for _, path := range differences("", o.Content, now.Content) {
			if !slices.ContainsFunc(planned[o.Ref], func(step string) bool { return path == step || strings.HasPrefix(path, step+"/") }) {
				t.Errorf("%s: %s changed and no step says so", o.Ref, path)
			}
			if _, still := change.Lookup(now.Content, path); !still && !removed[path] && !strings.Contains(path, "/securityContext/") {
				t.Errorf("%s: %s is gone", o.Ref, path)
			}
		}
		o.Content, now.Content, o.Managers, now.Managers = nil, nil, nil, nil
		if !reflect.DeepEqual(o, now) {
			t.Errorf("%s changed outside its content", o.Ref)
		}
	}
}

// differences are the paths of the leaves in which two values differ, with
// list entries by their keys and YAML texts opened, as plans write paths.
func differences(path string, a, b any) []string {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	if inner, ok := openedTexts(a, b); ok {
		return differences(path+"#", inner[0], inner[1])
	}
	parts, others := partsOf(a, b), partsOf(b, a)
	if parts == nil || others == nil {
		return []string{path}
	}
	var out []string
	all := maps.Clone(parts)
	maps.Copy(all, others)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, differences(path+"/"+change.Escape(key), parts[key], others[key])...)
	}
	return out
}

// openedTexts are two texts that both hold YAML maps.
func openedTexts(a, b any) (out [2]any, ok bool) {
	for i, text := range []any{a, b} {
		words, isText := text.(string)
		into := map[string]any{}
		if !isText || yaml.Unmarshal([]byte(words), &into) != nil {
			return out, false
		}
		out[i] = into
	}
	return out, true
}

// partsOf are the entries of a map or list; for nothing, as of other. Nil for a leaf.
func partsOf(value, other any) map[string]any {
	switch at := value.(type) {
	case nil:
		if partsOf(other, 0) != nil {
			return map[string]any{}
		}
	case map[string]any:
		return at
	case []any:
		out := map[string]any{}
		for i, entry := range at {
			m, ok := entry.(map[string]any)
			if !ok {
				return nil
			}
			out[keyOf(m, i)] = entry
		}
		return out
	}
	return nil
}

func keyOf(entry map[string]any, i int) string {
	for _, field := range []string{"mountPath", "name"} {
		if value, ok := entry[field].(string); ok {
			return field + "=" + value
		}
	}
	return fmt.Sprint(i)
}

// keepsUsersAndGroups compares who runs what: a user other than root stays,
// a group stays, and nothing that may be root has to be started as another.
func (p podPlan) keepsUsersAndGroups(t *testing.T) {
	t.Helper()
	for i, w := range p.was.Workloads {
		now := p.is.Workloads[i]
		before, after := contextOf(&w.Spec), contextOf(&now.Spec)
		switch {
		case before.FSGroup != nil && !reflect.DeepEqual(before.FSGroup, after.FSGroup):
			t.Errorf("%s: fsGroup %d became %v", w.Ref, *before.FSGroup, after.FSGroup)
		case before.FSGroup == nil && after.FSGroup != nil && w.Component != airflow.Broker:
			t.Errorf("%s: fsGroup %d was added", w.Ref, *after.FSGroup)
		}
		for j, c := range w.Containers() {
			user, userNow := userIn(before, c), userIn(after, now.Containers()[j])
			if user != nil && *user != 0 && !reflect.DeepEqual(user, userNow) {
				t.Errorf("%s: container %s ran as %d and now as %v", w.Ref, c.Name, *user, userNow)
			}
			isNew := mustNotBeRoot(after, now.Containers()[j]) && !mustNotBeRoot(before, c) && c.Kind != airflow.Ephemeral
			if isNew && (userNow == nil || *userNow == 0) {
				t.Errorf("%s: container %s may not be root, and nothing says who it is", w.Ref, c.Name)
			}
		}
	}
}

func contextOf(spec *corev1.PodSpec) corev1.PodSecurityContext {
	if spec.SecurityContext == nil {
		return corev1.PodSecurityContext{}
	}
	return *spec.SecurityContext
}

func userIn(pod corev1.PodSecurityContext, c airflow.Container) *int64 {
	if c.SecurityContext != nil && c.SecurityContext.RunAsUser != nil {
		return c.SecurityContext.RunAsUser
	}
	return pod.RunAsUser
}

func mustNotBeRoot(pod corev1.PodSecurityContext, c airflow.Container) bool {
	if c.SecurityContext != nil && c.SecurityContext.RunAsNonRoot != nil {
		return *c.SecurityContext.RunAsNonRoot
	}
	return pod.RunAsNonRoot != nil && *pod.RunAsNonRoot
}

// isDoneOnce applies a plan again, and asks for another one.
func (p podPlan) isDoneOnce(t testing.TB) {
	t.Helper()
	for i, o := range replayOf(t, p.after, p.plan).Objects {
		if !reflect.DeepEqual(o.Content, p.after.Objects[i].Content) {
			t.Errorf("%s: the plan applied twice is not the plan applied once", o.Ref)
		}
	}
	if more := podSteps(t, p.left); !more.Empty() {
		t.Errorf("on the hardened release there is more to do: %v", more.Steps)
	}
}

// labelsNamespaces labels a namespace before and after the plan.
func (p podPlan) labelsNamespaces(t *testing.T) {
	t.Helper()
	for _, n := range labelsFor(t, p.was) {
		if n.Enforce == api.LevelPrivileged {
			t.Errorf("%s: nothing a chart renders breaks baseline, yet %v", n.Target, n)
		}
	}
	var changes []change.Change
	for _, n := range labelsFor(t, p.is) {
		if n.Enforce != api.LevelRestricted || len(n.Below) > 0 || n.Unknown != "" {
			t.Errorf("%s enforces %s: %v %s", n.Target, n.Enforce, n.Below, n.Unknown)
		}
		changes = append(changes, n.Changes...)
	}
	labelled, err := verify.Replay(p.after, changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, told := range fingerprints(judged(t, airflow.New(labelled), p.profile)) {
		if strings.HasPrefix(told, "AS109") {
			t.Error(told)
		}
	}
	for _, n := range labelsFor(t, airflow.New(labelled)) {
		if len(n.Changes) > 0 {
			t.Errorf("there is more to label: %v", n.Changes)
		}
	}
}

func labelsFor(t *testing.T, m *airflow.Model) []rules.NamespaceLevel {
	t.Helper()
	out, err := rules.NamespaceLabels(m, rule.Restricted)
	if err != nil || len(out) == 0 {
		t.Fatalf("no namespace is labelled: %v", err)
	}
	return out
}

// withNamespaces adds those in which the release runs pods.
func withNamespaces(s *snapshot.Snapshot) *snapshot.Snapshot {
	out := *s
	out.Objects = slices.Clone(s.Objects)
	names := map[string]bool{}
	for _, w := range airflow.New(s).Workloads {
		names[w.Namespace()] = true
	}
	for name := range names {
		if s.Find(snapshot.Namespace, "", name) != nil {
			continue
		}
		out.Objects = append(out.Objects, snapshot.Object{
			Ref: snapshot.Ref{APIVersion: "v1", Kind: "Namespace", Name: name}, Origin: s.Objects[0].Origin,
			Content: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}},
		})
	}
	out.Sort()
	return &out
}

// BenchmarkPodSecurityPlan is what a plan costs once the findings are there.
func BenchmarkPodSecurityPlan(b *testing.B) {
	all := releases(b)
	path, found := all["community-8.9.0/00-defaults"]
	if !found {
		path = all["sample"]
	}
	report := judged(b, airflow.New(read(b, path)), &profile.Profile{Name: "restricted", Level: rule.Restricted})
	b.ReportAllocs()
	for b.Loop() {
		podSteps(b, report)
	}
}

// copyOf shares nothing with its original that a test changes.
func copyOf(s *snapshot.Snapshot) *snapshot.Snapshot {
	out := *s
	out.Objects = slices.Clone(s.Objects)
	for i := range out.Objects {
		out.Objects[i].Content = runtime.DeepCopyJSON(out.Objects[i].Content)
	}
	return &out
}

// TestRunningTasksAreNoNewFindings holds a plan for the task pod template
// against pods that run while it is made: those of the template, and one whose
// DAG asked for something else.
func TestRunningTasksAreNoNewFindings(t *testing.T) {
	path, found := releases(t)["official-1.22.0/02-kubernetes-executor"]
	if !found {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	s := copyOf(read(t, path))
	templates := slices.DeleteFunc(airflow.New(s).Find(airflow.TaskPod), func(w *airflow.Workload) bool { return !w.Future })
	for _, name := range []string{"plain", "other"} {
		spec := templates[0].Spec.DeepCopy()
		if name == "other" {
			spec.HostNetwork = true
		}
		pod := decoded(t, &corev1.Pod{ObjectMeta: templates[0].Meta, Spec: *spec})
		meta := pod["metadata"].(map[string]any)
		labels, _ := meta["labels"].(map[string]any)
		labels["kubernetes_executor"], meta["name"], meta["namespace"] = "True", name, "airflow"
		s.Objects = append(s.Objects, snapshot.Object{
			Ref: snapshot.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "airflow", Name: name}, Origin: snapshot.Live, Content: pod,
		})
	}
	s.Sort()
	p := planPods(t, s, rule.Restricted)
	p.keepsItsWord(t)
	if p.after.Find(snapshot.Pod, "airflow", "other") == nil || p.after.Find(snapshot.Pod, "airflow", "plain") != nil {
		t.Error("the pod that differs from the template goes, or the other stays")
	}
}
