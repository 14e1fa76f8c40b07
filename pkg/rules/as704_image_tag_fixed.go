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
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			if c.Image == "" {
				p.Unknown(fmt.Sprintf("%s: container %s names no image", w.Ref, c.Name))
				continue
			}
			p.Subjects++
			if problem := movingTag(parseImage(c.Image)); problem != "" {
				p.Report(rule.Finding{
					Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: c.Path + "/image",
					Message: fmt.Sprintf("image %s %s", c.Image, problem),
					Fixes:   imageFixes(p, w, c.Name, "name a version tag or a digest"),
				})
			}
		}
	}
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

// imageFixes name the chart's key for an image where it has one.
func imageFixes(p *rule.Pass, w *airflow.Workload, container, summary string) []rule.Fix {
	if key := p.ValuesKey(w, container, airflow.Image); key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: summary, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: summary + " (no values key of the chart is known to set this image)"}}
}
