package wire

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Now is where a credential lies today.
type Now struct {
	// Via is secret, option, environment, connection or variable.
	Via Via
	// Ref and Key are the Secret and its key, for secret; for environment Ref and Container are where to look.
	Ref            snapshot.Ref
	Key, Container string
	// Section and Option name one of Airflow's settings, for option; Name is the
	// variable, the connection's or the variable's name otherwise.
	Section, Option, Name string
}

// Via is how a credential can be read where it lies today.
type Via string

// The ways to read a credential in the cluster.
const (
	InSecret      Via = "secret"
	InOption      Via = "option"
	InEnvironment Via = "environment"
	InConnection  Via = "connection"
	InVariable    Via = "variable"
)

// String tells the place without its value.
func (n Now) String() string {
	switch n.Via {
	case InSecret:
		return "Secret " + n.Ref.Name + ", key " + n.Key
	case InOption:
		return "Airflow's option [" + n.Section + "] " + n.Option
	case InEnvironment:
		return "environment variable " + n.Name
	case InConnection:
		return "Airflow connection " + n.Name
	}
	return "Airflow variable " + n.Name
}

// There is where a credential is to lie in the manager.
type There struct {
	// Name is the whole name: a path in Vault's store, a secret's name elsewhere.
	Name string
	// Field is the key below it, for Vault; the other managers store one text under a name.
	Field string
}

// flat are the managers whose names hold no slash. Sources: Google Secret
// Manager (letters, digits, - and _), Azure Key Vault (letters, digits and -).
var flat = map[Backend]*pattern.Pattern{
	GCP:   pattern.New(`[^A-Za-z0-9_-]+`),
	Azure: pattern.New(`[^A-Za-z0-9-]+`),
}

// separator stands between the parts of a name.
func (o *Options) separator() string {
	if flat[o.Backend] != nil {
		return "-"
	}
	return "/"
}

// name is where something of a release lies: <prefix>/<namespace>/<release>/<parts>.
func (o *Options) name(namespace, release string, parts ...string) string {
	whole := strings.Join(append([]string{o.Prefix, namespace, release}, parts...), "/")
	if flat[o.Backend] != nil {
		return o.fit(strings.ReplaceAll(whole, "/", "-"))
	}
	if o.Backend == AWSSSM {
		return "/" + whole
	}
	return whole
}

// fit makes a part of a name fit the manager, as Airflow's backend does with what it looks for.
func (o *Options) fit(part string) string {
	if not := flat[o.Backend]; not != nil {
		return not.ReplaceAllString(part, "-")
	}
	return part
}

// word makes a text fit for the name of an object: lower case, digits and hyphens.
func word(text string) string {
	return strings.Trim(notWord.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

var notWord = pattern.New(`[^a-z0-9]+`)
