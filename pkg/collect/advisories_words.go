package collect

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// aboutAirflow: Airflow itself, its parts and its providers, and what its pages, workers and Flower are made of.
func aboutAirflow(name string) bool {
	return name == advisory.Airflow || strings.HasPrefix(name, advisory.Airflow+"-") ||
		slices.Contains([]string{"celery", "flask-appbuilder", "flower"}, name)
}

var nameBreaks = pattern.New(`[-_.]+`)

// packageName is a package's name as the index normalises it (PEP 503).
func packageName(name string) string {
	return nameBreaks.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "-")
}

// canonical is the CVE's ID where the record names one: databases number one flaw each in their own way.
func (r osvRecord) canonical() string {
	for _, id := range append([]string{r.ID}, slices.Sorted(slices.Values(r.Aliases))...) {
		if strings.HasPrefix(id, "CVE-") {
			return id
		}
	}
	return r.ID
}

// source is the first page about the flaw: an advisory where there is one.
func (r osvRecord) source() string {
	for _, kind := range []string{"ADVISORY", "WEB", "ARTICLE", "REPORT", "FIX"} {
		for _, ref := range r.References {
			if ref.Type == kind && strings.HasPrefix(ref.URL, "https://") {
				return ref.URL
			}
		}
	}
	return ""
}

// word is the database's word for how bad it is, where it is one.
func (r osvRecord) word() string {
	word, _ := r.Own.Severity.(string)
	word = strings.ToLower(word)
	if !slices.Contains([]string{"low", "moderate", "medium", "important", "high", "critical"}, word) {
		return ""
	}
	return word
}

// scoreOf is the first score of CVSS 3; the vectors of other versions are not reckoned.
func scoreOf(list []osvSeverity) float64 {
	for _, s := range list {
		if s.Type != "CVSS_V3" {
			continue
		}
		if score, err := advisory.BaseScore(s.Score); err == nil {
			return score
		}
	}
	return 0
}

var idForm = form{pattern.New(`^[A-Za-z]+-[A-Za-z0-9-]+$`), 40}

// showID is a record's ID as an error may show it.
func showID(id string) string {
	if !idForm.MatchString(id) {
		return "(a record)"
	}
	return id
}

// nameOfRecord is the ID of a record that does not decode.
func nameOfRecord(raw json.RawMessage) string {
	var named map[string]json.RawMessage
	var id string
	if json.Unmarshal(raw, &named) != nil {
		return "a value"
	}
	_ = json.Unmarshal(named["id"], &id)
	return showID(id)
}

// wrongField is the field that an error of decoding is about.
func wrongField(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && keyForm.MatchString(wrong.Field) {
		return wrong.Field
	}
	return ""
}
