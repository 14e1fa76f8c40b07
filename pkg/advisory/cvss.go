package advisory

import (
	"fmt"
	"math"
	"strings"
)

// weights are the numbers of CVSS 3.1's base metrics; PR has others where the scope changes.
// Source: https://www.first.org/cvss/v3.1/specification-document, section 7.4.
var weights = map[string]map[string]float64{
	"AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
	"AC": {"L": 0.77, "H": 0.44},
	"PR": {"N": 0.85, "L": 0.62, "H": 0.27},
	"UI": {"N": 0.85, "R": 0.62},
	"S":  {"U": 0, "C": 1},
	"C":  {"H": 0.56, "L": 0.22, "N": 0},
	"I":  {"H": 0.56, "L": 0.22, "N": 0},
	"A":  {"H": 0.56, "L": 0.22, "N": 0},
}

var changedScopePR = map[string]float64{"N": 0.85, "L": 0.68, "H": 0.5}

// BaseScore is the base score of a vector of CVSS 3.0 or 3.1.
func BaseScore(vector string) (float64, error) {
	parts := strings.Split(vector, "/")
	if parts[0] != "CVSS:3.0" && parts[0] != "CVSS:3.1" {
		return 0, fmt.Errorf("%q is no vector of CVSS 3", vector)
	}
	given := map[string]string{}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, ":")
		given[name] = value
	}
	w := map[string]float64{}
	for name, values := range weights {
		weight, known := values[given[name]]
		if !known {
			return 0, fmt.Errorf("%q does not say %s", vector, name)
		}
		w[name] = weight
	}
	changed := given["S"] == "C"
	if changed {
		w["PR"] = changedScopePR[given["PR"]]
	}
	return score(w, changed), nil
}

func score(w map[string]float64, changed bool) float64 {
	base := 1 - (1-w["C"])*(1-w["I"])*(1-w["A"])
	exploitability := 8.22 * w["AV"] * w["AC"] * w["PR"] * w["UI"]
	impact := 6.42 * base
	if changed {
		impact = 7.52*(base-0.029) - 3.25*math.Pow(base-0.02, 15)
	}
	switch {
	case impact <= 0:
		return 0
	case changed:
		return roundUp(math.Min(1.08*(impact+exploitability), 10))
	}
	return roundUp(math.Min(impact+exploitability, 10))
}

// roundUp is the specification's own: to one decimal, upwards, without the errors of floating point.
func roundUp(x float64) float64 {
	n := int(math.Round(x * 100000))
	if n%10000 == 0 {
		return float64(n) / 100000
	}
	return float64(n/10000+1) / 10
}
