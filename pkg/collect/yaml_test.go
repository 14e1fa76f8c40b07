package collect

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// sigsYAML is how kubectl and Helm read YAML.
func sigsYAML(t testing.TB, text string) (any, bool) {
	t.Helper()
	asJSON, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return nil, false
	}
	var holder map[string]any
	if err := utiljson.Unmarshal(fmt.Appendf(nil, `{"v":%s}`, asJSON), &holder); err != nil {
		t.Fatal(err)
	}
	return holder["v"], true
}

var scalars = []string{
	"a", "y", "Y", "yes", "No", "on", "OFF", "true", "TRUE", "tRUE", "null", "~", "Null", "1", "-1", "+1", "0", "007", "0755", "08", "0o17",
	"0x1F", "0b11", "-0b11", "1_000", "1.5", "1.0", ".5", "-.5", "1e3", "1E400", "1e-3", "12e03", "9223372036854775807", "9223372036854775808",
	"18446744073709551615", "18446744073709551616", "-9223372036854775808", "2001-12-14", "2001-12-14 21:59:43.10", "1:30", "12:30:45",
	"-", "--", "+", ".", "..", "0.", "1.", "_1", "1_", "0x", "0b2", "'1'", `"yes"`, "!!str 1", "!!int 1", "!!float 1", "!!bool yes",
	"!!binary aGk=", "!custom 1", "|\n 1\n", ">\n  yes\n", "[]", "{}", "[1, yes, a]", "{a: 1, b: [x]}", "''", `""`, "é", "1.2.3", "100m", "50%",
	"1e", "e1", "0e0", "-0", "+.5", "1__0", "=", "a: b", "? a\n: b", "{1: a, yes: b, 1.5: c}", "{'1': a}", "- a\n- b\n", "<<: {a: 1}\nb: 2",
	"x: &a {p: 1}\ny:\n  <<: *a\n  q: 2", "x: &a [1]\ny: *a",
}

func TestParseYAMLReadsAsKubernetesDoes(t *testing.T) {
	for _, text := range scalars {
		want, ok := sigsYAML(t, text)
		got, _, err := parseYAML([]byte(text), "f", 1)
		if (err == nil) != ok {
			t.Errorf("%q: error %v, sigs.k8s.io/yaml accepts it: %v", text, err, ok)
			continue
		}
		if ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", text, got, want)
		}
	}
}

func TestKeysReadAsKubernetesDoes(t *testing.T) {
	for _, key := range append([]string{"1E10", "1e21", "-1e3", "1.25e-7", "16777217.0", "!!float 16777217", "0x1.8p1"}, scalars...) {
		text := "? " + key + "\n: a\n"
		want, ok := sigsYAML(t, text)
		if got, _, err := parseYAML([]byte(text), "f", 1); ok && err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", text, got, want)
		}
	}
}

func TestMergedMapsInOrder(t *testing.T) {
	got, _, err := parseYAML([]byte("x: &a {p: 1}\nz: &b {p: 2, r: 3}\nboth:\n  <<: [*a, *b]\n  q: 0"), "f", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"p": int64(1), "r": int64(3), "q": int64(0)}
	if both := got.(map[string]any)["both"]; !reflect.DeepEqual(both, want) {
		t.Errorf("got %v, want %v", both, want)
	}
}

func TestParseYAMLErrorsNameTheLineAndNoValue(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, c := range []struct{ text, want string }{
		{"a: 1\nb: 2\na: hunter2\n", `f:12: the key "a" stands twice in one mapping`},
		{"data:\n  k: hunter2\n  k: hunter2\n", `f:12: the key "k" stands twice in one mapping`},
		{"{\"a b?\": 1, \"a b?\": 2}", "f:10: the key (not shown) stands twice in one mapping"},
		{bomb, "f:15: holds aliases that expand to too much"},
		{"a: &a [*a]", "f:10: holds an alias inside what it stands for"},
		{"a: *hunter2", "f:10: uses an alias that nothing defines"},
		{"a: b\n c: hunter2", "f:11: has a colon or an indentation where YAML does not allow it"},
		{"a:\n\thunter2: 1", "f:11: holds a character that YAML does not allow there (a tab, @ or `)"},
		{"a: @hunter2", "f:10: holds a character that YAML does not allow there (a tab, @ or `)"},
		{"a: \"hunter2", "f:10: ends inside a quoted text"},
		{"a: [hunter2", "f:10: is not valid YAML (check indentation, brackets and quotes)"},
		{"a: .inf", "f:10: holds a number that JSON cannot hold (.inf or .nan)"},
		{"? [hunter2]\n: b", "f:10: has a key that is not a text"},
		{"<<: hunter2", "f:10: merges something that is not a mapping"},
		{"~: hunter2", "f:10: has an empty key"},
		{"a: !!binary hunter2!", "f:10: holds a binary value that is not base64"},
		{"a: \x01hunter2", "f:10: holds control characters"},
	} {
		_, _, err := parseYAML([]byte(c.text), "f", 10)
		if err == nil || err.Error() != c.want {
			t.Errorf("%.40q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestParseJSONReadsAsYAMLDoes(t *testing.T) {
	for _, text := range []string{`{"a":1,"b":[1.5,"x",null,true,{}],"c":{"d":-1e3}}`, `{"n":12345678901234567890,"big":1e22}`, "{\n\t\"a\": \"\\ud83d\\ude00\"\n}"} {
		got, err := parseJSON([]byte(text), "f", 1)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(got)
		expected, _ := json.Marshal(want)
		if string(again) != string(expected) {
			t.Errorf("%s: got %s", text, again)
		}
	}
	if got, _ := parseJSON([]byte(`{"a":1}`), "f", 1); !reflect.DeepEqual(got, map[string]any{"a": int64(1)}) {
		t.Errorf("a whole number is %#v", got)
	}
	_, err := parseJSON([]byte("{\"a\":1,\n\"a\":2}"), "f", 5)
	if want := `f:6: the key "a" stands twice in one object`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, text := range []string{"{", "{} {}", "{a: 1}", `{"a":}`, "", `{"a" 1}`, `[1,]`} {
		if _, err := parseJSON([]byte(text), "f", 1); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
