package advisory

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// inOrder is the example of PEP 440, "Summary of permitted suffixes and
// relative ordering": each comes before the next.
var inOrder = []string{
	"1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
	"1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
	"1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1",
}

func TestOrderOfThePEP(t *testing.T) {
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got, want := must(t, a).Compare(must(t, b)), sign(i-j); got != want {
				t.Errorf("%s and %s: got %d, want %d", a, b, got, want)
			}
		}
	}
}

// TestOrderOfPython compares with pairs that Python's own library has ordered.
func TestOrderOfPython(t *testing.T) {
	text, err := os.ReadFile("testdata/pep440.txt")
	if err != nil {
		t.Fatal(err)
	}
	pairs := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		pairs++
		want := map[string]int{"<": -1, "=": 0, ">": 1}[words[1]]
		if got := must(t, words[0]).Compare(must(t, words[2])); got != want {
			t.Errorf("%s: got %d", strings.TrimSpace(line), got)
		}
	}
	if pairs < 300 {
		t.Errorf("only %d pairs", pairs)
	}
}

func TestNoVersions(t *testing.T) {
	for _, text := range []string{
		"", "1..2", "1.", "abc", "2.9.3-slim", "3.1.2-python3.12", "1.0+", "1.0rc1rc2", "1.0.dev1.post2", "v", "1!", "1.0 1", "1.0a1b1",
		"=1.0", strings.Repeat("1.", 100) + "1",
	} {
		if v, err := ParseVersion(text); err == nil {
			t.Errorf("%q was read as %+v", text, v)
		}
	}
	if a, b := must(t, "99999999999999999999999"), must(t, "1"); a.Compare(b) != 1 {
		t.Error("a number that fits no integer is not large")
	}
}

// TestOrderIsTotal: whatever versions there are, one order holds for all, and
// it is that of a key that is built from the parts in another way.
func TestOrderIsTotal(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 40))
	var list []string
	keys := map[string]string{}
	for range 300 {
		text, key := anyVersion(random)
		list, keys[text] = append(list, text), key
	}
	for _, a := range list {
		for _, b := range list {
			got := must(t, a).Compare(must(t, b))
			if want := strings.Compare(keys[a], keys[b]); got != want {
				t.Fatalf("%s and %s: got %d, want %d", a, b, got, want)
			}
			if back := must(t, b).Compare(must(t, a)); back != -got {
				t.Fatalf("%s and %s: %d one way, %d the other", a, b, got, back)
			}
		}
	}
}

// anyVersion makes a version and a text that sorts as it should: what is
// missing sorts after pre-releases ("m"), before posts ("0").
func anyVersion(random *rand.Rand) (text, key string) {
	for i := range 3 {
		n := random.IntN(3)
		text += strings.Repeat(".", min(i, 1)) + fmt.Sprint(n)
		key += fmt.Sprintf("%03d", n)
	}
	pre, post, dev := random.IntN(5), random.IntN(3), random.IntN(3)
	switch {
	case pre < 3:
		n := random.IntN(3)
		text += []string{"a", "b", "rc"}[pre] + fmt.Sprint(n)
		key += fmt.Sprintf("%c%03d", "bcd"[pre], n)
	case post == 0 && dev > 0: // a dev of a final version is before all pre-releases
		key += "a000"
	default:
		key += "m000"
	}
	if post > 0 {
		text += fmt.Sprintf(".post%d", post)
	}
	key += fmt.Sprint(post)
	if dev > 0 {
		text += fmt.Sprintf(".dev%d", dev)
		return text, key + fmt.Sprint(dev)
	}
	return text, key + "9"
}

func must(t *testing.T, text string) Version {
	t.Helper()
	v, err := ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
