package render

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// width is the number of terminal columns a text takes, the same in every locale.
func width(text string) int {
	return twwidth.WidthWithOptions(text, twwidth.Options{})
}

// wrap breaks a text at blanks into lines of at most limit columns, and a
// longer word after one of /.,-_ where it can. A limit of 0 keeps one line.
func wrap(text string, limit int) []string {
	if limit <= 0 || width(text) <= limit {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && width(line)+1+width(word) <= limit {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		pieces := split(word, limit)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
	}
	return append(lines, line)
}

// split cuts a word into pieces of at most limit columns.
func split(word string, limit int) []string {
	var pieces []string
	for width(word) > limit {
		at := cut(word, limit)
		pieces = append(pieces, word[:at])
		word = word[at:]
	}
	return append(pieces, word)
}

// cut is where to break a word: after the last separator that fits, unless
// that leaves less than half a line, else after the last character that fits.
func cut(word string, limit int) int {
	hard, soft := 0, 0
	for i, r := range word {
		next := i + len(string(r))
		if hard > 0 && width(word[:next]) > limit {
			break
		}
		hard = next
		if strings.ContainsRune("/.,-_=", r) {
			soft = next
		}
	}
	if width(word[:soft])*2 > limit {
		return soft
	}
	return hard
}
