package wire

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
)

// Carrier is what brings a credential to the pods.
type Carrier string

// The carriers. A plain Secret is made by the migration: it carries what the
// chart takes from a Secret alone, where the way of syncing makes none.
const (
	BySecret  Carrier = "synced Secret"
	ByPlain   Carrier = "plain Secret"
	ByFile    Carrier = "file"
	ByBackend Carrier = "Airflow's backend"
)

// place is where a carrier brings something from, in words.
func (c Carrier) place() string {
	if c == ByFile {
		return "the file that Vault's agent writes"
	}
	return string(c)
}

// Item is one credential that moves.
type Item struct {
	Name, What string
	Carrier    Carrier
	// Secret is the one that pods read afterwards, and Type its type; empty where none carries it.
	Secret, Type string
	// Section and Option are Airflow's setting, where a file or the backend carries it.
	Section, Option string
	Data            []Datum
	// Unseen says that a subchart takes it, which is not at hand to be rendered.
	Unseen bool
}

// Datum is one value of an item.
type Datum struct {
	// Key is its key in the Secret.
	Key   string
	Now   Now
	There There
}

// Object is one object to apply, and what it is for.
type Object struct {
	Value map[string]any
	Why   string
}

// Left is what the overlay cannot do.
type Left struct {
	// Key is the values key it is about; empty where it is about none.
	Key    string
	Reason string
}

// Plan is how a release is wired.
type Plan struct {
	Options            Options
	Release, Namespace string
	// Changes are values for the release's chart, sorted by key.
	Changes []harden.ValuesChange
	Objects []Object
	Items   []Item
	// Left must be done by hand; Notes are worth knowing.
	Left  []Left
	Notes []string
	// Class and Arguments are Airflow's own backend; empty where it is not set.
	Class, Arguments string
	// Accounts are the service accounts that log in to the manager, sorted.
	Accounts []string
	// Exec is the pod to ask what only Airflow knows, as "deployment/rel-scheduler"; Container is the one in it.
	Exec, Container string
}

type builder struct {
	*Plan
	m    *airflow.Model
	keys harden.ChartKeys
	// templated says that the chart renders pod annotations as templates.
	templated bool
	lists     []*valuesList
	// kept are the places where today's backend of the same class looks for connections and variables.
	kept map[string]string
}

// Make plans the wiring. Keys may be nil, where the chart is not at hand.
// Templated says that the chart renders annotations as templates, so that a
// template of Vault's agent must be written as a text in one.
func Make(m *airflow.Model, keys harden.ChartKeys, o Options, templated bool) (*Plan, error) {
	if err := o.Complete(m.Release); err != nil {
		return nil, err
	}
	b := &builder{Plan: &Plan{Options: o, Release: m.Release, Namespace: m.Namespace}, m: m, keys: keys, templated: templated, kept: map[string]string{}}
	if o.WorkerRole != "" && m.Dialect == airflow.Community {
		return nil, fmt.Errorf("--worker-role: the community chart has one service account for all pods")
	}
	if err := b.chooseBackend(); err != nil {
		return nil, err
	}
	b.Exec, b.Container = b.executes()
	for _, s := range slots[m.Dialect] {
		if s.when == nil || s.when(m) {
			b.fill(s)
		}
	}
	b.unused()
	b.loose()
	b.airflowBackend()
	b.identity()
	b.sync()
	b.published()
	b.finish()
	if len(b.Items) == 0 && b.Class == "" {
		return nil, fmt.Errorf("nothing to move: no credential was found that the chart takes from elsewhere")
	}
	return b.Plan, nil
}

// executes picks a pod that always runs and has Airflow's settings.
func (b *builder) executes() (target, container string) {
	for _, c := range []airflow.Component{airflow.Scheduler, airflow.APIServer, airflow.Webserver} {
		for _, w := range b.m.Find(c) {
			if main, found := w.Main(); found {
				return strings.ToLower(w.Ref.Kind) + "/" + w.Ref.Name, main.Name
			}
		}
	}
	return "", ""
}

// fill wires one of the chart's own credentials, where pods use it.
func (b *builder) fill(s slot) {
	item := Item{Name: s.name, What: s.what, Type: s.kind, Carrier: b.carrier(s)}
	for _, k := range s.data {
		now, found, sure := k.find(b.m)
		if !found || !sure && (k.optional || !b.holds(s.clear)) {
			continue
		}
		key := k.key
		if key == "" {
			key = now.Key
		}
		field := k.field
		if len(s.data) > 1 && field == "value" && b.Options.Backend != Vault {
			field = ""
		}
		item.Data = append(item.Data, Datum{Key: key, Now: now, There: b.there(s.name, field)})
	}
	if len(item.Data) == 0 {
		if how := map[string]string{"backend": "Airflow's backend", "cmd": "a command"}[b.elsewhere(s)]; s.option != "" && how != "" {
			b.Notes = append(b.Notes, "Not moved, for Airflow takes it from "+how+" already: "+s.what+".")
		}
		return
	}
	if b.synced(item) {
		return
	}
	if s.secret != "" && !b.known(s.secret) {
		b.set(s.secret, item.Secret, s.what) // says why not
		return
	}
	item.Secret, item.Unseen = b.secretName(s.name), b.absent(s.secret)
	switch item.Carrier {
	case ByFile, ByBackend:
		item.Section, item.Option = s.section, s.option
		b.bySetting(item, s)
	default:
		b.byName(item, s)
	}
	b.empty(s)
	b.Items = append(b.Items, item)
}

// carrier says how a slot's credential reaches the pods.
func (b *builder) carrier(s slot) Carrier {
	lets := s.option != "" && (s.pinned == nil || !s.pinned(b.m)) && !slices.ContainsFunc(s.builtIn, func(name string) bool {
		return !b.known("enableBuiltInSecretEnvVars." + name)
	})
	switch o := b.Options; {
	case o.Sync.makesSecrets():
		return BySecret
	case o.Backend == Kubernetes || !lets:
		return ByPlain
	case o.Sync == VaultAgent:
		return ByFile
	}
	return ByBackend
}

// there is where a value is to lie. Vault keeps an item's values below one
// path; the others keep one text each, so that a field becomes part of the name.
func (b *builder) there(name, field string) There {
	if b.Options.Backend == Kubernetes {
		return There{}
	}
	if b.Options.Backend == Vault {
		return There{Name: b.Options.name(b.Namespace, b.Release, name), Field: field}
	}
	if field != "" && field != "value" {
		name += "-" + word(field)
	}
	return There{Name: b.Options.name(b.Namespace, b.Release, name)}
}

// secretName is the Secret that pods read afterwards.
func (b *builder) secretName(name string) string { return word(b.Release) + "-managed-" + word(name) }

// owners are the kinds that own Secrets which come from elsewhere.
var owners = []string{"ExternalSecret", "VaultStaticSecret", "VaultDynamicSecret", "SealedSecret", "SecretProviderClassPodStatus", "OnePasswordItem"}

// synced notes what somebody else's sync brings already; its own earlier work is wired again.
func (b *builder) synced(item Item) bool {
	now := item.Data[0].Now
	if now.Via != InSecret || now.Ref.Name == b.secretName(item.Name) {
		return false
	}
	o := b.m.Snapshot.Find("Secret", now.Ref.Namespace, now.Ref.Name)
	if o == nil {
		return false
	}
	list, _ := o.At("metadata", "ownerReferences").([]any)
	for _, entry := range list {
		owner, _ := entry.(map[string]any)
		if kind, _ := owner["kind"].(string); slices.Contains(owners, kind) {
			b.Notes = append(b.Notes, fmt.Sprintf("%s stays in Secret %s, which a %s keeps already", item.What, now.Ref.Name, kind))
			return true
		}
	}
	return false
}

// byName lets the chart take an item from its Secret.
func (b *builder) byName(item Item, s slot) {
	if s.secret == "" {
		b.variable(item, environmentName(s.section, s.option), item.Data[0].Key)
		return
	}
	b.set(s.secret, item.Secret, "taken from this Secret: "+item.What, "AS402", "AS415")
	for _, k := range s.data {
		same := func(d Datum) bool { return d.Key == k.key && (b.known(k.named) || d.Now.Key != k.key) } // a fork without it reads this key anyway
		if k.named != "" && slices.ContainsFunc(item.Data, same) {
			b.set(k.named, k.key, "its key in the Secret: "+item.What, "AS402")
		}
	}
}

// bySetting lets Airflow itself take an item from a file or from its backend.
func (b *builder) bySetting(item Item, s slot) {
	suffix, value := "_secret", item.Name
	if item.Carrier == ByFile {
		suffix, value = "_cmd", "cat "+agentFile(item.Name)
	}
	b.drop(environmentName(s.section, s.option))
	why := "taken from " + item.Carrier.place() + ": " + item.What
	b.option(s.section, s.option+suffix, value, why)
	if s.secret != "" {
		b.set(s.secret, item.Secret, "with a name here the chart makes no Secret of its own; no pod reads this one", "AS402")
	}
	for _, name := range s.builtIn {
		b.set("enableBuiltInSecretEnvVars."+name, false, "the chart's own variable would win over "+s.option+suffix, "AS402")
	}
}

// option sets one of Airflow's options as the chart at hand does it.
func (b *builder) option(section, option string, value any, why string) {
	if b.m.Dialect == airflow.Community {
		b.setIn("airflow.config", []string{environmentName(section, option)}, value, why, "AS402", "AS408")
		return
	}
	b.setIn("config", []string{section, option}, value, why, "AS402", "AS408")
}

func environmentName(section, option string) string {
	return "AIRFLOW__" + strings.ToUpper(section+"__"+option)
}
