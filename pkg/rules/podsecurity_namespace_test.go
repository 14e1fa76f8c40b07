package rules

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestNamespaceLabels raises labels as far as the pods go, and lowers none.
func TestNamespaceLabels(t *testing.T) {
	const enforce, version, warn, audit = api.EnforceLevelLabel, api.EnforceVersionLabel, api.WarnLevelLabel, api.AuditLevelLabel
	plain := func(c corev1.Container) corev1.PodSpec { return corev1.PodSpec{Containers: []corev1.Container{c}} }
	good := corev1.PodSpec{SecurityContext: compliant(), Containers: []corev1.Container{goodContainer("scheduler")}}
	mild := plain(corev1.Container{Name: "scheduler", Image: "apache/airflow:3.2.2"})
	bad := plain(corev1.Container{Name: "scheduler", SecurityContext: &corev1.SecurityContext{Privileged: new(true)}})
	added := plain(goodContainer("scheduler")) // passes the rules of v1.21, which ask no more than runAsNonRoot
	added.SecurityContext = compliant()
	added.Containers[0].SecurityContext.Capabilities = nil
	for _, c := range []struct {
		name         string
		spec         corev1.PodSpec
		labels, want map[string]string
		target       rule.Level
		level        api.Level
	}{
		{"all pass", good, nil, map[string]string{enforce: "restricted", warn: "restricted", audit: "restricted"}, rule.Restricted, api.LevelRestricted},
		{"no further than the target", good, nil, map[string]string{enforce: "baseline", warn: "baseline", audit: "baseline"}, rule.Baseline, api.LevelBaseline},
		{"some pass less", mild, nil, map[string]string{enforce: "baseline", warn: "restricted", audit: "restricted"}, rule.Paranoid, api.LevelBaseline},
		{"nothing passes", bad, nil, map[string]string{warn: "restricted", audit: "restricted"}, rule.Restricted, api.LevelPrivileged},
		{"nothing is lowered", bad, map[string]string{enforce: "restricted", warn: "restricted", audit: "restricted"}, nil, rule.Baseline, api.LevelRestricted},
		{"a good pin stays", good, map[string]string{version: "v1.99"}, map[string]string{enforce: "restricted", warn: "restricted", audit: "restricted"}, rule.Restricted, api.LevelRestricted},
		{"an old pin goes", good, map[string]string{enforce: "restricted", version: "v1.21", warn: "restricted", audit: "restricted"}, map[string]string{version: "latest"}, rule.Restricted, api.LevelRestricted},
		{"an old pin stays that the pods need", added, map[string]string{version: "v1.21", warn: "restricted", audit: "restricted"}, map[string]string{enforce: "restricted"}, rule.Restricted, api.LevelRestricted},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := airflow.New(inNamespace(t, c.spec, c.labels))
			list, err := NamespaceLabels(m, c.target)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			if list[0].Enforce != c.level {
				t.Errorf("enforces %s, not %s: %v", list[0].Enforce, c.level, list[0].Below)
			}
			if got := len(list[0].Changes); got != len(c.want) {
				t.Errorf("%d labels change, not %d: %v", got, len(c.want), list[0].Changes)
			}
			for label, value := range c.want {
				q := labelling{namespace: m.Snapshot.Find(snapshot.Namespace, "", "airflow")}
				if change := q.set(label, value); !slices.Contains(list[0].Changes, change) {
					t.Errorf("%s does not become %s: %v", label, value, list[0].Changes)
				}
			}
		})
	}
}

// TestNamespaceOfUnknownPods enforces nothing for the sake of pods that nobody has seen.
func TestNamespaceOfUnknownPods(t *testing.T) {
	s := inNamespace(t, corev1.PodSpec{SecurityContext: compliant(), Containers: []corev1.Container{goodContainer("scheduler")}}, nil)
	s.Coverage[0].State = snapshot.Forbidden
	list, err := NamespaceLabels(airflow.New(s), rule.Restricted)
	if err != nil || len(list) != 1 || list[0].Unknown == "" || list[0].Enforce != api.LevelPrivileged || len(list[0].Changes) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestWebhooksCountForTheLevel judges what a template and a webhook make together.
func TestWebhooksCountForTheLevel(t *testing.T) {
	m := modelOf(t, corev1.PodSpec{SecurityContext: compliant(), Containers: []corev1.Container{goodContainer("scheduler")}}, nil)
	owner := m.Workloads[0]
	if level, refused, err := PodSecurityLevel(owner); level != api.LevelRestricted || refused != "" || err != nil {
		t.Errorf("%s %s %v", level, refused, err)
	}
	// The live pod is from before the template's last change, which does not count.
	live := &airflow.Workload{Owner: owner, Spec: corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "proxy"}}}}
	if level, refused, err := PodSecurityLevel(live); level != api.LevelBaseline || refused == "" || err != nil {
		t.Errorf("%s %s %v", level, refused, err)
	}
	live.Spec.Volumes = []corev1.Volume{{Name: "node", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
	if level, _, _ := PodSecurityLevel(live); level != api.LevelPrivileged {
		t.Errorf("a webhook's host path passes %s", level)
	}
}

func inNamespace(t *testing.T, spec corev1.PodSpec, labels map[string]string) *snapshot.Snapshot {
	t.Helper()
	s := snapshotOf(t, spec, nil)
	values := map[string]any{}
	for key, value := range labels {
		values[key] = value
	}
	s.Objects = append(s.Objects, snapshot.Object{
		Ref:     snapshot.Ref{APIVersion: "v1", Kind: "Namespace", Name: "airflow"},
		Content: map[string]any{"metadata": map[string]any{"name": "airflow", "labels": values}},
	})
	for _, kind := range snapshot.Workloads {
		s.Coverage = append(s.Coverage, snapshot.Coverage{Kind: kind, State: snapshot.Read})
	}
	return s
}
