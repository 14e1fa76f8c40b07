package advisory

import "strings"

// words are the makers' words for how bad a flaw is, from 1, mild, to 4.
// Source: https://www.apache.org/security/ (Apache's words) and the levels of CVSS.
var words = map[string]int{
	"low": 1, "moderate": 2, "medium": 2, "important": 3, "high": 3, "critical": 4,
}

// unsaid is for flaws of which nobody says how bad they are.
const unsaid = 2

// Rank is how bad a flaw is, from 1, mild, to 4: the makers' word, and one step
// worse where the score says so, for the two differ strongly. Without a word
// the score counts alone.
func (r Record) Rank() int {
	word, score := words[strings.ToLower(r.Severity)], band(r.CVSS)
	switch {
	case word == 0 && score == 0:
		return unsaid
	case word == 0:
		return score
	case score > word:
		return word + 1
	}
	return word
}

// band is the level of a CVSS score. Source: https://www.first.org/cvss/v3.1/specification-document, section 5.
func band(score float64) int {
	switch {
	case score >= 9:
		return 4
	case score >= 7:
		return 3
	case score >= 4:
		return 2
	case score > 0:
		return 1
	}
	return 0
}
