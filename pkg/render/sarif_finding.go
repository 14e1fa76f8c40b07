package render

import (
	"cmp"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

func sarifFinding(r *check.Report, result *check.Result, f check.Finding, index int, o Options) sarifResult {
	out := sarifResult{
		RuleID: result.Rule, RuleIndex: index, Level: cmp.Or(sarifLevels[f.Severity], "warning"),
		Message:   sarifText{Text: sarifMessage(result, f)},
		Locations: []sarifLocation{{Physical: physical(f, o), Logical: logical(f)}},
		Fingerprints: map[string]string{
			"primaryLocationLineHash": f.Fingerprint, // the only one GitHub looks at
			"airflowsecFinding/v1":    f.Fingerprint,
		},
	}
	if f.Excepted {
		out.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted", Justification: justification(r, result.Rule)}}
	}
	return out
}

// sarifMessage names the object, because a live one has no file to look at.
func sarifMessage(result *check.Result, f check.Finding) string {
	text := objectName(f.Target) + ": " + cmp.Or(f.Message, result.Title)
	if fix := fixText(f.Fixes); fix != "" {
		text += ". Fix: " + fix
	}
	return plain(text)
}

// justification is what the profile's exceptions in use say about a rule.
func justification(r *check.Report, id string) string {
	var reasons []string
	for _, e := range r.Exceptions {
		if e.Rule == id && e.State == check.Used {
			reasons = union(reasons, []string{plain(e.Reason + " (" + e.Owner + ", until " + e.Expires + ")")})
		}
	}
	return strings.Join(reasons, "; ")
}

// physical is the file a finding came from. A live object has none: its
// path says which object it is and stays the same from run to run.
func physical(f check.Finding, o Options) sarifPhysical {
	line, uri := max(f.Line, 1), ""
	switch {
	case f.File != "" && f.File != "-":
		uri = fileURI(f.File)
	case o.Source != "":
		line, uri = 1, fileURI(o.Source)
	default:
		line = 1
		uri = "cluster/" + segment(f.Target.Namespace) + "/" + segment(strings.ToLower(f.Target.Kind)) + "/" + segment(f.Target.Name) + ".yaml"
	}
	return sarifPhysical{
		Artifact: sarifArtifact{URI: uri},
		Region:   sarifRegion{StartLine: line, StartColumn: 1, EndLine: line, EndColumn: 2},
	}
}

// fileURI is a path as a URI reference: relative paths stay relative, to the root of the repository.
func fileURI(name string) string {
	name = path.Clean(filepath.ToSlash(name))
	if path.IsAbs(name) {
		return (&url.URL{Scheme: "file", Path: name}).String()
	}
	return (&url.URL{Path: name}).String()
}

// segment makes a name one segment of a path; an empty one becomes "_".
func segment(name string) string {
	switch name {
	case "", ".", "..":
		return "_"
	}
	return url.PathEscape(name)
}

// logical is the object, its container and the field, each inside the one before.
func logical(f check.Finding) []sarifLogical {
	full := f.Target.Kind + "/" + f.Target.Name
	if f.Target.Namespace != "" {
		full = f.Target.Namespace + "/" + full
	}
	out := []sarifLogical{{Name: cmp.Or(f.Target.Name, "_"), Full: full, Kind: "resource"}}
	if f.Container != "" {
		out = append(out, sarifLogical{Name: f.Container, Full: full + "/" + f.Container, Kind: "container"})
	}
	if f.Path != "" {
		out = append(out, sarifLogical{Name: path.Base(f.Path), Full: full + "#" + f.Path, Kind: "property"})
	}
	for i := range out {
		out[i].Name, out[i].Full = plain(out[i].Name), plain(out[i].Full)
	}
	return out
}
