package airflow

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Ignored is something that is set and that this version of Airflow does not
// read, because its name is not one it knows, or because another place wins.
type Ignored struct {
	// Setting is what is set; Section and Key are those of the name it is set under.
	Setting
	// Why goes on after the name: "is not read: …".
	Why string
	// Wins is what Airflow uses in its stead; without a Name where nothing does.
	Wins Setting
	// Gone is what to do instead where the option has no successor; empty where nothing is lost.
	Gone string
	// NotYet says that a later version reads it.
	NotYet bool
	// Lower says that the name is read, but that Wins stands in a place that beats this one.
	Lower bool
}

// nameUse is one option that is or was read under a name.
type nameUse struct {
	name   otherName
	option *option
	own    bool
}

func (u nameUse) read(id Identity) bool {
	return u.option.in(id) && (u.own || u.name.stands(id))
}

// nameIndex finds the options that a name may set, by the name and by its variable.
var nameIndex = sync.OnceValue(func() map[string][]nameUse {
	out := map[string][]nameUse{}
	for _, row := range options {
		o := optionNamed(row.section, row.key)
		for i, name := range o.read {
			use := nameUse{name: name.otherName, option: o, own: i == 0}
			out[name.variable] = append(out[name.variable], use)
			out[name.String()] = append(out[name.String()], use)
		}
	}
	return out
})

// Ignored are the settings that this version of Airflow does not read or does
// not use, among those that the table of options knows; one for each place and
// component, in the order of Workloads. unread says why there may be more.
func (m *Model) Ignored() (list []Ignored, unread []string) {
	if m.Version == "" {
		return nil, []string{"Airflow's version is unknown, and with it which settings it reads"}
	}
	type mark struct {
		component  Component
		ref        snapshot.Ref
		name, path string
	}
	seen := map[mark]bool{}
	for _, w := range m.Workloads {
		c := m.config[w]
		if c == nil || !w.Component.RunsAirflow() {
			continue
		}
		for _, i := range append(m.unreadNames(c), m.beaten(c)...) {
			i.Component, i.Workload, i.Wins.Component, i.Wins.Workload = w.Component, w, w.Component, w
			if at := (mark{w.Component, i.Ref, i.Name, i.Path}); !seen[at] {
				seen[at] = true
				list = append(list, i)
			}
		}
		if reason := c.whyUnread(); reason != "" && !slices.Contains(unread, reason) {
			unread = append(unread, reason)
		}
	}
	return list, unread
}

// whyUnread says why a container may be given more than was read.
func (c *config) whyUnread() string {
	if c.unread == "" && c.file != nil {
		return c.file.unread
	}
	return c.unread
}

// unreadNames are what a container is given under names that its Airflow does not know.
func (m *Model) unreadNames(c *config) []Ignored {
	var out []Ignored
	for _, variable := range c.names() {
		if !strings.HasPrefix(variable, "AIRFLOW__") {
			continue
		}
		if i, unread := m.judgeVariable(c, variable); unread {
			s, _ := c.sure(variable)
			out = append(out, i.at(c.placed(s)))
		}
	}
	if c.file == nil {
		return out
	}
	for _, name := range c.file.names() {
		s, _ := c.file.set(name)
		if i, unread := m.judgeName(c, name.String(), [3]string{"", "_cmd", "_secret"}); unread {
			out = append(out, i.at(s))
		} else if i, unread := m.judgeSection(c, name); unread {
			s.Name = optionName{strings.ToUpper(name.section), name.key}.String() // as it is written
			out = append(out, i.at(s))
		}
	}
	return out
}

// at says where the setting stands.
func (i Ignored) at(s Setting) Ignored {
	s.Section, s.Key = i.Section, i.Key
	i.Setting = s
	return i
}

// under gives an Ignored its name.
func under(n optionName, i Ignored) Ignored {
	i.Section, i.Key = n.section, n.key
	return i
}

// families are variables that each set one entry of a JSON option.
// Source: https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/secrets-backend/index.html.
var families = []struct {
	prefix, since string
	option        optionName
}{
	{"AIRFLOW__SECRETS__BACKEND_KWARG__", "3.2", optionName{"secrets", "backend_kwargs"}},
	{"AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG__", "3.2", optionName{"workers", "secrets_backend_kwargs"}},
}

func (m *Model) judgeVariable(c *config, variable string) (Ignored, bool) {
	for _, f := range families {
		if strings.HasPrefix(variable, f.prefix) && m.before(f.since) {
			return under(f.option, Ignored{Why: fmt.Sprintf("is not read by Airflow %s: it came with %s", m.Version, f.since), Gone: "put it into " + f.option.String(), NotYet: true}), true
		}
	}
	return m.judgeName(c, variable, [3]string{"", "_CMD", "_SECRET"})
}

// judgeName says whether this Airflow passes over a name, which may end in one
// of the suffixes for commands and for the secrets backend.
func (m *Model) judgeName(c *config, name string, suffixes [3]string) (Ignored, bool) {
	for i, suffix := range suffixes {
		base, cut := strings.CutSuffix(name, suffix)
		uses := nameIndex()[base]
		if !cut || len(uses) == 0 {
			continue
		}
		at := slices.IndexFunc(uses, func(u nameUse) bool { return u.read(m.Identity) })
		if at < 0 {
			return under(uses[0].name.optionName, m.notRead(c, uses)), true
		}
		o := uses[at].option
		if i == 0 || i == 1 && o.commands(m.Identity) || i == 2 && o.backends(m.Identity) {
			return Ignored{}, false
		}
		why := "is not read: Airflow " + m.Version + " takes this option from no " + [3]string{"", "command", "secrets backend"}[i]
		return under(uses[at].name.optionName, Ignored{Why: why, Wins: m.resolve(c, o)}), true
	}
	return Ignored{}, false
}

// judgeSection finds a section of airflow.cfg that is called as the variable of
// an option is: charts take such a key for a section without a word.
func (m *Model) judgeSection(c *config, name optionName) (Ignored, bool) {
	variable := strings.ToUpper(name.section)
	uses := nameIndex()[variable]
	if !strings.HasPrefix(variable, "AIRFLOW__") || len(uses) == 0 {
		return Ignored{}, false
	}
	i := m.notRead(c, uses)
	if at := slices.IndexFunc(uses, func(u nameUse) bool { return u.read(m.Identity) }); at >= 0 {
		i.Wins, i.Gone, i.NotYet = m.resolve(c, uses[at].option), "", false
	}
	i.Why = "is not read: it stands in a section of airflow.cfg that is called as a variable is"
	return under(uses[0].name.optionName, i), true
}

// notRead explains a name that this Airflow does not know.
func (m *Model) notRead(c *config, uses []nameUse) Ignored {
	if o := m.successor(uses, 0); o != nil {
		return Ignored{Why: fmt.Sprintf("is not read by Airflow %s: the option is %s", m.Version, o.name()), Wins: m.resolve(c, o)}
	}
	own := uses[0]
	for _, u := range uses {
		if u.own {
			own = u
		}
	}
	if o := own.option; o.since != "" && m.before(o.since) {
		return Ignored{Why: fmt.Sprintf("is not read by Airflow %s: the option came with %s", m.Version, o.since), Gone: "upgrade Airflow", NotYet: true}
	}
	return Ignored{Why: fmt.Sprintf("is not read by Airflow %s: the option is gone since %s", m.Version, own.option.until), Gone: own.option.gone}
}

// successor is the option of this Airflow that took over from a name, or that
// the name is going to take over from; nil where there is none.
func (m *Model) successor(uses []nameUse, depth int) *option {
	for _, u := range uses {
		if !u.own && u.option.in(m.Identity) {
			return u.option
		}
	}
	for _, u := range uses {
		if u.own {
			for _, before := range u.option.also {
				if o := optionNamed(before.section, before.key); len(o.defaults) > 0 && o.in(m.Identity) {
					return o
				}
			}
			continue
		}
		if depth < 4 {
			if o := m.successor(nameIndex()[u.option.name().String()], depth+1); o != nil {
				return o
			}
		}
	}
	return nil
}

// beaten are the places that set an option and lose against another.
func (m *Model) beaten(c *config) []Ignored {
	var out []Ignored
	for _, row := range options {
		o := optionNamed(row.section, row.key)
		if !o.in(m.Identity) {
			continue
		}
		wins, by := m.resolve(c, o), ""
		if wins.Via == "image" {
			by = " of Apache's image"
		}
		for _, lower := range wins.Hides {
			lower.Section, lower.Key = o.section, o.key
			out = append(out, Ignored{Setting: lower, Why: "has no effect: " + wins.Name + by + " comes first", Wins: wins, Lower: true})
		}
	}
	return out
}
