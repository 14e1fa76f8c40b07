package airflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// outsideRow is one kind of connection that may leave the release.
type outsideRow struct {
	id string
	// who makes it; empty means every component that Airflow runs in.
	who []Component
	// when narrows it down further; nil means always.
	when func(site) bool
	// every asks each container, not the main one alone.
	every bool
	// inside says that where the address is the release's own, another row of the flows has it.
	inside bool
	find   func(site) []target

	demand      Demand
	why, source string
}

// site is one container, with what it is configured by.
type site struct {
	m      *Model
	w      *Workload
	c      Container
	config *config
	row    string // the ID of the row that asks
}

// target is one address that a site connects to, as some setting gives it.
type target struct {
	// what names the far end where its address is not known: the git server.
	what  string
	host  string
	ports []Port
	// unknown says why the address is not known; host is then empty.
	unknown string
	note    string
	// optional says that Airflow works without it, whatever the row says.
	optional bool
	ref      snapshot.Ref
	path     string
}

// outsideFlows are the connections that the release's pods make to places
// outside it, from the settings that really hold in each container, and all
// that the profile declares. Some may end inside the release after all, where
// no other row knows them.
func (m *Model) outsideFlows(d Declarations) []Flow {
	var out []Flow
	for _, w := range m.connecting() {
		for _, s := range m.sites(w) {
			for i := range outsideRows {
				if row := &outsideRows[i]; row.fits(s) {
					out = append(out, s.flows(row)...)
				}
			}
			out = append(out, s.unreadFlow()...)
		}
	}
	egress := newEgress(d, out)
	out = m.placed(out, d)
	declared := m.declaredFlows(egress, d.IngressFrom, out)
	return withoutDoubles(slices.Concat(out, m.codeFlows(declared), declared))
}

// sites are the containers of a workload; of injected ones, those that live pods carry, too.
func (m *Model) sites(w *Workload) []site {
	list := w.Containers()
	out := make([]site, 0, len(list))
	for _, c := range list {
		out = append(out, site{m: m, w: w, c: c, config: m.configOf(w, c)})
	}
	return out
}

func (r *outsideRow) fits(s site) bool {
	switch {
	case !r.every && s.c.Role != Main:
		return false
	case len(r.who) > 0 && !slices.Contains(r.who, s.w.Component):
		return false
	case len(r.who) == 0 && !r.every && !s.w.Component.RunsAirflow():
		return false
	}
	return r.when == nil || r.when(s)
}

func (s site) flows(row *outsideRow) []Flow {
	s.row = row.id
	var out []Flow
	for _, t := range row.find(s) {
		for _, place := range s.places(t) {
			if place.end.Workload != nil && (row.inside || place.end.Workload == s.w) {
				continue
			}
			f := Flow{
				ID: row.id, From: s.m.endOf(s.w), To: place.end, Ports: place.ports, Demand: row.demand,
				Why: row.why, Source: row.source, Evidence: t.ref, EvidencePath: t.path, Note: sentence(t.note, place.note),
			}
			if t.optional {
				f.Demand = Optional
			}
			out = append(out, f)
		}
	}
	return out
}

// sentence puts notes together.
func sentence(notes ...string) string {
	notes = slices.DeleteFunc(notes, func(note string) bool { return note == "" })
	return strings.Join(notes, "; ")
}

// option is what sets an Airflow option; false where nothing surely does, or
// where it is set to nothing.
func (s site) option(section, key string) (Setting, bool) {
	o := optionNamed(section, key)
	if !o.in(s.m.Identity) {
		return Setting{}, false
	}
	found := s.m.resolve(s.config, o)
	return found, !found.Default && s.surely(found)
}

// variable is a plain environment variable; false where nothing surely sets it, or to nothing.
func (s site) variable(name string) (Setting, bool) {
	found, set := s.config.named(name)
	return found, set && s.surely(found)
}

// surely leaves out what only may be set, behind a source that could not be
// read: one flow stands for all of these.
func (s site) surely(found Setting) bool {
	if found.Known {
		return found.Value != ""
	}
	return found.Name != "" && found.Path != s.c.Path
}

// on says whether an option is set to true.
func (s site) on(section, key string) bool {
	found, set := s.option(section, key)
	on, _ := found.On()
	return set && on
}

// number is a port that an option or its default gives.
func (s site) number(section, key string, usual int32) int32 {
	if found, set := s.option(section, key); set && found.Clear() {
		if n := number(found.Value); n != 0 {
			return n
		}
	}
	return usual
}

// unreadFlow stands for all that a site connects to because of settings that could not be read.
func (s site) unreadFlow() []Flow {
	f := Flow{
		ID: "unread-settings", From: s.m.endOf(s.w), To: End{Place: Anywhere, Name: "what unread settings name"}, Demand: Optional,
		Why:    "whatever settings name that could not be read cannot be reached",
		Source: "the container's envFrom and airflow.cfg", Evidence: s.w.Ref, EvidencePath: s.c.Path, Note: s.config.unread,
	}
	if file := s.config.file; f.Note == "" && file != nil && file.unread != "" {
		f.Evidence, f.EvidencePath, f.Note = file.ref, file.path, file.unread
	}
	if f.Note == "" || s.c.Role != Main || !s.w.Component.RunsAirflow() {
		return nil
	}
	return []Flow{f}
}

// usualPort is a reservation where only the kind of server is known.
const usualPort = "its port is taken to be the usual one"

// hidden is a target whose setting tells no address; the ports are then the usual ones.
func hidden(what string, s Setting, usual ...int32) target {
	t := target{what: what, ports: onPorts(usual...), ref: s.Ref, path: s.Path, note: usualPort}
	t.unknown = first(s.Reason, "it is masked or of no known form")
	if !s.Known && (s.Via == "secret" || s.Via == "configmap") {
		t.what = fmt.Sprintf("%s (its address stands in %s %s, which was not read)", what, s.Ref.Kind, s.Ref.Name)
	}
	return t
}

// withoutDoubles keeps one of the flows that several containers of a pod share.
func withoutDoubles(flows []Flow) []Flow {
	type mark struct {
		from, to       *Workload
		id, name, rest string
	}
	seen := map[mark]bool{}
	return slices.DeleteFunc(flows, func(f Flow) bool {
		at := mark{f.From.Workload, f.To.Workload, f.ID, f.From.Name + "\x00" + f.To.Name, fmt.Sprint(f.From.Place, f.To.Place, f.To.Addresses, f.From.Addresses, f.Ports)}
		was := seen[at]
		seen[at] = true
		return was
	})
}
