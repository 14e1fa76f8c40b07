package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var imageScanKnown = &rule.Rule{
	ID:       "AS706",
	Slug:     "image-scan-known",
	Title:    "Every image was scanned, and none holds a high or critical flaw that a newer version closes",
	Why:      "A flaw in a library of the image is a way into Airflow or out of a task. Where a newer version closes it, the way is described in public.",
	Fix:      "Rebuild or upgrade the image, and scan every image in the registry or the cluster.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Img"},
	Refs: []rule.Ref{
		nsa("Pod security: Building secure container images"), owasp("K01"), mitre("T1190"), mitre("T1525"),
		{Source: "Trivy Operator", ID: "VulnerabilityReport", URL: "https://aquasecurity.github.io/trivy-operator/latest/docs/crds/vulnerability-report"},
	},
	Needs: append(snapshot.Workloads[:len(snapshot.Workloads):len(snapshot.Workloads)], snapshot.ImageScan),
	Check: checkImageScans,
}

func checkImageScans(p *rule.Pass) {
	scans := scansOf(p)
	used := usedImages(p)
	if p.Offline() && !p.Read(snapshot.ImageScan) {
		return // manifests hold no scans, and none was given
	}
	var without []string
	for _, u := range used {
		s := newestScan(scans, u.image)
		if s == nil {
			without = append(without, u.name)
			continue
		}
		p.Subjects++
		if len(s.Fixable) > 0 {
			reportScan(p, u, s)
		}
	}
	if len(without) > 0 {
		p.Unknown("no scan report on " + strings.Join(without, ", "))
	}
}

// usedImage is one image with the first container that runs it.
type usedImage struct {
	name      string
	image     image
	workload  *airflow.Workload
	container airflow.Container
	others    []string // further components
}

// usedImages are the release's images, each once.
func usedImages(p *rule.Pass) []*usedImage {
	var out []*usedImage
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			if c.Image == "" {
				p.Unknown(fmt.Sprintf("%s: container %s names no image", w.Ref, c.Name))
				continue
			}
			i := slices.IndexFunc(out, func(u *usedImage) bool { return u.name == c.Image })
			if i < 0 {
				out = append(out, &usedImage{name: c.Image, image: parseImage(c.Image), workload: w, container: c})
				continue
			}
			if name := string(w.Component); name != string(out[i].workload.Component) && !slices.Contains(out[i].others, name) {
				out[i].others = append(out[i].others, name)
			}
		}
	}
	return out
}

// scansOf are all reports in one form.
func scansOf(p *rule.Pass) []snapshot.Scan {
	kept, given := p.Scans()
	out := slices.Clone(given)
	for _, o := range kept {
		out = append(out, keptScan(o))
	}
	return out
}

// sameImage says whether two names mean one image: by digest where both have one, else by tag.
func sameImage(a, b image) bool {
	if a.repository() != b.repository() {
		return a.Digest != "" && a.Digest == b.Digest // a mirror of it
	}
	if a.Digest != "" && b.Digest != "" {
		return a.Digest == b.Digest
	}
	return a.Tag != "" && a.Tag == b.Tag
}

// newestScan is the latest report on an image, or nil.
func newestScan(scans []snapshot.Scan, of image) *snapshot.Scan {
	var best *snapshot.Scan
	for i := range scans {
		s := &scans[i]
		if slices.ContainsFunc(s.Images, func(name string) bool { return sameImage(parseImage(name), of) }) && (best == nil || s.Taken.After(best.Taken)) {
			best = s
		}
	}
	return best
}

// shownFlaws is how many flaws a finding names; the report has them all.
const shownFlaws = 10

func reportScan(p *rule.Pass, u *usedImage, s *snapshot.Scan) {
	critical := 0
	var ids []string
	for _, f := range s.Fixable {
		if f.Severity == "critical" {
			critical++
		}
		if !slices.Contains(ids, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	severity := rule.Medium
	if critical > 0 {
		severity = rule.High
	}
	named := strings.Join(ids[:min(len(ids), shownFlaws)], ", ")
	if len(ids) > shownFlaws {
		named += fmt.Sprintf(" and %d more", len(ids)-shownFlaws)
	}
	message := fmt.Sprintf("image %s: %d critical and %d high flaws (%d medium, %d low); newer versions close %d critical and %d high ones: %s",
		u.name, s.Counts.Critical, s.Counts.High, s.Counts.Medium, s.Counts.Low, critical, len(s.Fixable)-critical, named)
	if len(u.others) > 0 {
		message += "; it also runs in " + strings.Join(u.others, ", ")
	}
	if !s.Taken.IsZero() {
		message += "; scanned on " + s.Taken.Format("2006-01-02")
	}
	summary := "rebuild or upgrade the image with the fixed packages"
	if key := p.ValuesKey(u.workload, u.container.Name, airflow.Image); key != "" {
		summary += ", and name it in " + key
	}
	p.Report(rule.Finding{
		Target: u.workload.Ref, Component: string(u.workload.Component), Container: u.container.Name, Path: u.container.Path + "/image",
		Message: message, Severity: severity, Fixes: []rule.Fix{{Kind: rule.Manual, Summary: summary}},
	})
}
