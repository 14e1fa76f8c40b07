package airflow

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// StoreURL is what a database's or broker's URL tells, secrets masked, and
// where in or outside the release it leads.
type StoreURL struct {
	// Scheme and Driver are postgresql and psycopg2 of postgresql+psycopg2.
	Scheme, Driver string
	// User is mostly a mask token; empty where the URL names none, Unread where that is not known.
	User string
	// Parameters are those behind the question mark; nil where it is not known which there are.
	Parameters map[string]string
	// Inside are the release's own workloads that the URL leads to, Outside the hosts elsewhere.
	Inside  []*Workload
	Outside []string
	// Local says that the pod's own address is among the hosts: another container stands between.
	Local bool
}

// Hostless says that the URL leads to no host: to a file or a socket.
func (u StoreURL) Hostless() bool { return len(u.Inside)+len(u.Outside) == 0 && !u.Local }

// StoreURL reads the URL that a setting holds, as far as it is known. It is
// false where the setting holds none, or one whose host is masked.
func (m *Model) StoreURL(s Setting) (StoreURL, bool) {
	text := s.Value
	if !s.Known {
		text = s.Partial
	}
	text = strings.TrimSpace(text)
	head, rest, found := strings.Cut(text, "://")
	if !found || s.Workload == nil {
		return StoreURL{}, false
	}
	if authority := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune("/?#", r) }); len(authority) > 0 {
		if _, hosts, found := strings.Cut(authority[0], "@"); found && strings.Contains(hosts, Unread) {
			return StoreURL{}, false
		}
	}
	at, readable := m.storeAt(s.Workload, text, []Component{PgBouncer, Database, Broker})
	if !readable {
		return StoreURL{}, false
	}
	out := StoreURL{User: urlUser(rest), Parameters: urlParameters(rest), Local: strings.Contains(at.note, samePod)}
	out.Scheme, out.Driver, _ = strings.Cut(strings.TrimPrefix(strings.ToLower(head), "db+"), "+")
	for _, d := range at.doors {
		if !slices.Contains(out.Inside, d.workload) {
			out.Inside = append(out.Inside, d.workload)
		}
	}
	for _, h := range at.hosts {
		if h.host == Unread {
			return StoreURL{}, false
		}
		out.Outside = append(out.Outside, h.host)
	}
	return out, true
}

// urlUser is the user of a URL without its scheme. A mask token holds colons of its own.
func urlUser(rest string) string {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return ""
	}
	if token := snapshot.MaskedIn(rest[:at]); len(token) > 0 && strings.HasPrefix(rest, token[0].Token()) {
		return token[0].Token()
	}
	user, _, _ := strings.Cut(rest[:at], ":")
	return user
}

func urlParameters(rest string) map[string]string {
	_, query, _ := strings.Cut(rest, "?")
	query, _, _ = strings.Cut(query, "#")
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = 0
	}
	if strings.Contains(rest[end:], Unread) {
		return nil
	}
	out := map[string]string{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, found := strings.Cut(pair, "="); found {
			out[strings.ToLower(name)] = value
		}
	}
	return out
}

// Upstream is where a PgBouncer finds the database, as far as its configuration tells.
func (m *Model) Upstream(w *Workload) StoreURL {
	at := m.upstreamOf(w)
	out := StoreURL{Scheme: "postgresql", Local: strings.Contains(at.note, samePod)}
	for _, d := range at.doors {
		if !slices.Contains(out.Inside, d.workload) {
			out.Inside = append(out.Inside, d.workload)
		}
	}
	for _, h := range at.hosts {
		out.Outside = append(out.Outside, h.host)
	}
	return out
}

// File is a text that pods find in a volume made of ConfigMaps and Secrets.
type File struct {
	Ref    snapshot.Ref
	Path   string // JSON pointer of the text in Ref
	Text   string
	Unread string // why Text is not known; empty where it is
}

// VolumeFile finds a file by its name in a workload's volumes; false where none can hold it.
func (m *Model) VolumeFile(w *Workload, name string) (File, bool) {
	var unread *mountedFile
	for i := range w.Spec.Volumes {
		f := m.volumeFile(w, w.Spec.Volumes[i].Name, name, false)
		if f == nil {
			continue
		}
		if f.unread == "" {
			return File{Ref: f.ref, Path: f.path, Text: f.text}, true
		}
		if unread == nil {
			unread = f
		}
	}
	if unread == nil {
		return File{}, false
	}
	return File{Ref: unread.ref, Path: unread.path, Unread: unread.unread}, true
}
