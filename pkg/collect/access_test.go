package collect

import (
	"fmt"
	"slices"
	"testing"
)

// granted are the rights in a list of objects, as "kind verb resource.group", and the names they are kept to.
func granted(objects []map[string]any) []string {
	var out []string
	for _, o := range objects {
		rules, _ := o["rules"].([]any)
		for _, rule := range rules {
			urls, _ := in(rule, "nonResourceURLs").([]any)
			for _, url := range urls {
				out = append(out, fmt.Sprintf("%s get %s", o["kind"], url))
			}
			resources, _ := in(rule, "resources").([]any)
			for _, resource := range resources {
				right := fmt.Sprintf("%s %s %s.%s", o["kind"], in(rule, "verbs").([]any)[0], resource, in(rule, "apiGroups").([]any)[0])
				if names, _ := in(rule, "resourceNames").([]any); names != nil {
					right += fmt.Sprint(" ", names)
				}
				out = append(out, right)
			}
		}
	}
	return out
}

func TestAccessGrantsWhatIsReadAndNothingElse(t *testing.T) {
	all := granted(Access(true, false, "team"))
	var want []string
	for _, r := range append(slices.Clone(inNamespace), theNamespace) {
		if r.resource == "daemonsets" {
			continue // they are listed in all namespaces
		}
		want = append(want, fmt.Sprintf("Role %s %s.%s", r.verb, r.resource, r.group))
	}
	for _, r := range append(slices.Clone(acrossCluster), clusterRoles, gateways, stores, classes) {
		want = append(want, fmt.Sprintf("ClusterRole %s %s.%s", r.verb, r.resource, r.group))
	}
	want = append(want, "Role list pods.", "ClusterRole get /version", "ClusterRole get /apis",
		"ClusterRole get services. [coredns dns-default kube-dns kubernetes rke2-coredns-rke2-coredns]",
		"ClusterRole get endpointslices.discovery.k8s.io [kubernetes]")
	slices.Sort(all)
	slices.Sort(want)
	if !slices.Equal(all, want) {
		t.Errorf("got  %q\nwant %q", all, want)
	}
}

func TestAccessOnlyReads(t *testing.T) {
	for _, clusterWide := range []bool{false, true} {
		for _, o := range Access(true, clusterWide, "team") {
			rules, _ := o["rules"].([]any)
			for _, rule := range rules {
				for _, verb := range in(rule, "verbs").([]any) {
					if verb != "get" && verb != "list" {
						t.Errorf("%s grants %s", o["kind"], verb)
					}
				}
			}
		}
	}
}

func TestAccessWithoutSecretsGrantsNone(t *testing.T) {
	for _, clusterWide := range []bool{false, true} {
		with, without := granted(Access(true, clusterWide, "team")), granted(Access(false, clusterWide, "team"))
		if len(with) != len(without)+1 {
			t.Errorf("%d rights with Secrets, %d without", len(with), len(without))
		}
		if slices.ContainsFunc(without, func(right string) bool { return right == "Role list secrets." || right == "ClusterRole list secrets." }) {
			t.Errorf("Secrets are still granted: %q", without)
		}
	}
}

func TestAccessAcrossTheClusterIsOneClusterRole(t *testing.T) {
	objects := Access(true, true, "")
	if len(objects) != 2 || objects[0]["kind"] != "ClusterRole" || objects[1]["kind"] != "ClusterRoleBinding" {
		t.Errorf("got %v", objects)
	}
}
