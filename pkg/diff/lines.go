package diff

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Mark says on which side of a comparison a line stands.
type Mark byte

// The marks, as unified diffs write them.
const (
	Both    Mark = ' '
	OnLeft  Mark = '-'
	OnRight Mark = '+'
)

// Line is one line of two texts laid side by side, without its line break.
type Line struct {
	Mark Mark
	Text string
}

// Lines lays two texts side by side. All lines of both are there: what differs
// is short already, and what stands around it says where it belongs.
func Lines(before, after string) []Line {
	old := split(before)
	var out []Line
	at := 0 // lines of before that are written
	hunks := strings.Split(string(diff.Diff("", []byte(before), "", []byte(after))), "\n@@ ")
	for _, hunk := range hunks[1:] {
		head, body, _ := strings.Cut(hunk, "\n")
		for from := start(head); at < from; at++ {
			out = append(out, Line{Both, old[at]})
		}
		for _, line := range split(body) {
			out = append(out, Line{Mark(line[0]), line[1:]})
			if line[0] != byte(OnRight) {
				at++
			}
		}
	}
	for ; at < len(old); at++ {
		out = append(out, Line{Both, old[at]})
	}
	return out
}

// start is how many lines of the old text stand before a hunk, from its head "-3,4 +3,5 @@".
func start(head string) int {
	var first, count int
	if n, _ := fmt.Sscanf(head, "-%d,%d", &first, &count); n == 2 && count == 0 {
		return first // nothing of the old text is in the hunk
	}
	return first - 1
}

// split is a text's lines without their breaks.
func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
