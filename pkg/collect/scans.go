package collect

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ReadScans reads scanners' reports on images, in Trivy's or Grype's JSON, from a file or from all such files of a directory.
func ReadScans(path string) ([]snapshot.Scan, error) {
	names, err := filesIn(path, ".json", ".jsonl")
	if err != nil {
		return nil, err
	}
	var out []snapshot.Scan
	for _, name := range names {
		err := eachJSON(name, "", func(raw json.RawMessage, line int) error {
			scan, bad := scanOf(raw)
			if bad != nil {
				bad.file, bad.line = name, line
				return bad
			}
			scan.Name = filepath.ToSlash(name)
			out = append(out, scan)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, &inputError{file: path, problem: "holds no report on an image"}
	}
	return out, nil
}

// imageReport is what is used of both forms.
// Sources: trivy, pkg/types/report.go; grype, grype/presenter/models.
type imageReport struct {
	// Trivy's
	ArtifactName string
	ArtifactType string
	CreatedAt    string
	Metadata     struct{ RepoTags, RepoDigests []string }
	Results      []struct {
		Vulnerabilities []struct{ VulnerabilityID, PkgName, InstalledVersion, FixedVersion, Severity string }
	}
	SchemaVersion int
	// Grype's
	Matches []struct {
		Vulnerability struct {
			ID       string
			Severity string
			Fix      struct {
				State    string
				Versions []string
			}
		}
		Artifact struct{ Name, Version string }
	}
	Source *struct {
		Type   string
		Target json.RawMessage
	}
	Descriptor struct{ Name, Timestamp string }
}

// foundFlaw is one flaw of one package.
type foundFlaw struct {
	id, severity, name, version string
	fixed                       bool
}

func scanOf(raw json.RawMessage) (snapshot.Scan, *inputError) {
	var r imageReport
	if err := json.Unmarshal(raw, &r); err != nil {
		return snapshot.Scan{}, &inputError{field: wrongField(err), problem: "has the wrong type"}
	}
	switch {
	case r.SchemaVersion > 0 && r.ArtifactName != "":
		return r.trivy()
	case r.Source != nil && r.Descriptor.Name != "":
		return r.grype()
	}
	return snapshot.Scan{}, &inputError{problem: "is no report in Trivy's or Grype's JSON"}
}

func (r imageReport) trivy() (snapshot.Scan, *inputError) {
	if r.ArtifactType != "" && r.ArtifactType != "container_image" {
		return snapshot.Scan{}, &inputError{field: "ArtifactType", problem: "is not container_image: the report is about something else"}
	}
	s := snapshot.Scan{Scanner: "trivy", Taken: timeOf(r.CreatedAt), Images: imageNames(append([]string{r.ArtifactName}, append(r.Metadata.RepoTags, r.Metadata.RepoDigests...)...))}
	var list []foundFlaw
	for _, result := range r.Results {
		for _, v := range result.Vulnerabilities {
			list = append(list, foundFlaw{v.VulnerabilityID, strings.ToLower(v.Severity), v.PkgName, v.InstalledVersion, v.FixedVersion != ""})
		}
	}
	return counted(s, list)
}

func (r imageReport) grype() (snapshot.Scan, *inputError) {
	var target struct {
		UserInput, ManifestDigest string
		RepoDigests, Tags         []string
	}
	if r.Source.Type != "image" || json.Unmarshal(r.Source.Target, &target) != nil {
		return snapshot.Scan{}, &inputError{field: "source.type", problem: "is not image: the report is about something else"}
	}
	s := snapshot.Scan{Scanner: "grype", Taken: timeOf(r.Descriptor.Timestamp), Images: imageNames(append([]string{target.UserInput}, append(target.Tags, target.RepoDigests...)...))}
	var list []foundFlaw
	for _, m := range r.Matches {
		list = append(list, foundFlaw{m.Vulnerability.ID, strings.ToLower(m.Vulnerability.Severity), m.Artifact.Name, m.Artifact.Version, m.Vulnerability.Fix.State == "fixed"})
	}
	return counted(s, list)
}

// counted counts each flaw of a package once, however many files of the image hold it.
func counted(s snapshot.Scan, list []foundFlaw) (snapshot.Scan, *inputError) {
	if len(s.Images) == 0 {
		return s, &inputError{problem: "names no image"}
	}
	slices.SortFunc(list, func(a, b foundFlaw) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version))
	})
	list = slices.CompactFunc(list, func(a, b foundFlaw) bool { return a.id == b.id && a.name == b.name && a.version == b.version })
	for _, f := range list {
		switch f.severity {
		case "critical":
			s.Counts.Critical++
		case "high":
			s.Counts.High++
		case "medium":
			s.Counts.Medium++
		case "low", "negligible":
			s.Counts.Low++
		}
		if f.fixed && (f.severity == "critical" || f.severity == "high") && idForm.MatchString(f.id) {
			s.Fixable = append(s.Fixable, snapshot.ScanFlaw{ID: f.id, Severity: f.severity, Package: showWord(f.name)})
		}
	}
	return s, nil
}

// imageNames are the names that are words, each once.
func imageNames(list []string) []string {
	var out []string
	for _, name := range list {
		if reportWord.MatchString(name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func showWord(text string) string {
	if !reportWord.MatchString(text) {
		return ""
	}
	return text
}

func timeOf(text string) time.Time {
	t, _ := time.Parse(time.RFC3339, text)
	return t.UTC()
}
