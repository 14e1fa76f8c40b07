package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// check refuses what a document cannot mean.
func (d *document) check(known Catalogue, own bool) error {
	switch {
	case d.APIVersion != APIVersion:
		return d.at("", "apiVersion", "must be "+APIVersion)
	case d.Kind != "HardeningProfile":
		return d.at("", "kind", "must be HardeningProfile")
	case d.Metadata.Name == "":
		return d.at("metadata", "name", "is missing")
	case !own && isBuiltin(d.Metadata.Name):
		return d.at("metadata", "name", "is the name of a built-in profile")
	case !own && d.Spec.Extends == "":
		return d.at("spec", "extends", "is missing: name the profile this one starts from, for example restricted")
	}
	if err := d.checkRules(known); err != nil {
		return err
	}
	for i, f := range d.Spec.Parameters.Functions {
		if !slices.Contains(known.Functions, string(f)) {
			return d.at("spec.parameters", fmt.Sprintf("functions[%d]", i), fmt.Sprintf("is %q; known are %s", f, strings.Join(known.Functions, ", ")))
		}
	}
	if minutes := d.Spec.Parameters.MaxSessionMinutes; minutes != nil && *minutes < 1 {
		return d.at("spec.parameters", "maxSessionMinutes", fmt.Sprintf("is %d; a login must last a minute at least", *minutes))
	}
	if err := d.checkPeers(); err != nil {
		return err
	}
	return d.checkExceptions(known)
}

func (d *document) checkRules(known Catalogue) error {
	seen := map[string]bool{}
	for i, entry := range d.Spec.Rules {
		parent := fmt.Sprintf("spec.rules[%d]", i)
		switch {
		case entry.ID == "":
			return d.at(parent, "id", "is missing")
		case !slices.Contains(known.Rules, entry.ID):
			return d.at(parent, "id", fmt.Sprintf("is %q, which is no rule", entry.ID))
		case seen[entry.ID]:
			return d.at(parent, "id", "is "+entry.ID+" a second time")
		case entry.Severity != "" && rule.Severity(entry.Severity).Rank() == 0:
			return d.at(parent, "severity", fmt.Sprintf("is %q; it must be low, medium, high or critical", entry.Severity))
		case entry.Severity == "" && entry.Enabled == nil:
			return d.at(parent, "severity", "and enabled are both missing: the entry changes nothing")
		}
		seen[entry.ID] = true
	}
	for i, id := range d.Spec.Mandatory {
		if field := fmt.Sprintf("mandatory[%d]", i); !slices.Contains(known.Rules, id) {
			return d.at("spec", field, fmt.Sprintf("is %q, which is no rule", id))
		}
	}
	return nil
}

// checkPeers wants every declared connection to be one that a policy could be made from.
func (d *document) checkPeers() error {
	for i, p := range d.Spec.Parameters.Egress {
		if _, err := p.Egress(""); err != nil {
			return d.atField(fmt.Sprintf("spec.parameters.egress[%d]", i), err)
		}
	}
	for i, p := range d.Spec.Parameters.IngressFrom {
		if _, err := p.Ingress(""); err != nil {
			return d.atField(fmt.Sprintf("spec.parameters.ingressFrom[%d]", i), err)
		}
	}
	return nil
}

// atField is a mistake that names the field it is in.
func (d *document) atField(parent string, err error) error {
	var mistake interface {
		Field() string
		What() string
	}
	if !errors.As(err, &mistake) {
		return err
	}
	return d.at(parent, mistake.Field(), mistake.What())
}

func (d *document) checkExceptions(known Catalogue) error {
	var seen []Exception
	for i, entry := range d.Spec.Exceptions {
		parent := fmt.Sprintf("spec.exceptions[%d]", i)
		if field, what := entry.mistake(known); field != "" {
			return d.at(parent, field, what)
		}
		e := entry.exception(known)
		if slices.ContainsFunc(seen, func(o Exception) bool { return o.Rule == e.Rule && o.Scope() == e.Scope() }) {
			return d.at(parent, "rule", "is "+e.Rule+" with a scope that another exception has already")
		}
		seen = append(seen, e)
	}
	return nil
}

// mistake is the first field of an exception that is wrong, and how.
func (e exceptionEntry) mistake(known Catalogue) (field, what string) {
	switch {
	case e.Rule == "":
		return "rule", "is missing"
	case !slices.Contains(known.Rules, e.Rule):
		return "rule", fmt.Sprintf("is %q, which is no rule", e.Rule)
	case e.Component == "" && e.Container == "" && e.Kind == "" && e.Name == "":
		return "component", "and container, kind and name are all missing: an exception needs a scope"
	case e.Component != "" && known.Components[e.Component] == "":
		return "component", fmt.Sprintf("is %q, which is no component", e.Component)
	case e.Kind != "" && (e.Kind[0] < 'A' || e.Kind[0] > 'Z'):
		return "kind", fmt.Sprintf("is %q; write it as Kubernetes does, for example Deployment", e.Kind)
	}
	return e.answerable()
}

// answerable wants somebody to have said why, who and until when.
func (e exceptionEntry) answerable() (field, what string) {
	_, err := time.Parse(time.DateOnly, e.Expires)
	switch {
	case e.Reason == "":
		return "reason", "is missing"
	case e.Owner == "":
		return "owner", "is missing"
	case e.Expires == "":
		return "expires", "is missing"
	case err != nil:
		return "expires", fmt.Sprintf("is %q; it must be a day as 2027-03-31", e.Expires)
	}
	return "", ""
}

// exception is the entry with its last day parsed; mistake has vouched for it.
func (e exceptionEntry) exception(known Catalogue) Exception {
	day, _ := time.Parse(time.DateOnly, e.Expires)
	return Exception{
		Rule: e.Rule, Component: known.Components[e.Component], Container: e.Container, Kind: e.Kind, Name: e.Name,
		Reason: e.Reason, Owner: e.Owner, Expires: day,
	}
}
