package collect

import (
	"slices"
	"strings"
)

// envValue masks the value of an environment variable by its name.
func (m *masker) envValue(name, value string) string {
	if value == "" || isReference(value) {
		return value
	}
	for _, prefix := range []string{"AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__"} {
		if inner, found := strings.CutPrefix(name, prefix); found && inner != "" {
			return m.envValue(inner, value)
		}
	}
	switch section, key, isOption := airflowOption(name); {
	case strings.HasPrefix(name, "AIRFLOW_VAR_"):
		return m.token(value)
	case strings.HasPrefix(name, "AIRFLOW_CONN_"):
		return m.connection(value)
	case isPairs(name):
		return m.pairs(value)
	case isOption && (strings.HasSuffix(key, "_cmd") || strings.HasSuffix(key, "_secret")) && !clearOption(section, key):
		return m.token(value)
	case isOption:
		return m.option(section, key, value)
	case clearEnv[name]:
		return m.clear(value)
	case strings.HasSuffix(name, "_CMD"):
		return m.script(value)
	case name == "GOOGLE_APPLICATION_CREDENTIALS" && isJSONFile(value), gitConfigs[value] && strings.HasSuffix(name, "_GIT_CONFIG"):
		return value
	case simple(name, value):
		return value
	}
	return m.text(value)
}

// gitConfigs are what git-sync's variable for git's configuration may hold and be shown: a switch alone.
var gitConfigs = set("http.sslVerify:true", "http.sslVerify:false")

// isJSONFile says that a text is the absolute path of a JSON file, in a directory that is not the root.
func isJSONFile(text string) bool {
	path, found := strings.CutSuffix(text, ".json")
	return found && len(text) <= 128 && strings.HasPrefix(path, "/") && strings.Contains(path[1:], "/") && isWord(strings.ReplaceAll(path, "/", ""))
}

// airflowOption splits AIRFLOW__SECTION__KEY. A dot in a section is an underscore there.
func airflowOption(name string) (section, key string, ok bool) {
	rest, found := strings.CutPrefix(name, "AIRFLOW__")
	section, key, ok = strings.Cut(strings.ToLower(rest), "__")
	return section, key, found && ok && section != "" && key != ""
}

// option masks the value of an Airflow option, wherever it is set.
func (m *masker) option(section, key, value string) string {
	switch {
	case value == "" || isReference(value):
		return value
	case isPairs(key):
		return m.pairs(value)
	case lineOptions[key] && isPlainList(value):
		return value
	case clearOption(section, key), clearArgument(key):
		return m.clear(value)
	case simple(key, value):
		return value
	}
	if masked, ok := m.json(value); ok {
		return masked
	}
	return m.text(value)
}

// clearArgument says that an option is one argument of a secrets backend, as
// variables set it from Airflow 3.2 on, and may be shown as it may in JSON.
func clearArgument(key string) bool {
	_, argument, found := strings.Cut(key, "backend_kwarg__")
	return found && clearJSON[argument]
}

// clear keeps the value of something on a clear-text list, as far as it looks like one.
func (m *masker) clear(value string) string {
	if isPlainText(value) || isReference(value) {
		return value
	}
	if masked, ok := m.json(value); ok {
		return masked
	}
	for _, separator := range []string{",", " "} {
		if parts := strings.Split(value, separator); len(parts) > 1 && everyURL(parts) {
			for i, part := range parts {
				if part = strings.TrimSpace(part); part != "*" {
					part = m.text(part)
				}
				parts[i] = part
			}
			return strings.Join(parts, separator)
		}
	}
	if query, found := strings.CutPrefix(value, "?"); found { // the charts' "properties" of a connection
		return "?" + m.query(query)
	}
	return m.text(value)
}

// isPlainList says that a text has a plain one on each of its lines.
func isPlainList(text string) bool {
	return len(text) <= maxPlain && !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return !isPlainText(strings.TrimSpace(line)) })
}

// everyURL says that a list holds URLs, or the star of lists of origins.
func everyURL(parts []string) bool {
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if scheme, _, found := strings.Cut(part, "://"); part != "*" && (!found || !isScheme(scheme)) {
			return false
		}
	}
	return true
}

// connection masks an Airflow connection: a URI or JSON.
func (m *masker) connection(value string) string {
	if masked, ok := m.json(value); ok {
		return masked
	}
	return m.text(value)
}

// isPairs says that what stands under a name is "user:password", or several with commas between.
func isPairs(name string) bool {
	switch strings.ToLower(name) {
	case "basicauth", "basic_auth", "flower_basic_auth", "airflow__celery__flower_basic_auth":
		return true
	}
	return false
}

// pairs masks user and password each by itself.
func (m *masker) pairs(value string) string {
	pairs := strings.Split(value, ",")
	for i, pair := range pairs {
		user, password, found := strings.Cut(pair, ":")
		if pairs[i] = m.reference(user); found {
			pairs[i] += ":" + m.reference(password)
		}
	}
	return strings.Join(pairs, ",")
}

// reference keeps a reference to a variable and hides all else.
func (m *masker) reference(text string) string {
	if isReference(text) {
		return text
	}
	return m.hide(text)
}
