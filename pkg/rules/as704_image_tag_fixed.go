package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var imageTagFixed = &rule.Rule{
	ID:       "AS704",
	Slug:     "image-tag-fixed",
	Title:    "Every image names a version",
	Why:      "A tag such as latest names another image each day. Whoever can push to the repository runs code in Airflow at the next pod start, and nobody can say which image ran before.",
	Fix:      "Name a version tag, or better a digest, for every image.",
	Severity: rule.Medium,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Img"},
	Refs:     []rule.Ref{cis("5.5.1"), nsa("Pod security: Building secure container images"), mitre("T1525"), mitre("T1204.003")},
	Needs:    snapshot.Workloads,
	Check:    checkImageTagFixed,
}

func checkImageTagFixed(p *rule.Pass) {
	eachImage(p, func(w *airflow.Workload, c airflow.Container, i image) {
		if problem := movingTag(i); problem != "" {
			reportImage(p, w, c, fmt.Sprintf("image %s %s", c.Image, problem), "name a version tag or a digest")
		}
	})
}

// movingTag says why an image may be another one tomorrow; empty where it names a version.
func movingTag(i image) string {
	switch {
	case i.Digest != "":
		return ""
	case i.Tag == "":
		return "has no tag: the newest is pulled"
	// Airflow's own moving tags are latest, slim-latest and latest-python3.12.
	case slices.Contains(strings.Split(i.Tag, "-"), "latest"):
		return "has the moving tag " + i.Tag
	}
	return ""
}
