package airflow

import "strings"

// optionName is a section and key of airflow.cfg.
type optionName struct{ section, key string }

// variable is the environment variable that sets an option; a dot in the section becomes an underscore.
func (n optionName) variable() string {
	return "AIRFLOW__" + strings.ToUpper(strings.ReplaceAll(n.section, ".", "_")+"__"+n.key)
}

// option is what is known about one of Airflow's options.
type option struct {
	section, key string
	// since and until bound the versions that have it under this name: from since on, and before until; empty means unbounded.
	since, until string
	// sensitive options may also come from a command or from the secrets backend.
	sensitive bool
	// older are the names it had before, still read while Airflow keeps them.
	older []olderName
	// defaults, the oldest first.
	defaults []optionDefault
	// image is the value that Apache's own image sets in its environment, where it does; images made from it inherit that, but nothing shows it.
	image string
}

// olderName is read from the version that brought the new name until Airflow dropped it.
type olderName struct {
	optionName
	until string
}

type optionDefault struct {
	since string // empty: from the beginning
	value string
	note  string // what an empty value means
}

// optionNamed finds an option; one that is not in the table has only its name.
func optionNamed(section, key string) option {
	for _, o := range options {
		if o.section == section && o.key == key {
			return o
		}
	}
	return option{section: section, key: key}
}

// in says whether this Airflow has the option; an unknown version has all.
func (o option) in(id Identity) bool {
	return id.Version == "" || (o.since == "" || !id.before(o.since)) && (o.until == "" || id.before(o.until))
}

func (o option) names(id Identity) []optionName {
	out := []optionName{{o.section, o.key}}
	for _, old := range o.older {
		if id.Version == "" || old.until == "" || id.before(old.until) {
			out = append(out, old.optionName)
		}
	}
	return out
}

// defaultIn is false where no default is known, or where it hangs on a version that is not.
func (o option) defaultIn(id Identity) (optionDefault, bool) {
	if len(o.defaults) == 0 || id.Version == "" && len(o.defaults) > 1 {
		return optionDefault{}, false
	}
	best := o.defaults[0]
	for _, d := range o.defaults[1:] {
		if !id.before(d.since) {
			best = d
		}
	}
	return best, true
}
