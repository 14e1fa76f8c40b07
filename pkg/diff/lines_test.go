package diff

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"the same", "a\nb\n", "a\nb\n", " a\n b\n"},
		{"both empty", "", "", ""},
		{"new", "", "a\nb\n", "+a\n+b\n"},
		{"gone", "a\n", "", "-a\n"},
		{"added at the end", "a\n", "a\nb\n", " a\n+b\n"},
		{"changed far apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "1\nx\n3\n4\n5\n6\n7\n8\n9\ny\n", " 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n 9\n-10\n+y\n"},
		{"lines that look like marks", "@@ -1,1 +1,1 @@\n--- a\n", "@@ -1,1 +1,1 @@\n+++ b\n", " @@ -1,1 +1,1 @@\n---- a\n++++ b\n"},
	} {
		if got := joined(Lines(c.before, c.after), "-+ "); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// TestLinesHoldBothTexts: each side can be read off the lines, whatever the texts.
func TestLinesHoldBothTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range random.IntN(40) {
			b.WriteString(strings.Repeat(" ", random.IntN(3)) + string(rune('a'+random.IntN(6))) + "\n")
		}
		return b.String()
	}
	for range 2000 {
		before, after := text(), text()
		lines := Lines(before, after)
		if got := sideOfLines(lines, OnLeft); got != before {
			t.Fatalf("of\n%s→\n%sthe left side is\n%s", before, after, got)
		}
		if got := sideOfLines(lines, OnRight); got != after {
			t.Fatalf("of\n%s→\n%sthe right side is\n%s", before, after, got)
		}
		for _, line := range Lines(before, before) {
			if line.Mark != Both {
				t.Fatalf("a text differs from itself: %q", before)
			}
		}
	}
}

func joined(lines []Line, marks string) string {
	var b strings.Builder
	for _, line := range lines {
		if strings.ContainsRune(marks, rune(line.Mark)) {
			b.WriteString(string(rune(line.Mark)) + line.Text + "\n")
		}
	}
	return b.String()
}

func sideOfLines(lines []Line, which Mark) string {
	var b strings.Builder
	for _, line := range lines {
		if line.Mark == which || line.Mark == Both {
			b.WriteString(line.Text + "\n")
		}
	}
	return b.String()
}
