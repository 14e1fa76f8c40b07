package rotation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// Key names what is replaced.
type Key string

// The keys, in the order in which a person would ask for them.
const (
	Fernet    Key = "fernet"
	WebSecret Key = "web-secret"
	APISecret Key = "api-secret"
	JWT       Key = "jwt"
	Database  Key = "database"
	Broker    Key = "broker"
	Flower    Key = "flower"
	GitKey    Key = "git-key"
)

// Plan is how one key of one release is replaced.
type Plan struct {
	Key       Key
	Title     string // what the key is: "the Fernet key"
	Release   string
	Namespace string
	Chart     string // name and version
	Airflow   string // its version; empty where unknown
	Executors []string
	// Secrets hold the key now, each as "NAME/KEY".
	Secrets []string
	// Restart are the workloads whose pods hold the key.
	Restart []string
	// Notices say what people notice, Warnings what can go wrong besides.
	Notices  []string
	Warnings []string
	Steps    []Step
}

// Step is one thing to do, whole before the next begins.
type Step struct {
	Title string
	Why   string
	// Commands are texts for a POSIX shell, each a command line of its own that
	// ends with an error where it has not done all it should.
	Commands []string
}

// Refused says why a rotation is not written, and what to do first.
type Refused struct {
	Title  string
	Reason string
	First  []string
}

// Error is the reason and what to do first in one sentence each.
func (r *Refused) Error() string {
	text := fmt.Sprintf("rotating %s is refused: %s", r.Title, r.Reason)
	if len(r.First) > 0 {
		text += ". First: " + strings.Join(r.First, "; then ")
	}
	return text
}

// Keys are all words for keys.
func Keys() []string {
	var out []string
	for _, r := range table {
		out = append(out, string(r.key))
	}
	return out
}

// Of is the rotation of one key of a release. The error is a *Refused where the
// key is there and a rotation would do harm. Store is where a secret manager
// keeps the values; nil for Secrets that nobody syncs.
func Of(m *airflow.Model, key Key, store *Store) (*Plan, error) {
	i := slices.IndexFunc(table, func(r row) bool { return r.key == key })
	if i < 0 {
		return nil, fmt.Errorf("--rotate %q: use %s", key, strings.Join(Keys(), ", "))
	}
	r := &rotation{Model: m, row: table[i], store: store, plan: &Plan{
		Key: key, Title: table[i].title, Release: m.Release, Namespace: m.Namespace,
		Chart: strings.TrimSpace(m.Chart.Name + " " + m.Chart.Version), Airflow: m.Version, Executors: m.Executors,
	}}
	if err := r.fits(); err != nil {
		return nil, err
	}
	if err := r.make(r); err != nil {
		return nil, err
	}
	return r.plan, nil
}

// rotation is a plan in the making.
type rotation struct {
	*airflow.Model
	row
	store *Store
	plan  *Plan
}

// Store writes a value into a secret manager from which a Secret is synced.
type Store struct {
	Name string // as people call it: "Vault"
	// Write is the command that reads a value from standard input and keeps it
	// where this key of this Secret comes from; empty where nothing is known of it.
	Write func(secret, key string) string
	// Sync is the command that asks for the Secret to be synced at once; empty where there is none.
	Sync func(secret string) string
}

// row is a key, the versions of Airflow that have it, and what makes its plan.
type row struct {
	key          Key
	title        string
	since, until int // Airflow's major version: from since on, before until; 0 is unbounded
	instead      Key // what the other versions have
	make         func(*rotation) error
}

var table = []row{
	{key: Fernet, title: "the Fernet key", make: (*rotation).fernet},
	{key: WebSecret, title: "the web server's secret key", until: 3, instead: APISecret, make: (*rotation).webKey},
	{key: APISecret, title: "the API server's secret key", since: 3, instead: WebSecret, make: (*rotation).apiKey},
	{key: JWT, title: "the key that signs JWTs", since: 3, make: (*rotation).jwt},
	{key: Database, title: "the password of the metadata database", make: (*rotation).database},
	{key: Broker, title: "the password of the Celery broker", make: (*rotation).broker},
	{key: Flower, title: "Flower's password", make: (*rotation).flower},
	{key: GitKey, title: "the deploy key of git-sync", make: (*rotation).gitKey},
}

// fits says why this release cannot have the key.
func (r *rotation) fits() error {
	if r.Dialect == airflow.Unsupported {
		return fmt.Errorf("%s", r.Unsupported)
	}
	if r.Major == 0 && r.since+r.until > 0 {
		return fmt.Errorf("the version of Airflow is unknown, and only %s has %s", versions(r.row), r.title)
	}
	if r.since > r.Major || r.until > 0 && r.Major >= r.until {
		text := fmt.Sprintf("only %s has %s; this release runs %s", versions(r.row), r.title, r.Version)
		if r.instead != "" {
			text += ": use --rotate " + string(r.instead)
		}
		return fmt.Errorf("%s", text)
	}
	return nil
}

func versions(r row) string {
	if r.since > 0 {
		return fmt.Sprintf("Airflow %d", r.since)
	}
	return fmt.Sprintf("Airflow %d", r.until-1)
}

func (r *rotation) refuse(reason string, first ...string) error {
	return &Refused{Title: fmt.Sprintf("%s of release %s", r.title, r.Release), Reason: reason, First: first}
}

func (r *rotation) notice(text string) { r.plan.Notices = append(r.plan.Notices, text) }
func (r *rotation) warn(text string)   { r.plan.Warnings = append(r.plan.Warnings, text) }

func (r *rotation) step(title, why string, commands ...string) {
	r.plan.Steps = append(r.plan.Steps, Step{Title: title, Why: why, Commands: commands})
}
