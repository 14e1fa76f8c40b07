package python

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// brief writes tokens in one line: kind:text, with what a statement or string has beside it.
func brief(tokens []Token) string {
	var out []string
	begins := true
	for _, t := range tokens {
		text := fmt.Sprintf("%c:%s%s", "onNsme"[t.Kind], strings.ToUpper(t.Prefix), t.Text)
		if begins && t.Indent > 0 {
			text = fmt.Sprintf("%d>", t.Indent) + text
		}
		begins = t.Kind == End
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestLex(t *testing.T) {
	for text, want := range map[string]string{
		"a = 1 # b":          "n:a o:= N:1 e:",
		"a\n  b\n\tc":        "n:a e: 2>n:b e: 8>n:c e:",
		"  a; b":             "2>n:a e: 2>n:b e:",
		"f(a;\n b)\nc":       "n:f o:( n:a o:; n:b o:) e: n:c e:",
		")a\nb":              "o:) n:a e: n:b e:",
		"a \\\n b":           "n:a n:b e:",
		"a\\b":               `n:a o:\ n:b e:`,
		"a **= b != c := d":  "n:a o:* o:*= n:b o:!= n:c o::= n:d e:",
		"1.5_0 é_1":          "N:1 o:. N:5_0 n:é_1 e:",
		`"a\"b\\" 'c\td' \n`: "s:a\"b\\ s:c\td o:\\ n:n e:",
		"'''a\n'b''' \"\"":   "s:a\n'b s: e:",
		`f"{x}" Rb'a' u'd'`:  "s:F{x} s:RBa s:Ud e:",
		`ub"c" cf"e"`:        "s:UBc n:cf s:e e:",
		"'a\nb":              "s:a n:b e:",
		"'''a\nb":            "s:a\nb e:",
		`'a\`:                `s:a\ e:`,
		"⟦x 1⟧":              "n:⟦x N:1⟧ e:",
		"":                   "e:",
	} {
		if got := brief(Lex(text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestLexMasked(t *testing.T) {
	for text, want := range map[string]string{
		"a = ⟦x 'y #⟧⟦⟧b": "n:a o:= m:⟦x 'y #⟧ m:⟦⟧ n:b e:",
		"a⟦1⟧\n'⟦2⟧'":     "n:a m:⟦1⟧ e: s:⟦2⟧ e:",
		"⟦a\nb":           "m:⟦a\nb e:",
	} {
		if got := brief(LexMasked(text, "⟦", "⟧")); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestStatements(t *testing.T) {
	var got []string
	for _, s := range Statements(Lex("\n;a = 1\n\n  b(\n1)\n")) {
		got = append(got, brief(s))
	}
	if want := []string{"n:a o:= N:1", "2>n:b o:( N:1 o:)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlainAndFormat(t *testing.T) {
	for prefix, want := range map[string][2]bool{"": {true, false}, "u": {true, false}, "b": {}, "f": {false, true}, "rf": {false, true}} {
		if s := (Token{Kind: String, Prefix: prefix}); s.Plain() != want[0] || s.Format() != want[1] {
			t.Errorf("%s: got %v and %v", prefix, s.Plain(), s.Format())
		}
	}
}

// FuzzLex: between tokens there is nothing but white space and comments, and
// the text of all but strings is what stands there.
func FuzzLex(f *testing.F) {
	f.Add("a = f'x\\'' # y\n  b = [1.5,\n ⟦z⟧]; c \\\n d\n")
	f.Add("'''a\n\"\"\"b")
	f.Fuzz(func(t *testing.T, text string) {
		for _, tokens := range [][]Token{Lex(text), LexMasked(text, "⟦", "⟧")} {
			at := 0
			for _, token := range tokens {
				if token.Start < at || token.Stop < token.Start || token.Stop > len(text) {
					t.Fatalf("%+v after %d of %q", token, at, text)
				}
				between := strings.ReplaceAll(text[at:token.Start], "\\\n", "")
				if rest := strings.Trim(between, " \t\f\r\n"); rest != "" && rest[0] != '#' {
					t.Errorf("%q: %q is passed over", text, rest)
				}
				if token.Kind != String && token.Kind != End && token.Text != text[token.Start:token.Stop] {
					t.Errorf("%q: %+v is not what stands there", text, token)
				}
				at = token.Stop
			}
			if at != len(text) {
				t.Errorf("%q ends at %d", text, at)
			}
		}
	})
}
