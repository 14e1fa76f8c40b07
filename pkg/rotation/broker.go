package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// queue is how pods get to the Celery broker.
type queue struct {
	urls     []place // hold the whole connection
	password place   // holds the password alone, for Redis or for Airflow
	embedded *airflow.Workload
	rabbit   bool
}

func (q queue) places() []place {
	out := append([]place{}, q.urls...)
	if q.password.secret != "" {
		out = append(out, q.password)
	}
	return out
}

// broker replaces the password of the broker. Redis 6 and later takes more
// than one for a user, so that no message is lost and nobody is cut off.
// Source: https://redis.io/docs/latest/commands/acl-setuser/.
func (r *rotation) broker() error {
	if !r.Celery() {
		return fmt.Errorf("this release has no broker: its executor is %s", strings.Join(r.Executors, ", "))
	}
	q, err := r.queue()
	if err != nil {
		return err
	}
	if err := r.lasting(q.places()...); err != nil {
		return err
	}
	for _, p := range q.places() {
		r.plan.Secrets = append(r.plan.Secrets, p.String())
		if p.maker == byInstall {
			r.warn(fmt.Sprintf("Secret %s is a pre-install hook: no upgrade changes it, and an install makes another value. redis.password and data.brokerUrl in the values change nothing.", p.secret))
		}
	}
	r.notice("Nobody notices anything but the restart: the broker takes both passwords until the last but one step, and no message is lost.")
	if q.rabbit {
		r.rabbitUser(q)
		return nil
	}
	r.makeFresh(false, "")
	client, why := r.redisClient(q)
	r.step("Give the broker a second password", why+"The old one stays valid, and open connections stay open.", script(
		client.set, r.take("new", "password"), `printf '>%s' "$new" | `+client.command))
	r.step("Write the new password into the Secrets", "Pods, and Redis itself, read it when they start.", r.brokerSecrets(q))
	r.restart("Restart all that talk to the broker", "They read the new password when they start. Redis itself stays up, so that the queue does.", without(r.holders(q.places()...), q.embedded))
	r.step("Take the old passwords away", why+"What is left is the new one alone.", script(
		client.set, r.take("new", "password"), `printf '>%s' "$new" | `+client.only))
	r.forget()
	return nil
}

// queue finds where the release keeps how to get to the broker.
func (r *rotation) queue() (q queue, err error) {
	var value airflow.Setting
	for _, s := range r.Settings("celery", "broker_url") {
		if !s.Default && (value.Via == "" || !value.Known) {
			value = s
		}
	}
	q.embedded = r.own(airflow.Broker)
	switch {
	case value.Via == "":
		return q, r.refuse("no broker is set")
	case value.Via == "cmd" && r.Dialect == airflow.Community:
		main, _ := value.Workload.Main()
		if env, found := r.Env(value.Workload, main.Name, "REDIS_PASSWORD"); found && env.Ref.Kind == string(snapshot.Secret) {
			q.password = r.at(env.Ref.Name, strings.TrimPrefix(env.Path, "/data/"))
		}
		if !safe(q.password.secret) || !safe(q.password.key) {
			return q, r.refuse("the password does not come from a Secret", r.migrate())
		}
		return q, nil
	}
	p, _, err := r.placed("celery", "broker_url")
	if err != nil {
		return q, err
	}
	q.urls = []place{p}
	if !value.Known {
		return q, r.refuse(fmt.Sprintf("the broker's address could not be read (%s), so that nobody can tell which broker it is", value.Reason), "run this as somebody who may read the Secrets of namespace "+r.Namespace)
	}
	q.rabbit = strings.HasPrefix(value.Value, "amqp") || strings.HasPrefix(value.Value, "pyamqp")
	if !q.rabbit && !strings.HasPrefix(value.Value, "redis") {
		return q, r.refuse("the broker is neither Redis nor RabbitMQ, so that how to change its password is not known")
	}
	q.password = r.redisSecret(q.embedded)
	return q, nil
}

// redisSecret is where the broker's own pod has its password from.
func (r *rotation) redisSecret(w *airflow.Workload) place {
	if w == nil {
		return place{}
	}
	for _, c := range w.Containers() {
		for _, e := range c.Env {
			if e.Name == "REDIS_PASSWORD" && e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil && safe(e.ValueFrom.SecretKeyRef.Name) && safe(e.ValueFrom.SecretKeyRef.Key) {
				return r.at(e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Key)
			}
		}
	}
	return place{}
}

// redis is how to change passwords: set is a line that must go before or nothing, command
// adds one, only leaves one.
type redis struct{ set, command, only string }

// redisClient runs in the broker's own pod, where there is one. The pod's own
// variable is the old password, and after a restart the new: both are valid.
func (r *rotation) redisClient(q queue) (c redis, why string) {
	call := func(words string) string { return "redis-cli -x ACL SETUSER default " + words }
	if q.embedded == nil {
		c.set = `: "${REDIS_HOST:?set it to the broker}" "${REDISCLI_AUTH:?read -rs it and export it: the present password}"`
		outside := func(words string) string {
			return strings.TrimSpace(strings.Replace(call(words), "redis-cli", `redis-cli -h "$REDIS_HOST"`, 1))
		}
		c.command, c.only = outside(""), outside("resetpass")
		return c, "Set REDIS_HOST, and export REDISCLI_AUTH after `read -rs REDISCLI_AUTH`. Managed brokers have their own call for it (ElastiCache: modify-replication-group with the strategies ROTATE and SET). "
	}
	main, _ := q.embedded.Main()
	inside := func(words string) string {
		return fmt.Sprintf(`kubectl exec -i -n %s %s -c %s -- sh -c 'REDISCLI_AUTH="$REDIS_PASSWORD" exec %s'`, r.Namespace, target(q.embedded), main.Name, strings.TrimSpace(call(words)))
	}
	c.command, c.only = inside(""), inside("resetpass")
	return c, "It is done in the broker's own pod. "
}

func (r *rotation) brokerSecrets(q queue) string {
	var lines []string
	if q.password.secret != "" {
		lines = append([]string{r.take("new", "password")}, r.write(q.password, "new")...)
	}
	if len(q.urls) > 0 {
		lines = append(lines, r.rewrite(q.urls, false)...)
	}
	return script(lines...)
}

// rabbitUser: RabbitMQ knows one password for a user, hence a second user.
// Source: https://www.rabbitmq.com/docs/man/rabbitmqctl.8.
func (r *rotation) rabbitUser(q queue) {
	r.makeFresh(true, fmt.Sprintf(`url=$(%s) && was=${url#*://} && was=${was%%%%:*}`, r.read(q.urls[0])))
	r.step("Make a second user in the broker", "Run it where rabbitmqctl reaches the broker, with VHOST set; it reads the password from standard input.", script(
		`: "${VHOST:?set it to the virtual host}"`, r.take("user", "user"), r.take("new", "password"),
		`printf '%s\n' "$new" | rabbitmqctl add_user "$user"`,
		`rabbitmqctl set_permissions -p "$VHOST" "$user" '.*' '.*' '.*'`))
	r.step("Write the new user into the Secrets", "Pods read it when they start.", script(r.rewrite(q.urls, true)...))
	r.restart("Restart all that talk to the broker", "They log in as the new user when they start.", r.holders(q.places()...))
	r.step("Delete the old user", "Nobody uses it any more.", script(r.take("was", "old"), `rabbitmqctl delete_user "$was"`))
	r.forget()
}
