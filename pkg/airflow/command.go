package airflow

import (
	"net/url"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// The community chart builds its connections by small shell commands in
// variables. These are their shapes; anything else stays unknown. Parts may be
// masked: of the commands that quote a user or a password only the beginning is read.
// Source: airflow-helm/charts 8.9.0, templates/config/secret-config-envs.yaml.
var (
	evalCommand  = pattern.New(`^bash -c 'eval "\$\{?(\w+)\}?"'$`)
	echoCommand  = pattern.New(`^echo (?:-n )?"((?:[^"\\` + "`" + `]|\$\(eval "\$\{?\w+\}?"\))*)"$`)
	quoteCommand = pattern.New(`^echo "\$\{?(\w+)\}?" \| python3? -c ".*"$`)
	reference    = pattern.New(`\$\(eval "?\$\{?(\w+)\}?"?\)|\$\{(\w+)\}|\$(\w+)|\$`)
	// hiddenColon stands between user and password where masking took it for a secret of its own.
	hiddenColon = pattern.New(`(\$\(eval \$\w+\))⟦secret \w+ size:1⟧(\$\(eval \$)`)
)

// chartCommands are the community chart's own commands by the variable that
// each evaluates. The chart refuses values that set these variables, so in its
// Secret they are known even where their text is masked.
var chartCommands = map[string]string{
	"AIRFLOW__CELERY__BROKER_URL_CMD":         "REDIS_CONNECTION_CMD",
	"AIRFLOW__CELERY__RESULT_BACKEND_CMD":     "DATABASE_CELERY_CMD",
	"AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD":     "DATABASE_SQLALCHEMY_CMD",
	"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": "DATABASE_SQLALCHEMY_CMD",
}

const chartSecret = "-config-envs" //nolint:gosec // the end of an object's name

// quoters are the variables whose commands quote another one for a URL, and what stands around it if it is not empty.
var quoters = map[string]struct{ before, after string }{
	"DATABASE_USER_CMD":     {"", ""},
	"DATABASE_PASSWORD_CMD": {"", ""},
	"REDIS_PASSWORD_CMD":    {":", "@"},
}

// unclear is why the output of a command of no known shape is not known.
const unclear = "it is the output of a command"

// outputKey is one place of a variable that holds a command.
type outputKey struct{ name, object, path string }

// ran is the output of the command that a variable holds, found once.
func (c *config) ran(s Setting) Setting {
	at := outputKey{s.Name, s.Ref.Name, s.Path}
	if known, found := c.outputs.Load(at); found {
		return known.(Setting)
	}
	out := c.run(s)
	c.outputs.Store(at, out)
	return out
}

// run is the output of the command that a setting holds, where it is one of
// the known shapes and all it needs is known.
func (c *config) run(s Setting) Setting {
	out, why := "", first(s.Reason, unclear)
	if _, masked := snapshot.ParseMasked(s.Value); masked && strings.HasSuffix(s.Ref.Name, chartSecret) {
		out, why = c.outputOf(chartCommands[s.Name], 0)
	} else if s.Known {
		out, why = c.output(s.Value, 0)
	}
	if why != "" {
		s = behind(s, "cmd", why)
		s.Partial = out
		return s
	}
	s.Value, s.Via = out, "cmd"
	return s
}

// outputOf is the output of the command that a variable holds; why says what keeps it from being known.
func (c *config) outputOf(name string, depth int) (out, why string) {
	command, why := c.variable(name)
	if why != "" {
		return "", why
	}
	if command == "" || depth > 8 { // a command that evaluates itself
		return "", unclear
	}
	around, quotes := quoters[name]
	if !quotes {
		return c.output(command, depth+1)
	}
	found := quoteCommand.FindStringSubmatch(command)
	if found == nil || found[1]+"_CMD" != name {
		return c.output(command, depth+1)
	}
	value, why := c.variable(found[1])
	switch {
	case why != "":
		return around.before + Unread + around.after, why
	case value == "":
		return "", ""
	}
	return around.before + quote(value) + around.after, ""
}

func (c *config) output(command string, depth int) (out, why string) {
	if found := evalCommand.FindStringSubmatch(command); found != nil {
		return c.outputOf(found[1], depth)
	}
	if found := echoCommand.FindStringSubmatch(command); found != nil {
		return c.substitute(hiddenColon.ReplaceAllString(found[1], "$1:$2"), depth)
	}
	return "", unclear
}

// substitute fills in a text between double quotes.
func (c *config) substitute(text string, depth int) (out, why string) {
	out = reference.ReplaceAllStringFunc(text, func(match string) string {
		found := reference.FindStringSubmatch(match)
		value, reason := "", unclear
		switch {
		case found[1] != "":
			value, reason = c.outputOf(found[1], depth)
		case found[2] != "" || found[3] != "":
			value, reason = c.variable(found[2] + found[3])
		}
		if value == "" && reason != "" {
			value = Unread
		}
		why = first(why, reason)
		return value
	})
	return out, why
}

// variable is a shell variable: empty where it is not set.
func (c *config) variable(name string) (value, why string) {
	s, set := c.lookup(name)
	if set && !s.Known {
		return "", first(s.Reason, unclear)
	}
	return s.Value, ""
}

// quote is Python's urllib.parse.quote; a masked value stays as it is.
func quote(text string) string {
	if len(snapshot.MaskedIn(text)) > 0 {
		return text
	}
	return strings.NewReplacer("%2F", "/", "+", "%20").Replace(url.QueryEscape(text))
}
