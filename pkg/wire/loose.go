package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// loose wires the credentials that a chart does not know as such: variables,
// options, connections and users that somebody wrote into values.
func (b *builder) loose() {
	if b.m.Dialect == airflow.Community {
		b.variables("airflow.config")
		b.entries("airflow.extraEnv")
		b.declared("airflow.connections", "id", b.connection)
		b.declared("airflow.variables", "key", b.airflowVariable)
		b.users()
		return
	}
	b.options()
	b.textEntries("extraEnv")
	b.entries("env")
	b.firstUser()
}

// options are those of the official chart's config, which end in a ConfigMap.
func (b *builder) options() {
	sections, _ := b.userValue("config").(map[string]any)
	for _, section := range slices.Sorted(maps.Keys(sections)) {
		options, _ := sections[section].(map[string]any)
		for _, option := range slices.Sorted(maps.Keys(options)) {
			text, _ := options[option].(string)
			if len(snapshot.MaskedIn(text)) == 0 || !isSecret(section+"__"+option, text) || isReference(section, option) {
				continue
			}
			now := Now{Via: InOption, Section: section, Option: option}
			if b.mine(section, option) || b.arguments(section, option) || b.configOption(section, option, now) {
				b.setIn("config", []string{section, option}, "", "the option's value does not stand in a ConfigMap any more", "AS402", "AS404")
			}
		}
	}
}

// arguments says that an option is the backend's own, which the wiring writes anew.
func (b *builder) arguments(section, option string) bool {
	return b.Options.Backend != Kubernetes && (section == "secrets" && option == "backend_kwargs" || section == "workers" && option == "secrets_backend_kwargs")
}

// mine says that a slot has wired the option already.
func (b *builder) mine(section, option string) bool {
	for _, s := range slots[b.m.Dialect] {
		if s.section == section && s.option == option && slices.ContainsFunc(b.Items, func(i Item) bool { return i.Name == s.name }) {
			return true
		}
	}
	return false
}

// wired says that a slot has taken what stands at a key from there.
func (b *builder) wired(key string) bool {
	for _, s := range slots[b.m.Dialect] {
		if slices.Contains(s.clear, key) && slices.ContainsFunc(b.Items, func(i Item) bool { return i.Name == s.name }) {
			return true
		}
	}
	return false
}

// variables are those of the community chart's airflow.config, a map, from which
// no overlay takes a key away: they stay there, empty, and the containers' own win.
func (b *builder) variables(key string) {
	all, _ := b.userValue(key).(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, _ := all[name].(string)
		if len(snapshot.MaskedIn(text)) == 0 || !holdsSecret(name, text) || b.wired(key+"."+name) {
			continue
		}
		if section, option, ok := optionOf(name); ok && (b.mine(section, option) || b.arguments(section, option)) || b.moveVariable(name, true) {
			b.setIn(key, []string{name}, "", "the variable's value does not stand in values any more", "AS402")
		}
	}
}

// moveVariable finds the place for an environment variable. One that stays
// somewhere, empty, can only be given by a Secret: Airflow would take the empty one first.
func (b *builder) moveVariable(name string, stays bool) bool {
	now := Now{Via: InEnvironment, Name: name}
	if found, set, _ := variable(name)(b.m); set {
		now = found
	}
	if id, is := strings.CutPrefix(name, "AIRFLOW_CONN_"); is {
		return b.connection(strings.ToLower(id), now)
	}
	if key, is := strings.CutPrefix(name, "AIRFLOW_VAR_"); is {
		return b.airflowVariable(strings.ToLower(key), now)
	}
	if section, option, is := optionOf(name); is && !stays {
		return b.optionItem(section, option, now)
	}
	return b.environmentItem(name, "environment variable "+name, now)
}

// optionOf reads AIRFLOW__SECTION__OPTION.
func optionOf(name string) (section, option string, ok bool) {
	rest, ok := strings.CutPrefix(name, "AIRFLOW__")
	section, option, cut := strings.Cut(strings.ToLower(rest), "__")
	return section, option, ok && cut
}

// configOption moves an option of the official chart's config, where it stays,
// empty: variables win over that, so one of them says where it is now.
func (b *builder) configOption(section, option string, now Now) bool {
	if len(b.m.Settings(section, option)) == 0 && b.m.Version != "" {
		b.Notes = append(b.Notes, fmt.Sprintf("Airflow %s has no option [%s] %s: its value was taken out, and is not moved.", b.m.Version, section, option))
		return true
	}
	return b.optionItem(section, option, now)
}

// optionItem moves one of Airflow's own options.
func (b *builder) optionItem(section, option string, now Now) bool {
	s := slot{section: section, option: option}
	if !sensitive[section+"."+option] { // neither a command nor the backend can give it
		s.option = ""
	}
	name := environmentName(section, option)
	item := Item{Name: word(section + "-" + option), What: fmt.Sprintf("Airflow's option [%s] %s", section, option), Carrier: b.carrier(s)}
	item.Data = []Datum{{Key: "value", Now: now, There: b.there(item.Name, "value")}}
	if item.Carrier == ByFile || item.Carrier == ByBackend {
		b.drop(name)
	}
	switch item.Carrier {
	case ByFile:
		b.plainVariable(name+"_CMD", "cat "+agentFile(item.Name))
	case ByBackend:
		b.plainVariable(name+"_SECRET", item.Name)
	default:
		item.Secret = b.secretName(item.Name)
		b.variable(item, name, "value")
		b.Items = append(b.Items, item)
		return true
	}
	item.Section, item.Option = section, option
	b.Items = append(b.Items, item)
	return true
}

// drop takes a variable out of the lists of values: it would win over a command and over the backend.
func (b *builder) drop(name string) {
	lists := map[string]string{"env": "name", "secret": "envName"}
	if b.m.Dialect == airflow.Community {
		lists = map[string]string{"airflow.extraEnv": "name"}
	}
	for _, key := range slices.Sorted(maps.Keys(lists)) {
		is := func(e any) bool { entry, _ := e.(map[string]any); return entry[lists[key]] == name }
		if entries, _ := b.userValue(key).([]any); slices.ContainsFunc(entries, is) {
			l := b.listAt(key, "without the variables that would win")
			l.entries, l.changed = slices.DeleteFunc(l.entries, is), true
		}
	}
}

// plainVariable gives all Airflow pods a variable that is no secret.
func (b *builder) plainVariable(name, value string) {
	key := "env"
	if b.m.Dialect == airflow.Community {
		key = "airflow.extraEnv"
	}
	b.listAt(key, "variables of Airflow's pods").add(map[string]any{"name": name, "value": value}, "name")
}

// environmentItem moves a variable that no backend knows: it stays one, from a Secret.
func (b *builder) environmentItem(name, what string, now Now) bool {
	item := Item{Name: word(name), What: what, Carrier: b.carrier(slot{})}
	item.Secret = b.secretName(item.Name)
	item.Data = []Datum{{Key: "value", Now: now, There: b.there(item.Name, "value")}}
	b.variable(item, name, "value")
	b.Items = append(b.Items, item)
	return true
}

// variable lets all Airflow pods, task pods included, take one from a Secret.
func (b *builder) variable(item Item, name, key string) {
	if b.m.Dialect == airflow.Community {
		b.listAt("airflow.extraEnv", "variables of Airflow's pods").add(map[string]any{
			"name": name, "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": item.Secret, "key": key}},
		}, "name")
		return
	}
	b.listAt("secret", "variables that come from Secrets").add(map[string]any{"envName": name, "secretName": item.Secret, "secretKey": key}, "envName")
}

// connection moves one connection to where the backend looks for it.
func (b *builder) connection(id string, now Now) bool {
	if b.Options.Backend == Kubernetes {
		return b.environmentItem("AIRFLOW_CONN_"+strings.ToUpper(id), "connection "+id, now)
	}
	return b.backendItem("connections", id, "conn_uri", "connection "+id, now)
}

func (b *builder) airflowVariable(key string, now Now) bool {
	if b.Options.Backend == Kubernetes {
		return b.environmentItem("AIRFLOW_VAR_"+strings.ToUpper(key), "variable "+key, now)
	}
	return b.backendItem("variables", key, "value", "variable "+key, now)
}

func (b *builder) backendItem(kind, id, field, what string, now Now) bool {
	there := There{Name: b.base(kind) + b.Options.separator() + b.Options.fit(id)}
	if b.Options.Backend == Vault {
		there.Field = field
	}
	b.Items = append(b.Items, Item{Name: kind + "/" + id, What: what, Carrier: ByBackend, Data: []Datum{{Now: now, There: there}}})
	return true
}

// declared moves connections or variables that the community chart writes into
// Airflow's database, where they can be read; the chart's list becomes empty.
func (b *builder) declared(key, name string, move func(string, Now) bool) {
	entries, _ := b.userValue(key).([]any)
	if !holdsMasked(entries) {
		return
	}
	via := InConnection
	if name == "key" {
		via = InVariable
	}
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		id, _ := entry[name].(string)
		if id == "" || len(snapshot.MaskedIn(id)) > 0 {
			b.leave(key, "an entry's name cannot be shown here, so nothing of the list was moved: move it by hand")
			return
		}
	}
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		id, _ := entry[name].(string)
		move(id, Now{Via: via, Name: id})
	}
	b.set(key, []any{}, "they come from the secrets manager; what the database holds stays there until you delete it", "AS402", "AS413")
}
