package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// webKey is [webserver] secret_key of Airflow 1 and 2.
func (r *rotation) webKey() error { return r.signing("webserver", "webserverSecretKey") }

// apiKey is [api] secret_key of Airflow 3.
func (r *rotation) apiKey() error { return r.signing("api", "apiSecretKey") }

// signing replaces the key that signs sessions and the tokens for task logs.
// All who hold it restart together: pods with different keys refuse each other.
func (r *rotation) signing(section, value string) error {
	p, unset, err := r.placed(section, "secret_key")
	if err != nil {
		return err
	}
	if p.secret == "" {
		return r.refuse("no key is set, so each pod makes its own at each start; a restart is all it takes, and one key for all is what is missing", r.migrate())
	}
	if err := r.pinned(p, value); err != nil {
		return err
	}
	r.plan.Secrets = []string{p.String()}
	if others := serving(unset); len(others) > 0 {
		r.warn(fmt.Sprintf("%s has no such key and makes its own: its sessions and log tokens do not match the others'.", strings.Join(others, " and ")))
	}
	r.notice("Everybody is logged out and logs in again.")
	r.notice("Logs of running tasks cannot be read until all pods have restarted; the tasks go on, and nothing that is stored depends on this key.")
	r.step("Write a new key", "Pods read it when they start.", script(append(random(64), r.write(p, "new")...)...))
	r.restart("Restart all that hold the key, together", "A log server refuses tokens that another key signed.", r.holders(p))
	r.awaitTaskPods("Their logs cannot be read while they run, because they serve them with the old key.")
	return nil
}

// serving are the components that sign or check what another one made.
func serving(list []airflow.Component) []string {
	var out []string
	for _, c := range list {
		switch c {
		case airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.Worker, airflow.Triggerer:
			out = append(out, string(c))
		}
	}
	return out
}

// pinned is lasting for keys that the chart makes at random where nobody gives
// one: those change with each upgrade, and rotating them does no harm.
func (r *rotation) pinned(p place, value string) error {
	if set, known := r.given(value); p.maker == byChart && r.Dialect == airflow.Official && known && !set {
		r.warn(fmt.Sprintf("The chart makes a new random value for Secret %s with every upgrade, which does the same at a time you did not choose. To keep it: %s.", p.secret, r.migrate()))
		return nil
	}
	return r.lasting(p)
}

// jwt replaces [api_auth] jwt_secret. It signs the tokens of people and of running tasks.
func (r *rotation) jwt() error {
	for _, s := range r.Settings("api_auth", "jwt_private_key_path") {
		if s.Via != "default" && (!s.Known || s.Value != "") {
			return r.refuse("tokens are signed by a private key in a file, not by a shared secret",
				"publish the new public key beside the old one under [api_auth] trusted_jwks_url, then replace the private key on API server and scheduler, and take the old public key away after the longest token has ended")
		}
	}
	p, _, err := r.placed("api_auth", "jwt_secret")
	if err != nil {
		return err
	}
	if p.secret == "" {
		return r.refuse("no key is set, so each API server makes its own at each start and refuses the others' tokens", r.migrate())
	}
	if err := r.pinned(p, "jwtSecret"); err != nil {
		return err
	}
	r.plan.Secrets = []string{p.String()}
	r.notice("Everybody is logged out; tokens for the REST API that scripts hold end, too.")
	r.notice("The tokens of running tasks become invalid, and a task that cannot reach the API server fails: hence nothing runs while the key changes.")
	undrain, err := r.drain("A running task's token is signed by the old key.")
	if err != nil {
		return err
	}
	r.step("Write a new key", "HS512 wants 64 bytes or more.", script(append(random(128), r.write(p, "new")...)...))
	r.restart("Restart all that hold the key, together", "API servers with different keys refuse each other's tokens.", r.holders(p))
	r.plan.Steps = append(r.plan.Steps, undrain...)
	return nil
}
