package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// fernet: new,old in the Secret, restart, re-encrypt, prove that the new key
// alone reads everything, drop the old.
// Source: https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html.
func (r *rotation) fernet() error {
	p, err := r.fernetPlace()
	if err != nil {
		return err
	}
	inside, found := r.inside(airflowPods...)
	if !found {
		return r.refuse("the release has no pod in which `airflow " + r.rotateCommand() + "` could run")
	}
	r.plan.Secrets = []string{p.String()}
	holders := r.holders(p)
	r.notice("Nobody notices anything but the two restarts: with both keys in the list, all that is stored stays readable throughout.")
	r.notice("Tasks on Celery workers get the workers' time of grace to end; what runs longer is started again by Airflow.")
	r.warn("Who has an old dump of the database and the old key can read what it holds: change the credentials behind the connections, too, if the old key is known to others.")
	r.step("Put a new key before the old one", "With new,old Airflow encrypts by the new key and still reads what the old one encrypted.", r.addKey(p))
	r.restart("Restart everything that holds the key", "A pod that knows only the old key cannot read what the new one encrypts.", holders)
	r.awaitTaskPods("Their pods know only the old key.")
	r.step("Encrypt everything with the new key", "Connections, variables and triggers in the database are written again.", strings.Replace(inside, " -i ", " ", 1)+" airflow "+r.rotateCommand())
	r.step("Prove that the new key alone reads everything", "The next step takes the old key away and refuses without this proof.", r.prove(p, inside))
	r.step("Drop the old key", "From now on the old key opens nothing that is stored.", r.dropKey(p))
	r.restart("Restart everything that holds the key again", "The old key is then in no pod's memory.", holders)
	return nil
}

// rotateCommand is Airflow's own, by version.
// Source: airflow/bin/cli.py of 1.10, airflow/cli/cli_parser.py of 2.0.
func (r *rotation) rotateCommand() string {
	if r.Major == 1 {
		return "rotate_fernet_key"
	}
	return "rotate-fernet-key"
}

// fernetPlace refuses every order that would make stored connections unreadable.
func (r *rotation) fernetPlace() (place, error) {
	p, unset, err := r.placed("core", "fernet_key")
	switch {
	case err != nil:
		return p, err
	case p.secret == "":
		return p, r.refuse("no Fernet key is set, so each pod makes its own and can read only what it wrote itself; there is no old key to keep",
			r.migrate(), "enter again the connections and variables that Airflow then cannot read")
	case len(unset) > 0:
		return p, r.refuse(fmt.Sprintf("%s has no Fernet key set and makes its own, so it cannot read what the others write", unset[0]), r.migrate())
	}
	set, known := r.given("fernetKey")
	if p.maker == byInstall && !known {
		return p, r.refuse(fmt.Sprintf("Secret %s is a pre-install hook, and the release's values could not be read: they may hold a key that an install brings back", p.secret), "run this on the release in its cluster, as somebody who may read Helm's record", r.migrate())
	}
	if set && p.maker == byInstall {
		return p, r.refuse(fmt.Sprintf("fernetKey is set in the values, but Secret %s is a pre-install hook: `helm upgrade` ignores a new value, and an install from these values brings the old key back, which cannot read what the new one encrypted", p.secret), r.migrate())
	}
	if by := r.gitops(); by != "" && p.maker == byInstall {
		return p, r.refuse(fmt.Sprintf("Secret %s is a pre-install hook and %s applies the release: a sync that runs the hook again makes another key, and every stored connection becomes unreadable (apache/airflow issues 47963, 18509)", p.secret, by), r.migrate())
	}
	if p.maker == byInstall {
		r.warn(fmt.Sprintf("Secret %s is a pre-install hook: upgrades leave it alone, but an install makes another key. Keep a copy of it, or pin it: %s.", p.secret, r.migrate()))
	}
	if c := r.Snapshot.CoverageOf(snapshot.Secret); c.State == snapshot.Forbidden {
		return p, r.refuse("Secrets could not be read, so that nobody can tell who writes "+p.secret, "run this as somebody who may read the Secrets of namespace "+r.Namespace)
	}
	return p, r.lasting(p)
}

// marker is the ConfigMap that holds the proof that a key may be dropped: the version of the Secret that was proved.
func (r *rotation) marker() string { return r.Release + "-fernet-rotation" }

func (r *rotation) addKey(p place) string {
	lines := []string{
		fmt.Sprintf(`kubectl delete configmap %s -n %s --ignore-not-found`, r.marker(), r.Namespace),
		fmt.Sprintf(`old=$(%s)`, r.read(p)),
		`[ -n "$old" ]`,
		`new=$(openssl rand -base64 32 | tr '+/' '-_')`,
		`[ ${#new} -eq 44 ]`,
		`list=$new,$old`,
	}
	return script(append(lines, r.write(p, "list")...)...)
}

// readAll reads all that is encrypted, with the first key of the list alone. It
// prints no value. A pod that has not restarted since the list changed would
// prove another key: the digest, in the variable expected, tells.
// Source: airflow/models/{connection,variable,trigger,crypto}.py of 2.0 to 3.x.
const readAll = `import hashlib, os
from airflow.configuration import conf
keys = conf.get("core", "fernet_key").strip()
if hashlib.sha256(keys.encode()).hexdigest() != expected:
    raise SystemExit("This pod does not hold the keys of the Secret yet: restart it first.")
os.environ["AIRFLOW__CORE__FERNET_KEY"] = keys.split(",")[0]
from airflow import models
from airflow.utils.session import create_session
with create_session() as session:
    for connection in session.query(models.Connection):
        connection.get_password()
        connection.get_extra()
    for variable in session.query(models.Variable):
        if variable.is_encrypted and variable.get_val() is None:
            raise SystemExit("The new key does not read variable " + variable.key)
    trigger = getattr(models, "Trigger", None)
    for each in session.query(trigger) if trigger else ():
        each.kwargs
print("The new key alone reads everything.")`

func (r *rotation) prove(p place, inside string) string {
	return script(
		fmt.Sprintf(`version=$(%s)`, r.version(p)),
		fmt.Sprintf(`list=$(%s)`, r.read(p)),
		`digest=$(printf %s "$list" | openssl dgst -sha256 -r)`,
		`digest=${digest%% *}`,
		"{ printf 'expected = \"%s\"\\n' \"$digest\" && cat; } <<'PY' | "+inside+" python - &&\n"+readAll+"\nPY\n"+
			fmt.Sprintf(`kubectl delete configmap %s -n %s --ignore-not-found`, r.marker(), r.Namespace),
		fmt.Sprintf(`kubectl create configmap %s -n %s --from-literal=proved="$version"`, r.marker(), r.Namespace),
	)
}

// version is the command that tells which version of a Secret there is.
func (r *rotation) version(p place) string {
	return fmt.Sprintf(`kubectl get secret %s -n %s -o go-template='{{.metadata.resourceVersion}}'`, p.secret, r.Namespace)
}

func (r *rotation) dropKey(p place) string {
	lines := []string{
		fmt.Sprintf(`proved=$(kubectl get configmap %s -n %s --ignore-not-found -o go-template='{{.data.proved}}')`, r.marker(), r.Namespace),
		fmt.Sprintf(`{ [ -n "$proved" ] && [ "$proved" = "$(%s)" ]; } || { echo 'Not dropped: nothing proves that the new key alone reads everything. Do the steps before this one.' >&2; false; }`, r.version(p)),
		fmt.Sprintf(`list=$(%s)`, r.read(p)),
		`new=${list%%,*}`,
		`[ ${#new} -eq 44 ]`,
	}
	lines = append(lines, r.write(p, "new")...)
	return script(append(lines, fmt.Sprintf(`kubectl delete configmap %s -n %s`, r.marker(), r.Namespace))...)
}
