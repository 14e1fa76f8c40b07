package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var registryAllowed = &rule.Rule{
	ID:       "AS705",
	Slug:     "registry-allowed",
	Title:    "Images come from registries that are allowed and still maintained",
	Why:      "An abandoned registry keeps every hole that was found since. An unknown one lets whoever owns it run code with Airflow's credentials.",
	Fix:      "Take the image from a maintained and allowed registry, or run the service outside the release.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Img"},
	Refs:     []rule.Ref{cis("5.5.1"), nsa("Pod security: Building secure container images"), mitre("T1525"), mitre("T1036.005")},
	Needs:    snapshot.Workloads,
	Check:    checkRegistryAllowed,
}

// abandonedRegistry is a place that still serves images and mends none.
type abandonedRegistry struct {
	Place   string
	Since   string // the day it was frozen, YYYY-MM-DD
	Instead string // as an order
	// ExceptLatest says that only the moving tag is still built.
	ExceptLatest bool
}

// abandonedRegistries. Sources:
// https://github.com/bitnami/containers/issues/83267 (bitnami, bitnamilegacy),
// https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/ (k8s.gcr.io).
var abandonedRegistries = []abandonedRegistry{
	{Place: "docker.io/bitnamilegacy", Since: "2025-08-28", Instead: "run the service outside the release or take a maintained image"},
	{Place: "docker.io/bitnami", Since: "2025-08-28", Instead: "run the service outside the release or take a maintained image", ExceptLatest: true},
	{Place: "k8s.gcr.io", Since: "2023-04-03", Instead: "take the image from registry.k8s.io"},
}

func checkRegistryAllowed(p *rule.Pass) {
	allowed := p.Parameters.AllowedRegistries
	eachImage(p, func(w *airflow.Workload, c airflow.Container, i image) {
		if a := abandonedBy(i); a != nil {
			reportImage(p, w, c, fmt.Sprintf("image %s comes from %s, which gets no fixes since %s", c.Image, a.Place, a.Since), a.Instead)
		} else if len(allowed) > 0 && !slices.ContainsFunc(allowed, i.under) {
			reportImage(p, w, c, fmt.Sprintf("image %s comes from %s, which is not allowed", c.Image, i.Registry), "take the image from "+strings.Join(allowed, " or "))
		}
	})
}

// abandonedBy is the abandoned registry an image comes from, or nil.
func abandonedBy(i image) *abandonedRegistry {
	for n := range abandonedRegistries {
		a := &abandonedRegistries[n]
		stillBuilt := a.ExceptLatest && movingTag(i) != ""
		if i.under(a.Place) && !stillBuilt {
			return a
		}
	}
	return nil
}
