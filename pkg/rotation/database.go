package rotation

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// connection is how pods get to the metadata database.
type connection struct {
	// urls are places that hold the whole connection; password (and user) are places that hold a part of it.
	urls           []place
	password, user place
	mysql          bool
	embedded       *airflow.Workload // the database's own pod; nil where it is outside the release
	pooler         *airflow.Workload // PgBouncer; nil where there is none
	users          place             // PgBouncer's file of users, where it comes from a Secret
}

func (c connection) places() []place {
	out := append([]place{}, c.urls...)
	for _, p := range []place{c.password, c.user, c.users} {
		if p.secret != "" {
			out = append(out, p)
		}
	}
	return out
}

// database replaces the password of the metadata database: by a second user or
// a second password where the database has such a thing, else in place.
func (r *rotation) database() error {
	c, err := r.connection()
	if err != nil {
		return err
	}
	if err := r.lasting(c.places()...); err != nil {
		return err
	}
	for _, p := range c.places() {
		r.plan.Secrets = append(r.plan.Secrets, p.String())
	}
	r.warn("Some servers write statements into their log. Look whether log_statement (PostgreSQL) or the general log (MySQL) would keep the new password.")
	if c.pooler != nil {
		r.warn("PgBouncer logs in at the database with the same user: it restarts before the others.")
	}
	if r.kedaScales(c) {
		r.warn("KEDA reads kedaConnection from the same Secret: both keys change in one patch, and KEDA logs in anew when its next query fails.")
	}
	switch {
	case c.mysql:
		r.secondPassword(c)
	case c.embedded == nil && (len(c.urls) > 0 || c.user.secret != "") && (c.pooler == nil || c.users.secret != ""):
		r.secondUser(c)
	default:
		r.inPlace(c)
	}
	return nil
}

// connection finds where the release keeps how to get to the database.
func (r *rotation) connection() (c connection, err error) {
	section := "database"
	if len(r.Settings(section, "sql_alchemy_conn")) == 0 { // before Airflow 2.3
		section = "core"
	}
	var value airflow.Setting
	for _, s := range r.Settings(section, "sql_alchemy_conn") {
		if !s.Default && (value.Via == "" || !value.Known) {
			value = s
		}
	}
	if value.Via == "" {
		return c, r.refuse("no connection is set, so Airflow uses a SQLite file, which has no password")
	}
	if value.Via == "cmd" && r.Dialect == airflow.Community {
		c.password, c.user, err = r.parts(value)
	} else {
		c.urls, err = r.wholes(section)
	}
	if err != nil {
		return c, err
	}
	c.embedded, c.pooler = r.own(airflow.Database), r.own(airflow.PgBouncer)
	if c.mysql, err = r.isMySQL(value, c.embedded); err != nil {
		return c, err
	}
	if c.pooler != nil && r.Dialect == airflow.Official {
		c.users = r.usersFile(c.pooler)
	}
	return c, nil
}

// isMySQL tells MySQL from PostgreSQL by the connection, or by the charts' rule
// that their own database, and what the community chart calls no type, is PostgreSQL.
func (r *rotation) isMySQL(value airflow.Setting, embedded *airflow.Workload) (bool, error) {
	if set, known := r.given("externalDatabase.type"); !value.Known {
		if embedded != nil || value.Via == "cmd" && r.Dialect == airflow.Community && known && !set {
			return false, nil
		}
		return false, r.refuse(fmt.Sprintf("the connection could not be read (%s), so that nobody can tell which database it is", value.Reason), "run this as somebody who may read the Secrets of namespace "+r.Namespace)
	}
	scheme, _, _ := strings.Cut(value.Value, "://")
	mysql := strings.HasPrefix(scheme, "mysql")
	if !mysql && !strings.HasPrefix(scheme, "postgres") {
		return false, r.refuse(fmt.Sprintf("the database is %q; only PostgreSQL and MySQL are known", snapshot.Redact(scheme)))
	}
	return mysql, nil
}

// own is the release's workload of a component; nil where there is none.
func (r *rotation) own(component airflow.Component) *airflow.Workload {
	for _, w := range r.Find(component) {
		if w.Owner == nil && restarts(w) {
			return w
		}
	}
	return nil
}

// wholes are the places that hold the metadata connection, and the result
// backend's where it is a Secret of its own; KEDA's copy stands beside the first.
func (r *rotation) wholes(section string) ([]place, error) {
	first, _, err := r.placed(section, "sql_alchemy_conn")
	if err != nil {
		return nil, err
	}
	out := []place{first}
	if o := r.Snapshot.Find(snapshot.Secret, r.Namespace, first.secret); o != nil {
		if data, _ := o.At("data").(map[string]any); data["kedaConnection"] != nil && first.key != "kedaConnection" {
			keda := first
			keda.key = "kedaConnection"
			out = append(out, keda)
		}
	}
	if !r.Celery() {
		return out, nil
	}
	results, _, err := r.placed("celery", "result_backend")
	if err == nil && results.secret != "" && results.String() != first.String() && r.sameServer(section) {
		out = append(out, results)
	}
	return out, nil
}

// sameServer says whether results are kept where the metadata is, by the same user.
func (r *rotation) sameServer(section string) bool {
	login := func(section, key string) string {
		for _, s := range r.Settings(section, key) {
			if u, err := url.Parse(strings.TrimPrefix(snapshot.Redact(s.Value), "db+")); err == nil && s.Known && !s.Default {
				return u.Hostname()
			}
		}
		return ""
	}
	host := login(section, "sql_alchemy_conn")
	return host != "" && host == login("celery", "result_backend")
}

// parts are the places of password and user that the community chart's own commands put together.
// Source: airflow-helm/charts 8.9.0, templates/_helpers/pods.tpl.
func (r *rotation) parts(s airflow.Setting) (password, user place, err error) {
	main, _ := s.Workload.Main()
	get := func(name string) place {
		env, found := r.Env(s.Workload, main.Name, name)
		if !found || env.Ref.Kind != string(snapshot.Secret) || strings.HasSuffix(env.Ref.Name, "-config-envs") {
			return place{}
		}
		return r.at(env.Ref.Name, strings.TrimPrefix(env.Path, "/data/"))
	}
	password, user = get("DATABASE_PASSWORD"), get("DATABASE_USER")
	if password.secret == "" {
		return password, user, r.refuse("the password does not come from a Secret", r.migrate())
	}
	if !safe(password.secret) || !safe(password.key) || user.secret != "" && (!safe(user.secret) || !safe(user.key)) {
		return password, user, fmt.Errorf("the Secret or key %q is no name that Kubernetes takes", password.secret+"/"+password.key)
	}
	return password, user, nil
}

// usersFile is the place of users.txt among the Secrets that PgBouncer mounts.
func (r *rotation) usersFile(pooler *airflow.Workload) place {
	for _, v := range pooler.Spec.Volumes {
		if v.Secret != nil && strings.Contains(v.Name, "config") && safe(v.Secret.SecretName) {
			return r.at(v.Secret.SecretName, "users.txt")
		}
	}
	return place{}
}

func (r *rotation) kedaScales(c connection) bool {
	for _, p := range c.urls {
		if p.key == "kedaConnection" {
			return true
		}
	}
	return false
}
