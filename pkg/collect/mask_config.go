package collect

import (
	"encoding/json"
	"path"
	"strings"
)

// configValue masks one text of a ConfigMap by what its key says it is.
func (m *masker) configValue(key, text string) string {
	if masked, ok := m.knownFile(key, text); ok {
		return masked
	}
	switch {
	case isEnvName(key):
		return m.envValue(key, text)
	case simple(key, text):
		return text
	}
	return m.text(text)
}

// secretValue masks one text of a Secret, decoded. Some charts keep plain
// settings in Secrets: those on the clear-text lists stay, as they do elsewhere.
func (m *masker) secretValue(key, text string) string {
	switch text {
	case "":
		return m.token(text)
	case missingValue:
		return text
	}
	if masked, ok := m.knownFile(key, text); ok {
		return masked
	}
	switch _, _, isOption := airflowOption(key); {
	case isOption, clearEnv[key], strings.HasPrefix(key, "AIRFLOW_CONN_"):
		return m.envValue(key, text)
	case strings.HasSuffix(key, "_CMD") && isEnvName(key):
		return m.script(text)
	case isPairs(key):
		return m.pairs(text)
	}
	if masked, ok := m.backendArguments(text); ok {
		return masked
	}
	if masked, ok := m.url(text); ok {
		return masked
	}
	return m.token(text)
}

// backendArguments masks the arguments of a secrets backend that stand under
// any key of a Secret: a JSON object of nothing but such arguments.
func (m *masker) backendArguments(text string) (string, bool) {
	var found map[string]any
	if trimmed := strings.TrimSpace(text); len(trimmed) > maxArguments || !strings.HasPrefix(trimmed, "{") || json.Unmarshal([]byte(trimmed), &found) != nil || len(found) == 0 {
		return "", false
	}
	for key := range found {
		if !clearJSON[key] && !secretArguments[key] {
			return "", false
		}
	}
	return m.json(text)
}

// maxArguments is longer than any backend's arguments, a key file in them included.
const maxArguments = 16 << 10

// missingValue is what Go's templates write for a value that is not there: the
// official chart's broker URL where there is no broker.
const missingValue = "%!s(<nil>)"

// knownFile masks the files that Airflow, PgBouncer and Redis read, by their names.
func (m *masker) knownFile(key, text string) (string, bool) {
	if strings.TrimSpace(text) == "" {
		return "", true
	}
	switch name := path.Base(key); {
	case name == "airflow.cfg":
		return m.ini(text, m.option), true
	case name == "webserver_config.py":
		return m.webserverConfig(text), true
	case name == "pgbouncer.ini":
		return m.ini(text, m.pgbouncer), true
	case name == "users.txt" || name == "userlist.txt":
		return m.quoted(text), true
	case name == "redis.conf" || name == "master.conf" || name == "replica.conf":
		return m.redis(text), true
	case strings.HasSuffix(name, ".py"):
		return m.python(text), true
	case isPodTemplate(name):
		return m.podTemplate(text), true
	}
	return "", false
}

// iniLines bounds what one configuration file may hold.
const iniLines = 20_000

// ini masks "[section]" files: section headers and the names of options stay, values by option, comments go.
func (m *masker) ini(text string, option func(section, key, value string) string) string {
	var b strings.Builder
	section, key, value := "", "", ""
	flush := func() {
		if key != "" {
			masked := option(section, key, value)
			if !isOptionName(section, key) {
				key = m.token(key)
			}
			b.WriteString(key + " = " + strings.ReplaceAll(masked, "\n", "\n    ") + "\n")
		}
		key, value = "", ""
	}
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case i > iniLines:
		case trimmed == "", trimmed[0] == '#', trimmed[0] == ';':
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			flush()
			if section = strings.Trim(trimmed, "[]"); keyForm.MatchString(section) {
				b.WriteString("[" + section + "]\n")
			}
		case (line[0] == ' ' || line[0] == '\t') && key != "" && value != "": // a value goes on
			value += "\n" + trimmed
		default:
			flush()
			key, value = cutOption(trimmed)
		}
	}
	flush()
	return b.String()
}

// isOptionName says that a key is known or looks like one. What somebody pasted
// into a file, such as the end of a key in base64, does not.
func isOptionName(section, key string) bool {
	return clearOption(section, strings.ToLower(key)) || clearPgBouncer[key] || section == "databases" ||
		strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// cutOption splits "key = value"; a line that is none yields no key and is dropped.
func cutOption(line string) (key, value string) {
	i := strings.IndexAny(line, "=:")
	if i < 0 {
		return "", ""
	}
	key = strings.TrimSpace(line[:i])
	if key != "*" && !keyForm.MatchString(key) {
		return "", ""
	}
	return key, strings.TrimSpace(line[i+1:])
}

// pgbouncer masks one line of pgbouncer.ini. Below [databases] a value is a
// list of key=value pairs.
func (m *masker) pgbouncer(section, key, value string) string {
	if section != "databases" {
		if clearPgBouncer[key] {
			return m.clear(value)
		}
		return m.reference(value)
	}
	pairs := strings.Fields(value)
	for i, pair := range pairs {
		name, v, found := strings.Cut(pair, "=")
		switch {
		case !found || !keyForm.MatchString(name):
			pairs[i] = m.hide(pair)
		case clearPgBouncer[name] && (isHost(v) || isPort(v)):
		default:
			pairs[i] = name + "=" + m.reference(strings.Trim(v, `'"`))
		}
	}
	return strings.Join(pairs, " ")
}

// quoted masks PgBouncer's list of users: "user" "password" on each line.
func (m *masker) quoted(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(line, `"`)
		for i := 1; i < len(parts); i += 2 {
			if i > 1 {
				b.WriteByte(' ')
			}
			b.WriteString(`"` + m.reference(parts[i]) + `"`)
		}
		if len(parts) > 1 {
			b.WriteByte('\n')
		} else if strings.TrimSpace(line) != "" {
			b.WriteString(m.token(line) + "\n")
		}
	}
	return b.String()
}

// redis masks a redis.conf: directives stay, their arguments by name, comments go.
func (m *masker) redis(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		value = strings.TrimSpace(value)
		if !clearRedis[name] && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			name, value = m.token(line), ""
		} else if !clearRedis[name] || !isPlainText(value) {
			value = m.reference(strings.Trim(value, `'"`))
		}
		b.WriteString(strings.TrimSpace(name+" "+value) + "\n")
	}
	return b.String()
}
