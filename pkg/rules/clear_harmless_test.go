package rules_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// clearRules find credentials that stand in clear.
var clearRules = []string{"AS402", "AS403", "AS404", "AS412", "AS413"}

// named is a text with the name it stands under.
type named struct{ name, value string }

// harmlessTexts are what looks secret and is not.
func harmlessTexts(t *testing.T) []named {
	t.Helper()
	text, err := os.ReadFile("../secret/testdata/harmless.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []named
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, value, found := strings.Cut(line, "\t"); found {
			out = append(out, named{name, strings.ReplaceAll(value, `\n`, "\n")})
		}
	}
	return out
}

// TestHarmlessTextsGiveNoFinding puts each of them into values, variables,
// annotations, arguments and ConfigMaps of both charts.
func TestHarmlessTextsGiveNoFinding(t *testing.T) {
	list := harmlessTexts(t)
	if len(list) < 300 {
		t.Fatalf("only %d texts", len(list))
	}
	for _, chart := range []string{"", communityChart} {
		for id, findings := range clearFindings(t, placed(t, chart, list)) {
			for _, f := range findings {
				t.Errorf("%s %s %s: %s", id, f.Target.Name, f.Path, f.Message)
			}
		}
	}
}

const communityChart = "name: airflow\nversion: 8.9.0\nappVersion: 2.8.4\nhome: https://github.com/airflow-helm/charts/tree/main/charts/airflow\n"

// placed is a release of the chart with each text in each kind of place. The
// number of the text stands in the path of each.
func placed(t *testing.T, chart string, list []named) *snapshot.Snapshot {
	t.Helper()
	objects := placedObjects(list)
	values, texts := map[string]any{}, []any{}
	for i, each := range list {
		value := map[string]any{each.name: each.value}
		values[numbered(i)] = map[string]any{"settings": value, "env": []any{map[string]any{"name": each.name, "value": each.value}}}
		texts = append(texts, map[string]any{"name": each.name, "value": each.value})
	}
	values["extraEnv"] = asYAML(t, texts)
	return fromChart(t, chart, manifests(t, objects), asYAML(t, values))
}

func numbered(i int) string { return fmt.Sprintf("n%03d", i) }

var notInKeys = regexp.MustCompile(`[^A-Za-z0-9._-]`)

func placedObjects(list []named) (objects []any) {
	annotations, env := map[string]any{}, []any{map[string]any{"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"}}
	for i, each := range list {
		key := notInKeys.ReplaceAllString(each.name, "-")
		annotation := numbered(i) + ".example.com/" + key
		if strings.HasPrefix(each.name, "checksum/") {
			annotation = each.name
		}
		annotations[annotation] = each.value
		env = append(env, map[string]any{"name": each.name, "value": each.value})
		data := map[string]any{key: each.value}
		if !strings.Contains(each.value, "\n") {
			data["airflow.cfg"] = "[custom]\n" + strings.ReplaceAll(key, "-", "_") + " = " + each.value + "\n"
			if !strings.Contains(each.value, "#") {
				data["settings.env"] = "COLOUR=blue\n" + key + "=" + each.value + "\n"
			}
		}
		objects = append(objects, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": numbered(i)}, "data": data})
	}
	labels := map[string]any{"tier": "airflow", "component": "scheduler", "release": "af"}
	return append(objects, map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "af-scheduler", "labels": labels},
		"spec": map[string]any{
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels, "annotations": annotations},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "scheduler", "image": "apache/airflow:3.2.2", "env": env}}},
			},
		},
	})
}

func manifests(t *testing.T, objects []any) string {
	t.Helper()
	var out []string
	for _, o := range objects {
		out = append(out, asYAML(t, o))
	}
	return strings.Join(out, "---\n")
}

func asYAML(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// clearFindings are what the rules about credentials in clear find in a release, by rule.
func clearFindings(t *testing.T, s *snapshot.Snapshot) map[string][]check.Finding {
	t.Helper()
	out := map[string][]check.Finding{}
	var judged []*rule.Rule
	for _, id := range clearRules {
		judged = append(judged, rules.Find(id))
	}
	report, err := check.Run(airflow.New(s), judged, &profile.Profile{Name: "case", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		out[result.Rule] = result.Findings
	}
	return out
}
