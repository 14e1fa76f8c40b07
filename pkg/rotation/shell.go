package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// safeName is what Kubernetes names and keys of Secrets are made of: a shell takes it as one word.
var safeName = pattern.New(`^[A-Za-z0-9._-]+$`)

func safe(name string) bool { return safeName.MatchString(name) }

// script is one command line of several, each run only if all before it went
// well. It does not lean on set -e, which a shell ignores where the whole stands
// before && or in a condition. It leaves nothing in the variables of the shell that runs it.
func script(lines ...string) string {
	var b strings.Builder
	b.WriteString("( set -u")
	for _, line := range lines {
		if line != "" {
			b.WriteString(" &&\n" + line)
		}
	}
	return b.String() + " )"
}

// read is the command that writes a place's value to standard output.
func (r *rotation) read(p place) string {
	return fmt.Sprintf(`kubectl get secret %s -n %s -o go-template='{{index .data "%s" | base64decode}}'`, p.secret, r.Namespace, p.key)
}

// write is the lines that give a place the value of a shell variable.
func (r *rotation) write(p place, variable string) []string {
	if p.maker != byOperator {
		return r.patch(p.secret, [2]string{p.key, variable})
	}
	lines := []string{fmt.Sprintf(`printf %%s "$%s" | %s`, variable, r.store.Write(p.secret, p.key))}
	if sync := r.store.Sync(p.secret); sync != "" {
		lines = append(lines, sync)
	}
	return append(lines, fmt.Sprintf(`until [ "$(%s)" = "$%s" ]; do sleep 2; done`, r.read(p), variable))
}

// patch is the lines that give keys of one Secret the values of shell variables, all at once.
func (r *rotation) patch(secret string, pairs ...[2]string) []string {
	var lines, fields, values []string
	for _, pair := range pairs {
		lines = append(lines,
			fmt.Sprintf(`%s_64=$(printf %%s "$%s" | base64 | tr -d '\n')`, pair[1], pair[1]),
			fmt.Sprintf(`[ -n "$%s_64" ]`, pair[1]))
		fields = append(fields, fmt.Sprintf(`"%s":"%%s"`, pair[0]))
		values = append(values, fmt.Sprintf(`"$%s_64"`, pair[1]))
	}
	return append(lines, fmt.Sprintf(`printf '{"data":{%s}}' %s | kubectl patch secret %s -n %s --type=merge --patch-file=/dev/stdin`,
		strings.Join(fields, ","), strings.Join(values, " "), secret, r.Namespace))
}

// random is the lines that make a value of a number of hexadecimal characters in the shell variable new.
func random(characters int) []string {
	return []string{fmt.Sprintf(`new=$(openssl rand -hex %d)`, characters/2), fmt.Sprintf(`[ ${#new} -eq %d ]`, characters)}
}

// python is a command that runs a program in a container, its text on standard input.
func python(inside, program string) string {
	return fmt.Sprintf("%s python - <<'PY'\n%s\nPY", inside, program)
}
