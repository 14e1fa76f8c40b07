package collect

import (
	"math"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// yamlWords are the plain scalars of YAML 1.1 that are not texts. Kubernetes
// and Helm read YAML by these rules. Source: https://yaml.org/type/.
var yamlWords = map[string]any{
	"y": true, "Y": true, "yes": true, "Yes": true, "YES": true,
	"true": true, "True": true, "TRUE": true, "on": true, "On": true, "ON": true,
	"n": false, "N": false, "no": false, "No": false, "NO": false,
	"false": false, "False": false, "FALSE": false, "off": false, "Off": false, "OFF": false,
	"": nil, "~": nil, "null": nil, "Null": nil, "NULL": nil,
	".nan": math.NaN(), ".NaN": math.NaN(), ".NAN": math.NaN(),
	".inf": math.Inf(1), ".Inf": math.Inf(1), ".INF": math.Inf(1),
	"+.inf": math.Inf(1), "+.Inf": math.Inf(1), "+.INF": math.Inf(1),
	"-.inf": math.Inf(-1), "-.Inf": math.Inf(-1), "-.INF": math.Inf(-1),
}

var yamlFloat = pattern.New(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// resolveScalar is what a plain scalar means: nil, a bool, an int64, a float64
// or the text itself. A float without a fraction becomes an int64, as it does
// on its way through JSON.
func resolveScalar(text string) any {
	if len(text) <= len("false") {
		if v, known := yamlWords[text]; known {
			return v
		}
	}
	if text[0] != '+' && text[0] != '-' && text[0] != '.' && (text[0] < '0' || text[0] > '9') {
		return text
	}
	if v, ok := resolveNumber(text); ok {
		return v
	}
	return text
}

func resolveNumber(text string) (any, bool) {
	v, ok := number(text)
	if f, isFloat := v.(float64); isFloat {
		v = wholeNumber(f)
	}
	return v, ok
}

// number is an int64 or a float64, as it is written.
func number(text string) (any, bool) {
	if text[0] == '.' {
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	plain := strings.ReplaceAll(text, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return i, true
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return float64(u), true
	}
	if yamlFloat.MatchString(plain) {
		f, err := strconv.ParseFloat(plain, 64)
		return f, err == nil
	}
	if digits, binary := strings.CutPrefix(plain, "0b"); binary { // a sign behind the prefix counts, too: 0b-1
		i, err := strconv.ParseInt(digits, 2, 64)
		return i, err == nil
	}
	return nil, false
}

// wholeNumber is a float as it reads after being written as JSON.
func wholeNumber(f float64) any {
	if f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return f
	}
	if i, err := strconv.ParseInt(strconv.FormatFloat(f, 'f', -1, 64), 10, 64); err == nil {
		return i
	}
	return f
}

// floatKey is a float as a key of JSON, in the words of sigs.k8s.io/yaml.
func floatKey(f float64) string { return strconv.FormatFloat(f, 'g', -1, 32) }
