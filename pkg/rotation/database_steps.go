package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// fresh is the Secret that keeps the new value between the steps, for more than one place needs it.
func (r *rotation) fresh() place {
	return place{secret: r.Release + "-" + string(r.key) + "-rotation", key: "password"}
}

// makeFresh is the step that makes the new value, and a new user's name where one is wanted.
func (r *rotation) makeFresh(user bool, old string) {
	p := r.fresh()
	lines := random(64)
	fields, values := `"password":"%s"`, `"$new"`
	if user {
		lines = append(lines, `user=airflow_$(date -u +%Y%m%d%H%M)`, old, `[ -n "$was" ]`,
			`case $was in *[!A-Za-z0-9_-]*) echo 'The user has characters that these commands do not handle.' >&2; false; esac`)
		fields, values = fields+`,"user":"%s","old":"%s"`, values+` "$user" "$was"`
	}
	lines = append(lines, fmt.Sprintf(`printf '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"%s"},"stringData":{%s}}' %s | kubectl create -n %s -f -`, p.secret, fields, values, r.Namespace))
	r.step("Make the new password", fmt.Sprintf("Secret %s keeps it until the last step, because more than one place needs it.", p.secret), script(lines...))
}

// take is the line that puts something of the kept Secret into a shell variable.
func (r *rotation) take(variable, key string) string {
	p := r.fresh()
	p.key = key
	return fmt.Sprintf(`%s=$(%s)`, variable, r.read(p))
}

func (r *rotation) forget() {
	r.step("Forget the copy of the new password", "It is now where it belongs.", fmt.Sprintf("kubectl delete secret %s -n %s", r.fresh().secret, r.Namespace))
}

// admin is the database's own client outside the cluster, which asks for the administrator's password on the terminal.
const (
	postgresAdmin = `psql -q -v ON_ERROR_STOP=1 -h "$DB_HOST" -U "$DB_ADMIN" -d postgres`
	mysqlAdmin    = `mysql -h "$DB_HOST" -u "$DB_ADMIN" -p`
	adminSet      = `: "${DB_HOST:?set it to the database server}" "${DB_ADMIN:?set it to a user who may change roles}"`
)

const adminWhy = "Set DB_HOST and DB_ADMIN first; the client asks for the administrator's password on the terminal. "

// userOf is the line that puts the user that pods log in with today into a shell variable.
func (r *rotation) userOf(c connection) string {
	if c.user.secret != "" {
		return fmt.Sprintf(`was=$(%s)`, r.read(c.user))
	}
	return fmt.Sprintf(`url=$(%s) && was=${url#*://} && was=${was%%%%:*}`, r.read(c.urls[0]))
}

// secondUser: a new login that acts as the role that owns the tables, so that
// at no time the database and a pod disagree.
// Source: https://www.postgresql.org/docs/current/sql-alterrole.html, role membership and the setting role.
func (r *rotation) secondUser(c connection) {
	r.notice("Nobody notices anything but the restart: both users can log in until the last but one step.")
	r.makeFresh(true, r.userOf(c))
	r.step("Make a second login in the database", adminWhy+"It acts as the role that owns the tables, so that what it makes belongs to that role, too.", script(
		adminSet, r.take("was", "old"), r.take("user", "user"), r.take("new", "password"), `[ -n "$new" ]`,
		`printf '%s\n' \
  "SELECT coalesce((SELECT substr(setting, 6) FROM pg_roles, unnest(rolconfig) AS setting WHERE rolname = '$was' AND setting LIKE 'role=%'), '$was') AS owner \\gset" \
  "CREATE ROLE \"$user\" LOGIN PASSWORD '$new' IN ROLE :\"owner\";" \
  "ALTER ROLE \"$user\" SET role TO :'owner';" | `+postgresAdmin,
	))
	if c.users.secret != "" {
		r.step("Let PgBouncer know it", "Its file of users is read when it starts.", script(append([]string{
			r.take("user", "user"), r.take("new", "password"),
			fmt.Sprintf(`file=$(%s)`, r.read(c.users)),
			`[ -n "$file" ]`,
			`file=$(printf '%s\n"%s" "%s"' "$file" "$user" "$new")`,
		}, r.write(c.users, "file")...)...))
		r.restart("Restart PgBouncer", "Pods that still use the old user go on.", []*airflow.Workload{c.pooler})
	}
	r.switchOver(c, true)
	r.step("Close the old login", adminWhy+"The role stays, for it may own the tables; it can no longer log in.", script(
		adminSet, r.take("was", "old"),
		`printf 'ALTER ROLE "%s" NOLOGIN;\n' "$was" | `+postgresAdmin,
	))
	r.forget()
}

// secondPassword: MySQL keeps two passwords of one user.
// Source: https://dev.mysql.com/doc/refman/8.0/en/password-management.html#dual-passwords (8.0.14 and later).
func (r *rotation) secondPassword(c connection) {
	r.notice("Nobody notices anything but the restart: MySQL 8.0.14 and later takes both passwords until the old one is discarded.")
	name := r.userOf(c)
	if c.user.secret == "" && len(c.urls) == 0 {
		name = `was=${DB_USER:?set it to the user that Airflow logs in with}`
	}
	r.makeFresh(true, name)
	change := func(what string) string {
		return script(adminSet, r.take("was", "old"), r.take("new", "password"),
			fmt.Sprintf(`printf "%s\n" "$was"%s | %s`, what, map[bool]string{true: ` "$new"`}[strings.Contains(what, "IDENTIFIED")], mysqlAdmin))
	}
	r.step("Give the user a second password", adminWhy+"The old one stays valid.", change(`ALTER USER '%s'@'%%' IDENTIFIED BY '%s' RETAIN CURRENT PASSWORD;`))
	r.switchOver(c, false)
	r.step("Discard the old password", adminWhy, change(`ALTER USER '%s'@'%%' DISCARD OLD PASSWORD;`))
	r.forget()
}

// inPlace: the password changes in the database first and in the Secrets at
// once after; open connections stay, new ones fail in between.
func (r *rotation) inPlace(c connection) {
	r.notice("From the change in the database until the restart is done, new connections fail: tasks may be retried. Choose a quiet time.")
	r.makeFresh(false, "")
	user := []string{`was=${DB_USER:?set it to the user that Airflow logs in with}`}
	if c.user.secret != "" || len(c.urls) > 0 {
		user = []string{r.userOf(c)}
	}
	lines, why := append([]string{adminSet}, user...), adminWhy
	client := postgresAdmin
	if c.embedded != nil {
		lines, client, why = r.embeddedUser(c, user), r.embeddedClient(c.embedded), "The database's pod keeps its data, so that a new value in its Secret alone would change nothing. "
	}
	lines = append(lines, `[ -n "$was" ]`, r.take("new", "password"), `[ -n "$new" ]`, `printf "ALTER ROLE \"%s\" PASSWORD '%s';\n" "$was" "$new" | `+client)
	r.step("Change the password in the database", why+"Connections that are open stay open.", script(lines...))
	r.embeddedSecret(c)
	if c.users.secret != "" {
		r.step("Change PgBouncer's file of users", "It logs in at the database by this file.", script(append([]string{
			r.take("new", "password"), fmt.Sprintf(`file=$(%s)`, r.read(c.users)), `[ -n "$file" ]`,
			`file=$(printf '%s\n' "$file" | while IFS= read -r line; do printf '%s "%s"\n' "${line%% *}" "$new"; done)`,
		}, r.write(c.users, "file")...)...))
		r.warn("Every user in PgBouncer's file gets the new password: the chart writes the same user for each database.")
	}
	r.switchOver(c, false)
	r.forget()
}

// embeddedUser is the lines that find the user of the database in the release: the charts' superuser, unless the connection tells.
func (r *rotation) embeddedUser(c connection, user []string) []string {
	if c.user.secret != "" || len(c.urls) > 0 {
		return user
	}
	main, _ := c.embedded.Main()
	return []string{fmt.Sprintf(`was=$(kubectl exec -n %s %s -c %s -- sh -c 'printf %%s "${POSTGRES_USER:-postgres}"')`, r.Namespace, target(c.embedded), main.Name)}
}

// embeddedClient runs psql in the database's own pod, which holds its password.
func (r *rotation) embeddedClient(w *airflow.Workload) string {
	main, _ := w.Main()
	return fmt.Sprintf(`kubectl exec -i -n %s %s -c %s -- sh -c 'PGPASSWORD="${POSTGRES_PASSWORD:-$(cat "$POSTGRES_PASSWORD_FILE")}" exec psql -q -v ON_ERROR_STOP=1 -U "${POSTGRES_USER:-postgres}" -d postgres'`, r.Namespace, target(w), main.Name)
}

// embeddedSecret keeps the Secret of the database's own pod in step where it is not the connection's.
func (r *rotation) embeddedSecret(c connection) {
	if c.embedded == nil {
		return
	}
	for _, container := range c.embedded.Containers() {
		for _, e := range container.Env {
			if !strings.Contains(e.Name, "PASSWORD") || e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
				continue
			}
			p := r.at(e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Key)
			switch {
			case !safe(p.secret) || !safe(p.key) || p.String() == c.password.String():
			case r.lasting(p) != nil:
				r.warn(fmt.Sprintf("Secret %s keeps the old password: the chart writes it from postgresql.auth, which is not linked to the connection. A database that starts with an empty volume would take it; set postgresql.auth.existingSecret.", p.secret))
			default:
				r.step("Keep the database's own Secret in step", "A database that starts with an empty volume takes its password from there.", script(append([]string{r.take("new", "password")}, r.write(p, "new")...)...))
			}
		}
	}
}

// switchOver gives the pods the new login: PgBouncer first, then all others.
func (r *rotation) switchOver(c connection, user bool) {
	places := append([]place{}, c.urls...)
	if len(c.urls) > 0 {
		r.step("Write the new login into the connection", "All keys of a Secret change at once.", script(r.rewrite(c.urls, user)...))
	} else {
		lines := append([]string{r.take("new", "password")}, r.write(c.password, "new")...)
		if user {
			lines = append(append([]string{r.take("user", "user")}, r.write(c.user, "user")...), lines...)
		}
		places = append(places, c.password)
		r.step("Write the new login", "Pods read it when they start.", script(lines...))
	}
	holders := r.holders(places...)
	if c.pooler != nil && !(user && c.users.secret != "") {
		r.restart("Restart PgBouncer first", "It logs in at the database with the new password then.", []*airflow.Workload{c.pooler})
		holders = without(holders, c.pooler)
	}
	r.restart("Restart all that log in at the database", "They read the new login when they start.", without(holders, c.embedded))
	r.awaitTaskPods("They log in with the old password.")
}

func without(list []*airflow.Workload, other *airflow.Workload) []*airflow.Workload {
	var out []*airflow.Workload
	for _, w := range list {
		if w != other {
			out = append(out, w)
		}
	}
	return out
}

// rewrite is the lines that put the new login into URLs, Secret by Secret.
func (r *rotation) rewrite(urls []place, user bool) []string {
	lines := []string{r.take("new", "password")}
	if user {
		lines = append(lines, r.take("user", "user"))
	}
	bySecret := map[string][][2]string{}
	var order []place
	for i, p := range urls {
		variable := fmt.Sprintf("url%d", i+1)
		lines = append(lines, fmt.Sprintf(`%s=$(%s)`, variable, r.read(p)))
		name := `"$user"`
		if !user {
			lines = append(lines, fmt.Sprintf(`name=${%s#*://} && name=${name%%%%:*}`, variable))
			name = `"$name"`
		}
		lines = append(lines, fmt.Sprintf(`%s=$(printf '%%s://%%s:%%s@%%s' "${%s%%%%://*}" %s "$new" "${%s#*@}")`, variable, variable, name, variable))
		if p.maker == byOperator {
			lines = append(lines, r.write(p, variable)...)
			continue
		}
		if bySecret[p.secret] == nil {
			order = append(order, p)
		}
		bySecret[p.secret] = append(bySecret[p.secret], [2]string{p.key, variable})
	}
	for _, p := range order {
		lines = append(lines, r.patch(p.secret, bySecret[p.secret]...)...)
	}
	return lines
}
