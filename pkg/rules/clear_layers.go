package rules

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reportValues reports the values whose credentials are declared, or are not,
// and those of a copy of the chart that somebody wrote some into.
func reportValues(p *rule.Pass, declared bool, reader string) {
	values, texts := clearValues(p)
	p.Subjects += texts
	for _, value := range values {
		if what := value.declares(declared); what != "" {
			message := fmt.Sprintf("%s holds %s in clear: %s", value.path, what, reader)
			p.Report(valueFinding(p, value.path, "", message, clearFix(p, value, declared)))
		}
	}
	for _, layer := range p.Release().Layers {
		if !layer.Chart {
			continue
		}
		for _, value := range searchValues(p, layer.Values).out {
			if what := value.declares(declared); what != "" && !p.Release().Gives(change.Split(change.ValuesPointer(value.path))) {
				message := fmt.Sprintf("the chart's own values hold %s in clear at %s, which no published chart has: whoever may read the chart, or the Secret in which Helm keeps the release, can use it", what, value.path)
				p.Report(inLayer(layer, valueFinding(p, value.path, "", message, clearFix(p, value, declared))))
			}
		}
	}
}

// declares names the credentials of a value that are declared, or are not; empty where it has none.
func (v clearValue) declares(declared bool) string {
	found := slices.DeleteFunc(slices.Clone(v.found), func(c inClear) bool { return isDeclared(v.place, c) != declared })
	if len(found) == 0 {
		return ""
	}
	return whatIn(v, found)
}

// inLayer gives a finding its place in one of the files that values were made from.
func inLayer(layer snapshot.Layer, f rule.Finding) rule.Finding {
	f.File = layer.File
	pointer, _, _ := strings.Cut(strings.TrimPrefix(f.Path, "/values"), "#")
	if at, found := snapshot.PlaceIn(layer.Places, pointer); found {
		f.Line = at.Line
	}
	return f
}

// reportHidden reports credentials that a file still holds where other values
// have taken their place: nothing uses them there, and everybody can read them.
func reportHidden(p *rule.Pass, layer snapshot.Layer) {
	if layer.Chart {
		return
	}
	for _, value := range searchValues(p, layer.Values).out {
		where, mark := "the file", path.Base(filepath.ToSlash(layer.File))
		if layer.File == "" {
			where, mark = "the chart, or Helm's record of it,", "chart"
		}
		message := fmt.Sprintf("%s has no effect, for other values take its place, and still holds %s in clear: whoever may read %s can use it", value.path, whatIn(value, value.found), where)
		f := inLayer(layer, valueFinding(p, value.path, rule.Medium, message, rule.Fix{
			Kind: rule.Manual, Summary: "take it out there, and change the credential if it is in use: it has been read",
		}))
		f.Path += "#" + mark
		p.Subjects++
		p.Report(f)
	}
}
