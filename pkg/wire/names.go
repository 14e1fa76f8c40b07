package wire

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sensitive are the options that Airflow takes from a command or from its
// backend, too. Source: sensitive: true in config.yml of Airflow 2.6 to 3.2 and
// of its providers.
var sensitive = map[string]bool{
	"core.fernet_key": true, "core.sql_alchemy_conn": true, "core.asset_manager_kwargs": true, "core.dataset_manager_kwargs": true,
	"core.internal_api_secret_key": true, "database.sql_alchemy_conn": true, "database.sql_alchemy_conn_async": true,
	"database.sql_alchemy_engine_args": true, "webserver.secret_key": true, "api.secret_key": true, "api_auth.jwt_secret": true,
	"celery.broker_url": true, "celery.result_backend": true, "celery.flower_basic_auth": true, "smtp.smtp_password": true,
	"atlas.password": true, "logging.remote_task_handler_kwargs": true, "secrets.backend_kwargs": true,
	"workers.secrets_backend_kwargs": true, "sentry.sentry_dsn": true, "opensearch.username": true, "opensearch.password": true,
	"keycloak_auth_manager.client_secret": true, "celery_broker_transport_options.sentinel_kwargs": true,
	"celery_result_backend_transport_options.sentinel_kwargs": true,
}

// addresses are options that hold a login in a URL or in JSON, and references to the backend.
var addresses = pattern.New(`(?i)(sql_alchemy_conn|sql_alchemy_conn_async|broker_url|result_backend|backend_kwargs|sentinel_kwargs|sentry_dsn|elasticsearch__host|opensearch__host)$|^AIRFLOW_CONN_|^AIRFLOW_VAR_`)

// isSecretName says that a value under a name is a credential, whatever it looks like.
func isSecretName(name string) bool {
	return addresses.MatchString(name) || secret.Named(name) >= secret.Likely
}

// isSecret says that a masked text under a name is a credential.
func isSecret(name, text string) bool {
	if m, whole := snapshot.ParseMasked(text); whole {
		if m.Size == 0 {
			return false
		}
		return addresses.MatchString(name) || secret.Judge(secret.Named(name), m.Shapes)
	}
	return isSecretName(name)
}

// isReference says that an option names a command, or another option's place in the backend.
func isReference(section, option string) bool {
	of, isPlace := strings.CutSuffix(option, "_secret")
	return strings.HasSuffix(option, "_cmd") || isPlace && sensitive[section+"."+of]
}

// holdsSecret says that a variable's masked value is a credential.
func holdsSecret(name, text string) bool {
	section, option, isOption := optionOf(name)
	return (isSecret(name, text) || urlPassword.MatchString(text)) && !(isOption && isReference(section, option))
}

// users are those of the community chart: they are in Airflow's database.
func (b *builder) users() {
	list, _ := b.value("airflow.users").([]any)
	if len(list) == 0 {
		return
	}
	b.set("airflow.users", []any{}, "users are in Airflow's database and stay there; make new ones with airflow users create", "AS402", "AS413")
	b.Notes = append(b.Notes, "Users are not moved: Airflow's database holds them. Change any password that stood in values or is the chart's own.")
}

// firstUser is the official chart's: its password is an argument of a Job.
func (b *builder) firstUser() {
	if !b.m.Has(airflow.CreateUser) {
		return
	}
	key := "createUserJob.enabled"
	if b.userHas("webserver.defaultUser") || !b.known(key) {
		key = "webserver.defaultUser.enabled"
	}
	b.set(key, false, "its password stands in a Job's arguments; users are in Airflow's database and stay there", "AS402", "AS403", "AS413")
	for _, holder := range []string{"createUserJob.defaultUser.password", "webserver.defaultUser.password"} {
		if b.userHas(holder) {
			b.setAny(holder, "", "the password does not stand in values any more", "AS402")
		}
	}
	b.Notes = append(b.Notes, "Users are not moved: Airflow's database holds them. Make the first one of a new release with `airflow users create` in a pod, and change any password that stood in values or is the chart's own.")
}

// loginInURL is a masked user or password before the host.
var loginInURL = pattern.New(`^https?://[^/]*⟦[^/]*@`)

// byHand are keys whose texts may hold a credential that only a person can take out.
var byHand = map[string]string{
	"extraEnv": "take the credentials out of this text; the chart's list secret gives variables from Secrets", "extraSecrets": "make these Secrets with the secrets manager and take them out",
	"extraManifests": "make Secrets in it with the secrets manager and take them out", "repo": "take the credential out of the URL",
	"key": "the chart takes it from values alone: mount it with extraVolumes", "keytabBase64Content": "make the Secret with the secrets manager under the name that the chart gives it",
	"webserverConfig": "let it read os.environ, and give the variable from a Secret", "apiServerConfig": "let it read os.environ, and give the variable from a Secret",
	"airflowLocalSettings": "let it read os.environ, and give the variable from a Secret",
}

// leftovers names what still looks like a credential in the user's values, or
// in what somebody wrote into the chart's own.
func (b *builder) leftovers() {
	release := &b.m.Snapshot.Release
	b.search(release.Values, nil, false)
	for _, layer := range release.Layers {
		if layer.Chart {
			b.search(layer.Values, nil, true)
		}
	}
}

// search walks the user's values, or the chart's own, which count where the user gives none.
func (b *builder) search(node any, path []string, own bool) {
	if b.changed(path) || len(path) > 0 && strings.HasPrefix(path[len(path)-1], "vault.hashicorp.com/") {
		return
	}
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			b.search(node[key], append(slices.Clone(path), key), own)
		}
	case []any:
		for i, entry := range node {
			b.search(entry, append(slices.Clone(path), strconv.Itoa(i)), own)
		}
	case string:
		if len(snapshot.MaskedIn(node)) > 0 && !(own && b.m.Snapshot.Release.Gives(path)) {
			b.judge(path, node)
		}
	}
}

// judge leaves a masked text that is a credential by its name or by where it stands.
func (b *builder) judge(path []string, text string) {
	if emptyText(text) {
		return
	}
	name := path[len(path)-1]
	for _, part := range path {
		why, listed := byHand[part]
		if !listed || inPython[part] && !holdsCredential(text) || part == "extraEnv" && isList(text) || part == "key" && !slices.Contains(path, "ssl") || part == "repo" && !loginInURL.MatchString(text) {
			continue
		}
		b.leave(strings.Join(path, "."), why)
		return
	}
	if name == "value" && len(path) > 1 { // an entry of a list of variables
		return
	}
	if holdsSecret(name, text) {
		b.leave(strings.Join(path, "."), "it looks like a credential, and nothing here says how this chart takes it from a Secret: take it out by hand")
	}
}

// inPython are the keys of byHand that hold Python. Comments and code are masked
// in it as much as credentials are.
var inPython = map[string]bool{"webserverConfig": true, "apiServerConfig": true, "airflowLocalSettings": true}

const masked = `⟦secret [^⟧]*⟧`

var (
	givenText = pattern.New(`([A-Za-z_][\w.-]*)["']?[ \t]*[=:][ \t]*["']?(` + masked + `)`)
	// urlPassword is a credential whatever the variable is called that holds the URL.
	urlPassword = pattern.New(`://(?:` + masked + `|[^\s⟦⟧"'@/])*:` + masked + `@`)
	urlLogin    = pattern.New(`://(?:` + masked + `|[^\s⟦⟧"'@/])*` + masked + `@`)
)

// holdsCredential says that a longer text holds one: under a name that says
// so, in a URL, or of a kind that shows by itself.
func holdsCredential(text string) bool {
	if _, whole := snapshot.ParseMasked(text); whole || urlLogin.MatchString(text) {
		return true
	}
	for _, found := range givenText.FindAllStringSubmatch(text, -1) {
		if holdsSecret(found[1], found[2]) {
			return true
		}
	}
	return slices.ContainsFunc(snapshot.MaskedIn(text), func(m snapshot.Masked) bool {
		return slices.ContainsFunc(m.Shapes, func(shape string) bool { return secret.What(shape) != "" })
	})
}

// isList says that a text is a list, whose entries were looked at one by one.
func isList(text string) bool {
	var list []any
	return yaml.Unmarshal([]byte(text), &list) == nil && len(list) > 0
}

// changed says that the overlay writes a path, or something above it.
func (b *builder) changed(path []string) bool {
	for _, c := range b.Changes {
		if len(c.Path) <= len(path) && slices.Equal(c.Path, path[:len(c.Path)]) {
			return true
		}
	}
	return false
}
