package rules_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// documentedOption is one option as pkg/airflow/testdata/options.yaml has it.
type documentedOption struct {
	Option   string             `json:"option"`
	Defaults map[string]*string `json:"defaults"`
	Safe     []string           `json:"safe"`
	Unsafe   []string           `json:"unsafe"`
	Rule     string             `json:"rule"`
	Why      string             `json:"why"`
	With     map[string]string  `json:"with"`
	Manager  string             `json:"manager"`
	Image    string             `json:"image"`
}

// TestEveryOptionHasItsRule sets every option in every version that has it to
// its safe and to its unsafe values: the rule that the list names finds the
// unsafe ones, those that Airflow takes by default among them, and no other.
func TestEveryOptionHasItsRule(t *testing.T) {
	text, err := os.ReadFile("../airflow/testdata/options.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []documentedOption
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		switch r := rules.Find(o.Rule); {
		case o.Rule == "" && o.Why == "":
			t.Errorf("%s has neither a rule nor the reason why not", o.Option)
		case o.Rule != "" && r == nil:
			t.Errorf("%s: there is no rule %s", o.Option, o.Rule)
		case o.Rule != "":
			t.Run(strings.ReplaceAll(o.Option, "/", "_"), func(t *testing.T) { tryOption(t, r, o) })
		}
	}
}

func tryOption(t *testing.T, r *rule.Rule, o documentedOption) {
	if len(o.Safe) == 0 && o.Why == "" || len(o.Unsafe) == 0 {
		t.Fatal("a rule is named, but no safe or no unsafe value")
	}
	for version, value := range o.Defaults {
		if value == nil {
			continue
		}
		for _, safe := range o.Safe {
			if got := findsOption(t, r, o, version, &safe); got {
				t.Errorf("%s finds %s = %q in Airflow %s", r.ID, o.Option, safe, version)
			}
		}
		for _, unsafe := range o.Unsafe {
			if got := findsOption(t, r, o, version, &unsafe); !got {
				t.Errorf("%s does not find %s = %q in Airflow %s", r.ID, o.Option, unsafe, version)
			}
		}
		if wrong := slices.Contains(o.Unsafe, *value); wrong && o.Image == "" && !findsOption(t, r, o, version, nil) {
			t.Errorf("%s does not find the default %q of %s in Airflow %s", r.ID, *value, o.Option, version)
		}
	}
}

// findsOption judges a release with an option set to a value, or left alone,
// and says whether a finding is about that option.
func findsOption(t *testing.T, r *rule.Rule, o documentedOption, version string, value *string) bool {
	t.Helper()
	image := o.Image
	if image == "" {
		image = "apache/airflow"
	}
	pass := rule.NewPass(optionModel(t, image+":"+version, optionConfig(o, version, value)), rule.Paranoid, rule.Parameters{})
	r.Check(pass)
	return slices.ContainsFunc(pass.Findings, func(f rule.Finding) bool { return strings.HasSuffix(f.Path, "#"+o.Option) })
}

func optionConfig(o documentedOption, version string, value *string) string {
	lines := maps.Clone(o.With)
	if lines == nil {
		lines = map[string]string{}
	}
	if version >= "3" && o.Manager == "" { // versions before have no other manager
		lines["core/auth_manager"] = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
	}
	if value != nil {
		lines[o.Option] = *value
	} else {
		delete(lines, o.Option)
	}
	var b strings.Builder
	last := ""
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		section, key, _ := strings.Cut(name, "/")
		if section != last {
			fmt.Fprintf(&b, "[%s]\n", section)
		}
		fmt.Fprintf(&b, "%s = %s\n", key, lines[name])
		last = section
	}
	return b.String()
}

// optionModel is a release of the components that read options, with one airflow.cfg.
func optionModel(t *testing.T, image, config string) *airflow.Model {
	t.Helper()
	web := "webserver"
	if strings.Contains(image, ":3.") {
		web = "api-server"
	}
	var b strings.Builder
	for _, component := range []string{web, "scheduler", "dag-processor", "worker", "triggerer"} {
		fmt.Fprintf(&b, `apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-%[1]s, labels: {tier: airflow, component: %[1]s, release: rel}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: %[1]s, release: rel}}
    spec:
      containers:
      - name: %[1]s
        image: %[2]s
        volumeMounts: [{name: config, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg}]
      volumes: [{name: config, configMap: {name: rel-config}}]
---
`, component, image)
	}
	fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rel-config, labels: {tier: airflow, release: rel}}\ndata:\n  airflow.cfg: |\n    %s\n", strings.ReplaceAll(config, "\n", "\n    "))
	file := filepath.Join(t.TempDir(), "release.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{file}, Release: "rel", Namespace: "airflow", Now: caseTime})
	if err != nil {
		t.Fatal(err)
	}
	return airflow.New(s)
}
