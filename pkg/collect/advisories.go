package collect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ReadAdvisories reads records in the Open Source Vulnerability format from a
// file (one record, a list of them, or one JSON value after the other) or from
// all such files of a directory. Records about other software are left out.
func ReadAdvisories(path string) (*snapshot.Advisories, error) {
	names, err := filesIn(path, ".json", ".jsonl")
	if err != nil {
		return nil, err
	}
	out := &snapshot.Advisories{Name: filepath.ToSlash(path)}
	for _, name := range names {
		records, err := readOSV(name)
		if err != nil {
			return nil, err
		}
		out.Records = append(out.Records, records...)
	}
	if len(out.Records) == 0 {
		return nil, &inputError{file: path, problem: "holds no record about apache-airflow or its providers"}
	}
	for _, r := range out.Records {
		if r.Modified.After(out.Newest) {
			out.Newest = r.Modified
		}
	}
	slices.SortStableFunc(out.Records, func(a, b snapshot.Advisory) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.ID, b.ID), a.Modified.Compare(b.Modified))
	})
	return out, nil
}

func readOSV(name string) ([]snapshot.Advisory, error) {
	var out []snapshot.Advisory
	err := eachJSON(name, "vulns", func(raw json.RawMessage, line int) error {
		records, err := advisoriesOf(raw)
		if err != nil {
			err.file, err.line = name, line
			return err
		}
		out = append(out, records...)
		return nil
	})
	return out, err
}

// eachJSON hands over the objects of a file: one, those of a list, those of a
// list under a key, or one value after the other; with the line each begins at.
func eachJSON(name, under string, each func(raw json.RawMessage, line int) error) error {
	return eachValue(name, func(raw json.RawMessage, line int) error {
		for _, one := range listed(raw, under) {
			if err := each(one, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachValue hands over the JSON values of a file, with the line each begins at.
func eachValue(name string, each func(raw json.RawMessage, line int) error) error {
	file, err := os.Open(name)
	if err != nil {
		return unreadable(name, err)
	}
	defer file.Close()
	text, err := readText(file, name)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	lineAt := func(offset int64) int { return 1 + strings.Count(string(text[:offset]), "\n") }
	found := false
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return &inputError{file: name, line: lineAt(decoder.InputOffset()), problem: "is not JSON"}
		}
		found = true
		if err := each(raw, lineAt(decoder.InputOffset()-int64(len(raw)))); err != nil {
			return err
		}
	}
	if !found {
		return &inputError{file: name, problem: "is empty"}
	}
	return nil
}

// listed is what a value holds: the elements of a list, or of the list under a key, else the value itself.
func listed(raw json.RawMessage, under string) []json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil && object[under] != nil && json.Unmarshal(object[under], &list) == nil {
		return list
	}
	return []json.RawMessage{raw}
}

// osvRecord is what is used of a record. Source: https://ossf.github.io/osv-schema/.
type osvRecord struct {
	ID        string        `json:"id"`
	Modified  string        `json:"modified"`
	Withdrawn string        `json:"withdrawn"`
	Aliases   []string      `json:"aliases"`
	Summary   string        `json:"summary"`
	Severity  []osvSeverity `json:"severity"`
	Affected  []osvAffected `json:"affected"`
	Own       struct {
		Severity any `json:"severity"` // GitHub's word; others keep other things here
	} `json:"database_specific"`
	References []struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	} `json:"references"`
}

type osvSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type osvAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Severity []osvSeverity `json:"severity"`
	Ranges   []struct {
		Type   string              `json:"type"`
		Events []map[string]string `json:"events"`
	} `json:"ranges"`
	Versions []string `json:"versions"`
}

// advisoriesOf reads one record: what it says of each package of Airflow.
func advisoriesOf(raw json.RawMessage) ([]snapshot.Advisory, *inputError) {
	var r osvRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, &inputError{object: nameOfRecord(raw), field: wrongField(err), problem: "has the wrong type"}
	}
	if r.ID == "" {
		return nil, &inputError{field: "id", problem: "is missing: this is no record in the Open Source Vulnerability format"}
	}
	modified, err := time.Parse(time.RFC3339, r.Modified)
	if err != nil {
		return nil, &inputError{object: showID(r.ID), field: "modified", problem: "is not a time such as 2026-11-21T12:00:00Z"}
	}
	var out []snapshot.Advisory
	for _, a := range r.Affected {
		name := packageName(a.Package.Name)
		if a.Package.Ecosystem != "PyPI" || !aboutAirflow(name) {
			continue
		}
		one := snapshot.Advisory{
			ID: r.canonical(), Package: name, Summary: strings.TrimSpace(r.Summary), Source: r.source(), Severity: r.word(),
			Modified: modified.UTC(), Withdrawn: r.Withdrawn != "", CVSS: scoreOf(append(slices.Clone(a.Severity), r.Severity...)),
		}
		if bad := a.bounds(&one); bad != nil && !one.Withdrawn {
			bad.object = showID(r.ID)
			return nil, bad
		}
		out = append(out, one)
	}
	return out, nil
}

// bounds reads what a record covers of one package.
func (a osvAffected) bounds(into *snapshot.Advisory) *inputError {
	for _, version := range a.Versions {
		if _, err := advisory.ParseVersion(version); err == nil { // the index holds old versions that PEP 440 does not know
			into.Versions = append(into.Versions, version)
		}
	}
	for _, r := range a.Ranges {
		if r.Type != "ECOSYSTEM" {
			continue
		}
		ranges, err := rangesOf(r.Events)
		if err != nil {
			return err
		}
		into.Ranges = append(into.Ranges, ranges...)
	}
	if len(into.Ranges)+len(into.Versions) == 0 {
		return &inputError{field: "affected", problem: fmt.Sprintf("names no version of %s", into.Package)}
	}
	return nil
}

// event is one bound of a range.
type event struct {
	kind    string
	version advisory.Version
	text    string
}

// rangesOf turns events into ranges: they may stand in any order, and each introduced one opens a range.
func rangesOf(events []map[string]string) ([]snapshot.VersionRange, *inputError) {
	var list []event
	for _, e := range events {
		for kind, text := range e {
			version, err := advisory.ParseVersion(text)
			if err != nil {
				return nil, &inputError{field: "affected.ranges.events." + strings.Trim(showKey(kind), `"`), problem: "is not a version"}
			}
			list = append(list, event{kind, version, text})
		}
	}
	slices.SortStableFunc(list, func(a, b event) int {
		return cmp.Or(a.version.Compare(b.version), cmp.Compare(a.kind, b.kind))
	})
	var out []snapshot.VersionRange
	open := false
	for _, e := range list {
		switch {
		case e.kind == "introduced" && !open:
			out, open = append(out, snapshot.VersionRange{Introduced: e.text}), true
		case e.kind == "fixed" && open:
			out[len(out)-1].Fixed, open = e.text, false
		case e.kind == "last_affected" && open:
			out[len(out)-1].LastAffected, open = e.text, false
		}
	}
	if len(out) == 0 {
		return nil, &inputError{field: "affected.ranges.events", problem: "names no version that introduced it"}
	}
	return out, nil
}
