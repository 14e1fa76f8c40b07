package airflow

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// The community chart builds its connections by small shell commands in
// variables. These are their shapes; anything else stays unknown.
// Source: airflow-helm/charts 8.9.0, templates/config/secret-config-envs.yaml.
var (
	evalCommand  = regexp.MustCompile(`^bash -c 'eval "\$\{?(\w+)\}?"'$`)
	echoCommand  = regexp.MustCompile(`^echo (?:-n )?"((?:[^"\\` + "`" + `]|\$\(eval "\$\{?\w+\}?"\))*)"$`)
	quoteCommand = regexp.MustCompile(`^echo "\$\{?(\w+)\}?" \| python3? -c ".*urllib\.parse\.quote\(input\(\)\).*"$`)
	reference    = regexp.MustCompile(`\$\(eval "?\$\{?(\w+)\}?"?\)|\$\{(\w+)\}|\$(\w+)|\$`)
)

// run is the output of the command that a setting holds, where it is one of
// the known shapes and all it needs is known.
func (c *config) run(s Setting) Setting {
	if !s.Clear() {
		return behind(s, "cmd", first(s.Reason, "it is the output of a command"))
	}
	out, ok := c.output(s.Value, 0)
	if !ok {
		return behind(s, "cmd", "it is the output of a command")
	}
	s.Value, s.Via = out, "cmd"
	return s
}

func (c *config) output(command string, depth int) (string, bool) {
	if depth > 8 { // a command that evaluates itself
		return "", false
	}
	if found := evalCommand.FindStringSubmatch(command); found != nil {
		return c.outputOf(found[1], depth)
	}
	if found := quoteCommand.FindStringSubmatch(command); found != nil {
		value, ok := c.variable(found[1])
		if strings.Contains(command, `:{encoded_pass}@`) && value != "" {
			return ":" + quote(value) + "@", ok
		}
		return quote(value), ok
	}
	if found := echoCommand.FindStringSubmatch(command); found != nil {
		return c.substitute(found[1], depth)
	}
	return "", false
}

func (c *config) outputOf(name string, depth int) (string, bool) {
	command, ok := c.variable(name)
	if !ok || command == "" || len(snapshot.MaskedIn(command)) > 0 {
		return "", false
	}
	return c.output(command, depth+1)
}

// substitute fills in a text between double quotes.
func (c *config) substitute(text string, depth int) (string, bool) {
	known := true
	out := reference.ReplaceAllStringFunc(text, func(match string) string {
		found := reference.FindStringSubmatch(match)
		value, ok := "", false
		switch {
		case found[1] != "":
			value, ok = c.outputOf(found[1], depth)
		case found[2] != "" || found[3] != "":
			value, ok = c.variable(found[2] + found[3])
		}
		known = known && ok
		return value
	})
	return out, known
}

// variable is a shell variable: empty where it is not set, and false where that is not known.
func (c *config) variable(name string) (string, bool) {
	s, set := c.lookup(name)
	return s.Value, !set || s.Known
}

// quote is Python's urllib.parse.quote; a masked value stays as it is.
func quote(text string) string {
	if len(snapshot.MaskedIn(text)) > 0 {
		return text
	}
	return strings.NewReplacer("%2F", "/", "+", "%20").Replace(url.QueryEscape(text))
}
