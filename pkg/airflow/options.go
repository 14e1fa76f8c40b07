package airflow

import (
	"slices"
	"strings"
	"sync"
)

// optionName is a section and key of airflow.cfg.
type optionName struct{ section, key string }

// variable is the environment variable that sets an option; a dot in the section becomes an underscore.
func (n optionName) variable() string {
	return "AIRFLOW__" + strings.ToUpper(strings.ReplaceAll(n.section, ".", "_")+"__"+n.key)
}

// String is the option as Airflow's documentation writes it.
func (n optionName) String() string { return "[" + n.section + "] " + n.key }

// option is what is known about one of Airflow's options.
type option struct {
	section, key string
	// since and until bound the versions that have it under this name: from since on, and before until; empty means unbounded.
	since, until string
	// sensitive is the version from which the option may also come from a command or from the secrets backend; empty is never.
	sensitive string
	// also are its other names, mostly those it had before.
	also []otherName
	// defaults, the oldest first.
	defaults []optionDefault
	// secure is what a safe value looks like, where the option decides about security by itself.
	secure Expectation
	// gone says what takes the place of an option that has no successor; empty where nothing is lost.
	gone string
	// read are all its names, ready to be looked up, its own first.
	read []readName
	// image is the value that Apache's own image sets in its environment, where it does; images made from it inherit that, but nothing shows it.
	image string
}

// otherName is read beside an option's own until Airflow drops it; empty is
// never. One that was dropped when the new name came only tells of the move.
type otherName struct {
	optionName
	until string
	// since is set where a version began to read the old name again, after the new one had come.
	since string
}

type optionDefault struct {
	since string // empty: from the beginning
	value string
	note  string // what an empty value means
}

// plain is a default that no version changed.
func plain(value string) []optionDefault { return []optionDefault{{value: value}} }

// nothing is an empty default, with what that means.
func nothing(note string) []optionDefault { return []optionDefault{{note: note}} }

// options are those that rules ask for, in the order of the tables.
var options = slices.Concat(keyOptions, databaseOptions, webOptions, fabOptions, loginOptions, codeOptions, celeryOptions, kubernetesOptions, logOptions, otherOptions)

// readName is a name of an option with the variables that set it.
type readName struct {
	otherName
	variable, command, backend string
}

func readable(n otherName) readName {
	variable := n.variable()
	return readName{otherName: n, variable: variable, command: variable + "_CMD", backend: variable + "_SECRET"}
}

// ready works out the variables once.
func (o option) ready() *option {
	o.read = append(o.read, readable(otherName{optionName: o.name()}))
	for _, other := range o.also {
		o.read = append(o.read, readable(other))
	}
	return &o
}

// optionIndex finds an option by its name.
var optionIndex = sync.OnceValue(func() map[optionName]*option {
	out := make(map[optionName]*option, len(options))
	for _, o := range options {
		out[o.name()] = o.ready()
	}
	return out
})

// optionNamed finds an option; one that is not in the table has only its name.
func optionNamed(section, key string) *option {
	if o := optionIndex()[optionName{section, key}]; o != nil {
		return o
	}
	return (&option{section: section, key: key}).ready()
}

func (o *option) name() optionName { return optionName{o.section, o.key} }

// in says whether this Airflow has the option; an unknown version has all.
func (o *option) in(id Identity) bool {
	return id.Version == "" || (o.since == "" || !id.before(o.since)) && (o.until == "" || id.before(o.until))
}

// everywhere says whether a default holds for all that the version may be: an
// unknown one may lack the option, which is the same only where the default is
// safe. What came with 1.10 is in all that still run.
func (o *option) everywhere(id Identity, value string) bool {
	old := o.since == "" || compareVersions(o.since, "2.0") < 0
	if id.Version != "" || old && o.until == "" || !o.secure.Declared() {
		return true
	}
	met, _ := o.secure.Met(value)
	return met
}

// stands says whether this Airflow still reads a name.
func (n otherName) stands(id Identity) bool {
	return id.Version == "" || (n.until == "" || id.before(n.until)) && (n.since == "" || !id.before(n.since))
}

// backendSince is the version that began to read options from the secrets backend.
const backendSince = "1.10.12"

// commands says whether this Airflow takes the option's value from a command, too.
func (o *option) commands(id Identity) bool { return o.sensitive != "" && !id.before(o.sensitive) }

// backends says whether this Airflow takes the option's value from the secrets backend, too.
func (o *option) backends(id Identity) bool { return o.commands(id) && !id.before(backendSince) }

// defaultIn is false where no default is known, or where it hangs on a version that is not.
func (o *option) defaultIn(id Identity) (optionDefault, bool) {
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
