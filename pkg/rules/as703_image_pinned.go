package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var imagePinned = &rule.Rule{
	ID:       "AS703",
	Slug:     "image-pinned",
	Title:    "Every image is named by its digest",
	Why:      "Whoever can push to the registry, or answer in its place, can put another image under the same tag. It runs with Airflow's credentials at the next pod start, and nothing in the cluster shows the change.",
	Fix:      "Name the digest of the image that was scanned and tested.",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Img"},
	Refs:     []rule.Ref{cis("5.5.1"), nsa("Pod security: Building secure container images"), mitre("T1525"), mitre("T1204.003")},
	Needs:    snapshot.Workloads,
	Check:    checkImagePinned,
}

// tagged is one image that is named by its tag, with the key that would pin it.
type tagged struct {
	image, key string
	workload   *airflow.Workload
	container  airflow.Container
	others     int
}

// checkImagePinned says each image once for each values key: one change pins all containers behind it.
func checkImagePinned(p *rule.Pass) {
	var found []*tagged
	eachImage(p, func(w *airflow.Workload, c airflow.Container, i image) {
		if i.Digest != "" {
			return
		}
		key := digestKey(p, w, c)
		for _, t := range found {
			if t.image == c.Image && t.key == key {
				t.others++
				return
			}
		}
		found = append(found, &tagged{image: c.Image, key: key, workload: w, container: c})
	})
	for _, t := range found {
		message := fmt.Sprintf("image %s is named by a tag, which can be given to another image", t.image)
		if t.others > 0 {
			message += fmt.Sprintf(" (%s use it)", containers(t.others+1))
		}
		p.Report(rule.Finding{
			Target: t.workload.Ref, Component: string(t.workload.Component), Container: t.container.Name, Path: t.container.Path + "/image",
			Message: message, Fixes: []rule.Fix{digestFix(t.key)},
		})
	}
}

func containers(n int) string {
	if n == 1 {
		return "1 container"
	}
	return fmt.Sprintf("%d containers", n)
}

// digestKey is the values key that names a digest. The official chart has one
// of its own only for Airflow's image, which it keeps from Flower and the task
// pods; Bitnami's database has one, too. All other templates join repository
// and tag, so that a digest behind the tag reaches the image.
// Source: the charts' templates (_helpers) of official 1.15 to 1.22 and community 8.9.0.
func digestKey(p *rule.Pass, w *airflow.Workload, c airflow.Container) string {
	key := p.ValuesKey(w, c.Name, airflow.Image)
	switch {
	case key == "" || strings.HasSuffix(key, "Containers"): // a container that the user wrote names its image itself
		return key
	case p.Airflow().Dialect == airflow.Official && (strings.HasSuffix(key, "images.airflow") || w.Component == airflow.Database):
		return key + ".digest"
	}
	return key + ".tag"
}

func digestFix(key string) rule.Fix {
	switch {
	case key == "":
		return rule.Fix{Kind: rule.Manual, Summary: "name the digest (no values key of the chart is known to set this image)"}
	case strings.HasSuffix(key, ".digest"):
		return rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: "set it to the image's digest, as sha256:…"}
	case strings.HasSuffix(key, ".tag"):
		return rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: "write the digest behind the tag, as TAG@sha256:… (the chart has no key for a digest of its own here)"}
	}
	return rule.Fix{Kind: rule.Values, ValuesKey: key, Summary: "write the digest behind the image's tag, as TAG@sha256:…"}
}
