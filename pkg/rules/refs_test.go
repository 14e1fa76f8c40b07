package rules_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// known are the references that exist in the editions the constructors name.
// Sources: kube-bench cfg/cis-1.12, the OWASP project's 2025 list, the section
// titles of the NSA/CISA guide, the check IDs of pod-security-admission.
var known = map[string]*regexp.Regexp{
	"CIS Kubernetes Benchmark v1.12":           regexp.MustCompile(`^(5\.1\.([1-9]|1[0-3])|5\.2\.([1-9]|1[0-2])|5\.3\.[12]|5\.4\.[12]|5\.5\.1|5\.6\.[1-4]|1\.2\.2[78]|3\.2\.[12]|1\.2\.1|4\.2\.1)$`),
	"NSA/CISA Kubernetes Hardening Guide v1.2": regexp.MustCompile(`^(Pod security|Network separation|Authentication and authorization|Audit logging and threat detection|Upgrading and application security practices)(: .+)?$`),
	"OWASP Kubernetes Top 10 2025":             regexp.MustCompile(`^K(0[1-9]|10)$`),
	"MITRE ATT&CK v18":                         regexp.MustCompile(`^T1\d{3}(\.\d{3})?$`),
	"Pod Security Standards":                   regexp.MustCompile(`^(baseline|restricted): [a-zA-Z_]+(, [a-zA-Z_]+)*$`),
}

// TestRefs refuses a reference that no edition holds, or that stands twice.
func TestRefs(t *testing.T) {
	for _, r := range rules.All() {
		var seen []string
		for _, ref := range r.Refs {
			key := ref.Source + " " + ref.ID
			if slices.Contains(seen, key) {
				t.Errorf("%s names %s twice", r.ID, key)
			}
			seen = append(seen, key)
			if form := known[ref.Source]; form != nil && !form.MatchString(ref.ID) {
				t.Errorf("%s: %s has no %q", r.ID, ref.Source, ref.ID)
			}
			if !strings.HasPrefix(ref.URL, "https://") {
				t.Errorf("%s: %s has no public page", r.ID, key)
			}
		}
	}
}
