package rotation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// flower replaces the password of Flower's basic authentication, "user:password".
func (r *rotation) flower() error {
	flower := r.own(airflow.Flower)
	if flower == nil {
		return fmt.Errorf("this release has no Flower")
	}
	p, _, err := r.placed("celery", "flower_basic_auth")
	if err != nil {
		return err
	}
	if p.secret == "" {
		return r.refuse("Flower asks for no password", "give it one: "+r.migrate())
	}
	if err := r.lasting(p); err != nil {
		return err
	}
	r.plan.Secrets = []string{p.String()}
	r.notice("Who looks at Flower logs in anew. Whoever needs the new password reads it from the Secret.")
	lines := append([]string{fmt.Sprintf(`old=$(%s)`, r.read(p)), `case $old in *:*) ;; *) false; esac`}, random(32)...)
	lines = append(lines, `login=${old%%:*}:$new`)
	r.step("Write a new password", "The user stays.", script(append(lines, r.write(p, "login")...)...))
	r.restart("Restart Flower", "It reads the password when it starts.", []*airflow.Workload{flower})
	return nil
}

// gitKey replaces the SSH key by which git-sync reads the DAGs.
func (r *rotation) gitKey() error {
	p, err := r.gitPlace()
	if err != nil {
		return err
	}
	if err := r.lasting(p); err != nil {
		return err
	}
	r.plan.Secrets = []string{p.String()}
	fresh := r.Release + "-git-key-rotation"
	r.notice("Nobody notices anything but the restart, where the Git server takes both keys for a while.")
	r.step("Make a new key pair", fmt.Sprintf("The private key goes into Secret %s; what is printed is the public key, for the Git server.", fresh), script(
		`dir=$(mktemp -d)`, `trap 'rm -rf "$dir"' EXIT`,
		fmt.Sprintf(`ssh-keygen -q -t ed25519 -N '' -C %s -f "$dir/key"`, r.Release+"-git-sync"),
		fmt.Sprintf(`kubectl create secret generic %s -n %s --from-file=key="$dir/key"`, fresh, r.Namespace),
		`cat "$dir/key.pub"`))
	r.step("Add the public key at the Git server", "As a deploy key that may only read. The old one stays until the end. This is done at the Git server, by hand.")
	r.step("Write the new private key", "Other keys of the Secret, such as known_hosts, stay.", script(append([]string{
		fmt.Sprintf(`key=$(kubectl get secret %s -n %s -o go-template='{{index .data "key" | base64decode}}')`, fresh, r.Namespace),
		`[ -n "$key" ]`,
		`key=$(printf '%s\n.' "$key")`, `key=${key%.}`,
	}, r.write(p, "key")...)...))
	r.restart("Restart all that run git-sync", "They read the key when they start.", r.holders(p))
	r.awaitTaskPods("They read DAGs with the old key.")
	r.step("Take the old key away at the Git server", "First look that DAGs still come: the log of git-sync names the commit. This is done at the Git server, by hand.")
	r.step("Forget the copy of the new key", "It is now where it belongs.", fmt.Sprintf("kubectl delete secret %s -n %s", fresh, r.Namespace))
	return nil
}

// gitPlace is the key of the Secret that git-sync's containers mount or read as an SSH key.
// Source: both charts' templates: the volume git-sync-ssh-key with key gitSshKey, and git-secret with a subPath.
func (r *rotation) gitPlace() (place, error) {
	for _, w := range r.Workloads {
		for _, c := range w.Containers() {
			if c.Role != airflow.GitSync {
				continue
			}
			for _, m := range c.VolumeMounts {
				if p := sshKey(w, m); safe(p.secret) && safe(p.key) && safe(r.Release) && safe(r.Namespace) {
					return r.at(p.secret, p.key), nil
				}
			}
		}
	}
	return place{}, fmt.Errorf("this release has no git-sync that reads by an SSH key")
}

func sshKey(w *airflow.Workload, m corev1.VolumeMount) place {
	if m.SubPath == "" || !strings.Contains(m.MountPath, "git-secret") && !strings.Contains(m.MountPath, "ssh") || strings.Contains(m.MountPath, "known_hosts") {
		return place{}
	}
	for _, v := range w.Spec.Volumes {
		if v.Name == m.Name && v.Secret != nil {
			return place{secret: v.Secret.SecretName, key: m.SubPath}
		}
	}
	return place{}
}
