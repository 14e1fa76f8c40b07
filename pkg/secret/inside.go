package secret

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// Texts that are longer than this are searched up to here, in bytes: a
// ConfigMap holds no more, and a text of another origin is no configuration.
const longestSearched = 1 << 20

var (
	// assigned is NAME = value, NAME: value or "name": "value".
	assigned = pattern.New(`([A-Za-z][A-Za-z0-9_.-]+)(["']?)[ \t]*(=|:)[ \t]*(?:"([^"\n]+)"|'([^'\n]+)'|(\$\([^()]*\)|\$?\$\{[^{}]*\}|[^\s"',;&|(){}\[\]=]+={0,2}))`)
	// listed is an entry of a pod's environment written out in YAML.
	listed = pattern.New(`name: *["']?([A-Za-z_][A-Za-z0-9_.-]+)["']?,?\s+["']?value["']?: *(?:"([^"\n]+)"|'([^'\n]+)'|(\$\{[^{}]*\}|[^\s"',;}]+))`)
	// ownLine is a line of a file of variables, or of YAML: nothing else stands on it.
	ownLine = pattern.New(`(?m)^(?:(?:export )?([A-Za-z][A-Za-z0-9_.-]+)=|[ \t-]*([A-Za-z][A-Za-z0-9_.-]+): +)([^\s"'#;,(){}\[\]=$]+)[ \t]*$`)
	// className is what a program writes behind a colon instead of a value.
	className = pattern.New(`^[A-Z][A-Za-z]+$`)
	// userinfo is the login in a URL.
	userinfo = pattern.New(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:"'<>]*:([^\s/@"'<>]+)@[^\s]`)
	// unescaped is a login with marks in its password that end it for whoever reads the URL.
	unescaped = pattern.New(`[A-Za-z][A-Za-z0-9+.-]*://[^\s/@:"'<>]*:([^\s"'<>]+)@[\w\[$]`)
	// asFlag is a flag that takes a password.
	asFlag = pattern.New(`(?:^|\s)--([a-z][a-z-]+)[= ]["']?([^\s"'=-][^\s"']*)`)
	// inHeader is a login in an HTTP header.
	inHeader = pattern.New(`[Aa]uthorization["']?\s*[:=]\s*["']?(?:[Bb]earer|[Bb]asic|[Tt]oken) +["']?([^\s"']{8,})`)
)

// Inside says what credentials are written out in a longer text of any
// language, by name or by URL: URLPassword, Assignment.
func Inside(text string) []string {
	text = text[:min(len(text), longestSearched)]
	var out []string
	if strings.Contains(text, "://") && strings.Contains(text, "@") && (logsIn(userinfo, text) || logsIn(unescaped, text)) {
		out = append(out, URLPassword)
	}
	if !strings.ContainsAny(text, "=: ") {
		return out
	}
	if slices.ContainsFunc(pairs(text), written) {
		out = append(out, Assignment)
	}
	slices.Sort(out)
	return out
}

// port is what may stand where a password does, with the path behind it.
var port = pattern.New(`^\d{1,5}(?:[/?#,;]|$)`)

func logsIn(form *pattern.Pattern, text string) bool {
	return slices.ContainsFunc(form.FindAllStringSubmatch(text, -1), func(found []string) bool {
		return !harmless(found[1]) && !(form == unescaped && port.MatchString(found[1]))
	})
}

// pair is a name with the text that stands under it.
type pair struct {
	name, value string
	quoted      bool
}

// schemeEnd stands for "://" while pairs are looked for: that colon assigns nothing.
const schemeEnd = "\x00//"

func pairs(text string) []pair {
	var out []pair
	text = strings.ReplaceAll(text, "://", schemeEnd)
	for _, found := range each(assigned, text, "") {
		out = append(out, pair{found[1], found[4] + found[5] + found[6], found[6] == ""})
	}
	for _, found := range each(listed, text, "name:") {
		out = append(out, pair{found[1], found[2] + found[3] + found[4], true})
	}
	for _, found := range each(ownLine, text, "") {
		out = append(out, pair{found[1] + found[2], found[3], found[1] != "" || !className.MatchString(found[3])})
	}
	for _, found := range each(asFlag, text, "--") {
		out = append(out, pair{found[1], found[2], true})
	}
	for _, found := range each(inHeader, text, "uthorization") {
		out = append(out, pair{"bearer", found[1], true})
	}
	for i := range out {
		out[i].value = strings.ReplaceAll(out[i].value, schemeEnd, "://")
	}
	return out
}

// each finds a form in a text, which must hold a part of it: most texts do not.
func each(form *pattern.Pattern, text, must string) [][]string {
	if !strings.Contains(text, must) {
		return nil
	}
	return form.FindAllStringSubmatch(text, -1)
}

// codeWords stand behind a name in programs and schemas, where a value would stand in a configuration.
var codeWords = []string{
	"none", "null", "nil", "true", "false", "str", "string", "bytes", "int", "integer", "required", "optional", "any", "self", "object", "undefined", "yes", "no",
}

// written says that a pair writes a credential out. Where nothing is quoted a
// word may be a name of the program, so only other texts count.
func written(p pair) bool {
	scent := Named(p.name)
	if scent < Likely || harmless(p.value) || slices.Contains(codeWords, strings.ToLower(p.value)) {
		return false
	}
	if Named(p.value) != No && isWord(p.value) { // password = password, token_key: access_token
		return false
	}
	if isWord(strings.TrimRight(p.value, "=")) { // what is left of name = name = value is a word, too
		return p.quoted && scent == Sure
	}
	return p.quoted || !strings.ContainsAny(p.value, ".") || scent == Sure && strings.ContainsAny(p.value, "0123456789")
}
