package plan

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestFatesOfEverySource foresees the same change where Helm's manifest comes
// from its record, from files, from what Helm owns, or from nowhere.
func TestFatesOfEverySource(t *testing.T) {
	uid := setting("/securityContext/runAsUser", int64(999))
	for _, test := range []struct {
		name   string
		adjust func(*snapshot.Snapshot)
		want   string
	}{
		{"a record", func(*snapshot.Snapshot) {}, "reverted conflicts: the release's manifest sets it to 0"},
		{"files", func(s *snapshot.Snapshot) {
			s.Release = snapshot.Release{Record: snapshot.FromFiles}
		}, "reverted conflicts: the release's manifest sets it to 0"},
		{"no record, and Helm's own fields", func(s *snapshot.Snapshot) {
			s.Release, s.Coverage = snapshot.Release{Record: snapshot.Recognised}, nil
			s.Objects[0].Managers = []snapshot.Manager{{Name: "helm", Operation: "Update", Fields: decoded(t, `{f:spec: {f:template: {f:spec: {f:securityContext: {f:runAsUser: {}}}}}}`)}}
		}, "reverted conflicts: Helm has set it to 0"},
		{"no record, and nothing of Helm's", func(s *snapshot.Snapshot) {
			s.Release, s.Coverage = snapshot.Release{Record: snapshot.Recognised}, nil
		}, "survives survives"},
		{"a record without the object", func(s *snapshot.Snapshot) { s.Release.Manifest = nil }, "survives survives"},
		{"a hook of upgrades", func(s *snapshot.Snapshot) {
			hook := s.Release.Manifest[0]
			hook.Content["metadata"].(map[string]any)["annotations"] = map[string]any{"helm.sh/hook": "post-install,post-upgrade"}
			s.Release.Manifest, s.Release.Hooks = nil, []snapshot.Object{hook}
		}, "reverted reverted: Helm makes this hook anew at every upgrade"},
		{"a hook of the installation", func(s *snapshot.Snapshot) {
			hook := s.Release.Manifest[0]
			hook.Content["metadata"].(map[string]any)["annotations"] = map[string]any{"helm.sh/hook": "pre-install"}
			s.Release.Manifest, s.Release.Hooks = nil, []snapshot.Object{hook}
		}, "survives survives"},
	} {
		s := installed(t, redisManifest)
		test.adjust(s)
		if got := fates(t, s, uid); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestFateByField is about the forms that paths and values have.
func TestFateByField(t *testing.T) {
	role := ref("rbac.authorization.k8s.io/v1", "Role", "r")
	config := ref("v1", "ConfigMap", "c")
	policy := ref("networking.k8s.io/v1", "NetworkPolicy", "new")
	s := installed(t, redisManifest,
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: team}, rules: [{apiGroups: [''], resources: [pods], verbs: [get, list]}]}`,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: team}, data: {pod.yaml: 'spec: {a: 1}', other: x}}`)
	for _, test := range []struct {
		change change.Change
		want   string
	}{
		{change.Change{Target: role, Op: change.Set, Path: "/rules/0/verbs", Value: []any{"get"}}, `reverted conflicts: the release's manifest sets it to ["get","list"]`},
		{change.Change{Target: role, Op: change.Set, Path: "/rules/0/resourceNames", Value: []any{"x"}}, "reverted conflicts: the release's manifest sets what this is a part of"},
		{change.Change{Target: role, Op: change.Put, Value: decoded(t, `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r, namespace: team}, rules: []}`)},
			"reverted conflicts: the release's manifest sets a longer value"},
		{change.Change{Target: policy, Op: change.Put, Value: map[string]any{"kind": "NetworkPolicy"}}, "survives survives"},
		{change.Change{Target: config, Op: change.Set, Path: "/data/pod.yaml#/spec/b", Value: true}, `reverted conflicts: the release's manifest sets it to "spec: {a: 1}"`},
		{setting("/containers/1/securityContext/runAsUser", int64(2)), "reverted conflicts: the release's manifest sets it to 1000"},
		{setting("/containers/1/securityContext/runAsUser", int64(1000)), "survives survives"},
		{removing("/volumes/name=config"), `reverted reverted: the release's manifest sets it to {"configMap":{"name":"c"},"name":"config"}`},
		{removing("/volumes/name=other"), "survives survives"},
	} {
		if got := fates(t, s, test.change); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s %s %s: got %q, want %q", test.change.Op, test.change.Target, test.change.Path, got, test.want)
		}
	}
}

func TestForeseeRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []change.Change{
		setting("/containers/name=nobody/image", "x"),
		{Target: ref("v1", "ServiceAccount", "gone"), Op: change.Set, Path: "/automountServiceAccountToken", Value: false},
	} {
		p := &Plan{Steps: []Step{{Change: c}}}
		if err := p.Foresee(installed(t, redisManifest)); err == nil || !strings.Contains(err.Error(), c.Target.String()) {
			t.Errorf("%s: %v", c.Path, err)
		}
	}
}

func TestReleasePicksItsOwnOutcome(t *testing.T) {
	f := Fate{ByMerge: Reverted, ByApply: Conflicts}
	for _, test := range []struct {
		release snapshot.Release
		want    Outcome
	}{
		{snapshot.Release{Record: snapshot.Stored}, Reverted},
		{snapshot.Release{Record: snapshot.Stored, ApplyMethod: "csa"}, Reverted},
		{snapshot.Release{Record: snapshot.Stored, ApplyMethod: "ssa"}, Conflicts},
		{snapshot.Release{Record: snapshot.Recognised}, ""},
		{snapshot.Release{Record: snapshot.FromChart}, ""},
	} {
		if got := forRelease(&test.release, f); got != test.want {
			t.Errorf("%+v: %q", test.release, got)
		}
	}
}

// TestOwners reads managed fields as the API server writes them.
func TestOwners(t *testing.T) {
	s := installed(t, redisManifest)
	s.Objects[0].Managers = []snapshot.Manager{
		{Name: "helm", Operation: "Update", Fields: decoded(t, `{f:spec: {f:selector: {}, f:template: {f:spec: {f:securityContext: {.: {}, f:runAsUser: {}}, f:containers: {'k:{"name":"redis"}': {.: {}, f:name: {}, f:image: {}}}}}}}`)},
		{Name: "kubectl-edit", Operation: "Update", Fields: decoded(t, `{f:spec: {f:template: {f:spec: {f:securityContext: {f:runAsGroup: {}}}}}}`)},
		{Name: "airflowsec", Operation: "Apply", Fields: decoded(t, `{f:spec: {f:template: {f:spec: {f:securityContext: {f:runAsUser: {}}}}}}`)},
		{Name: "airflowsec", Operation: "Update", Fields: decoded(t, `{f:spec: {f:template: {f:spec: {f:containers: {'k:{"name":"redis"}': {f:image: {}}}}}}}`)},
	}
	for _, test := range []struct {
		change            change.Change
		owners, contested []string
	}{
		{setting("/securityContext/runAsUser", int64(1)), []string{"airflowsec", "helm"}, []string{"helm"}},
		{setting("/securityContext/runAsUser", int64(0)), []string{"airflowsec", "helm"}, nil},
		{setting("/securityContext/runAsNonRoot", true), nil, nil},
		{setting("/securityContext", map[string]any{"runAsUser": int64(1)}), []string{"airflowsec", "helm", "kubectl-edit"}, []string{"helm"}},
		{setting("/containers/name=redis/image", "other"), []string{"airflowsec", "helm"}, []string{"airflowsec", "helm"}},
		{removing("/securityContext/runAsUser"), []string{"airflowsec", "helm"}, nil},
		{change.Change{Target: redisRef, Op: change.Set, Path: "/spec/selector/matchLabels/a", Value: "b"}, []string{"helm"}, []string{"helm"}},
	} {
		p := &Plan{Steps: []Step{{Change: test.change}}}
		if err := p.Foresee(s); err != nil {
			t.Fatal(err)
		}
		f := p.Steps[0].Fate
		if !reflect.DeepEqual(f.Owners, test.owners) || !reflect.DeepEqual(f.Contested, test.contested) {
			t.Errorf("%s %s: owned by %q, contested by %q", test.change.Op, test.change.Path, f.Owners, f.Contested)
		}
		if got := len(NeedsForce(p.Steps)); got != min(1, len(test.contested)) {
			t.Errorf("%s: %d steps need force", test.change.Path, got)
		}
	}
}

// TestForeseeLeavesTheSnapshotAlone and says the same each time.
func TestForeseeLeavesTheSnapshotAlone(t *testing.T) {
	s := installed(t, redisManifest, accountManifest)
	before := inOrder(s.Objects[0].Content) + inOrder(s.Release.Manifest[0].Content)
	changes := []change.Change{setting("/securityContext/runAsUser", int64(999)), setting("/securityContext/runAsNonRoot", true), removing("/volumes/name=config")}
	first := fates(t, s, changes...)
	if again := fates(t, s, changes...); !slices.Equal(first, again) {
		t.Errorf("first %q, then %q", first, again)
	}
	if inOrder(s.Objects[0].Content)+inOrder(s.Release.Manifest[0].Content) != before {
		t.Error("the snapshot has changed")
	}
}
