package rules

import (
	"path"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sighting is a credential seen in a text. User is empty where none stands beside it.
type sighting struct {
	credential *credential
	user       snapshot.Masked
	secret     snapshot.Masked
}

// masked is a mask token, the only form in which a secret can stand in a text.
const masked = `⟦secret [^⟧]*⟧`

var (
	dsnForm         = pattern.New(`([A-Za-z][A-Za-z0-9+_]*)://((?:` + masked + `|[^\s⟦⟧:@/])*):(` + masked + `)@`)
	optionForm      = pattern.New(`(?m)^([A-Za-z0-9_.*-]+) *= *"?(` + masked + `)"?$`)
	sectionForm     = pattern.New(`^\[([A-Za-z0-9_.-]+)\]$`)
	pairPassword    = pattern.New(`\bpassword=(` + masked + `)`)
	userListForm    = pattern.New(`(?m)^"([^"]*)" "(` + masked + `)"$`)
	redisForm       = pattern.New(`(?m)(?:^|[\s"'])(?:--)?(?:requirepass|masterauth)[ =]["']?(` + masked + `)`)
	callForm        = pattern.New(`(?m)^(\w+)\(.*\bpassword="(` + masked + `)".*$`)
	callUser        = pattern.New(`\busername="(` + masked + `)"`)
	commandPassword = pattern.New(`(?:^|\s)(?:-p|--password)[ =]["']?(` + masked + `)`)
	commandUser     = pattern.New(`(?:^|\s)(?:-u|--username)[ =]["']?(` + masked + `)`)
	createsUser     = pattern.New(`\b(?:users create|create[-_]user)\b`)
)

// stores say which credential a URL's password is, by a part of its scheme.
var stores = map[string]*credential{
	"postgres": databasePassword, "postgresql": databasePassword, "mysql": databasePassword, "mariadb": databasePassword,
	"redis": brokerPassword, "rediss": brokerPassword, "sentinel": brokerPassword, "valkey": brokerPassword, "valkeys": brokerPassword,
	"amqp": brokerPassword, "amqps": brokerPassword, "pyamqp": brokerPassword,
}

// sightings are the credentials in a text that stands under a name: a
// variable, a key of a Secret or ConfigMap, an option. Each form of text is
// searched for what it can hold; a published value that cannot be mistaken for
// anything else counts anywhere.
func sightings(name, text string) []sighting {
	if m, whole := snapshot.ParseMasked(text); whole {
		c := credentialNamed(name)
		if c == nil {
			c = unmistakable(m)
		}
		if c == nil {
			return nil
		}
		return []sighting{{credential: c, secret: m}}
	}
	if !strings.Contains(text, "⟦secret ") {
		return nil
	}
	out := inURLs(text)
	if isConnection(name) {
		for i := range out {
			out[i].credential = connectionPassword
		}
		return out
	}
	switch file := path.Base(name); {
	case file == "users.txt" || file == "userlist.txt":
		out = append(out, each(databasePassword, userListForm, 2, 1, text)...)
	case file == "pgbouncer.ini":
		out = append(out, each(databasePassword, pairPassword, 1, 0, text)...)
	case strings.HasSuffix(file, ".py"):
		out = append(out, inCalls(text)...)
	}
	out = append(out, inOptions(text)...)
	out = append(out, each(brokerPassword, redisForm, 1, 0, text)...)
	return append(out, others(text, out)...)
}

// each makes a sighting of every match; user and secret are the numbers of their groups, 0 for none.
func each(c *credential, form *pattern.Pattern, secret, user int, text string) []sighting {
	var out []sighting
	for _, found := range form.FindAllStringSubmatch(text, -1) {
		s := sighting{credential: c}
		s.secret, _ = snapshot.ParseMasked(found[secret])
		if user > 0 {
			s.user, _ = snapshot.ParseMasked(found[user])
		}
		out = append(out, s)
	}
	return out
}

func inURLs(text string) []sighting {
	var out []sighting
	for _, found := range dsnForm.FindAllStringSubmatch(text, -1) {
		for part := range strings.SplitSeq(strings.ToLower(found[1]), "+") {
			if c := stores[part]; c != nil {
				s := sighting{credential: c}
				s.user, _ = snapshot.ParseMasked(found[2])
				s.secret, _ = snapshot.ParseMasked(found[3])
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// inOptions reads "key = value" lines below [section] headers, and assignments.
func inOptions(text string) []sighting {
	var out []sighting
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if found := sectionForm.FindStringSubmatch(line); found != nil {
			section = found[1] + "__"
			continue
		}
		if found := optionForm.FindStringSubmatch(line); found != nil {
			out = append(out, sightings(section+found[1], found[2])...)
		}
	}
	return out
}

// inCalls reads the calls of the community chart's scripts: UserWrapper(username="…",
// password="…") makes a user, any other with a password a connection.
func inCalls(text string) []sighting {
	var out []sighting
	for _, found := range callForm.FindAllStringSubmatch(text, -1) {
		s := sighting{credential: connectionPassword}
		if found[1] == "UserWrapper" {
			s.credential = userPassword
		}
		s.secret, _ = snapshot.ParseMasked(found[2])
		if user := callUser.FindStringSubmatch(found[0]); user != nil {
			s.user, _ = snapshot.ParseMasked(user[1])
		}
		out = append(out, s)
	}
	return out
}

// inCommand reads what a container runs: `airflow users create -u … -p …`, a Redis server's flags, URLs.
func inCommand(words []string) []sighting {
	text := strings.Join(words, " ")
	if !strings.Contains(text, "⟦secret ") {
		return nil
	}
	out := append(inURLs(text), each(brokerPassword, redisForm, 1, 0, text)...)
	if found := commandPassword.FindStringSubmatch(text); found != nil && createsUser.MatchString(text) {
		s := sighting{credential: userPassword}
		s.secret, _ = snapshot.ParseMasked(found[1])
		if user := commandUser.FindStringSubmatch(text); user != nil {
			s.user, _ = snapshot.ParseMasked(user[1])
		}
		out = append(out, s)
	}
	return append(out, others(text, out)...)
}

// others are the published values in a text that need no place to be known by and were not seen yet.
func others(text string, seen []sighting) []sighting {
	var out []sighting
	for _, m := range snapshot.MaskedIn(text) {
		c := unmistakable(m)
		known := c == nil
		for _, s := range append(seen, out...) {
			known = known || s.secret.ID == m.ID
		}
		if !known {
			out = append(out, sighting{credential: c, secret: m})
		}
	}
	return out
}
