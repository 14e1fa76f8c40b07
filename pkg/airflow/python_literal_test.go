package airflow

import (
	"fmt"
	"strings"
	"testing"
)

// brief writes a value in one line.
func (l Literal) brief() string {
	switch l.Kind {
	case Computed:
		return "?"
	case Text:
		if l.Partly {
			return "~" + l.Text
		}
		return "'" + l.Text + "'"
	case Number:
		return fmt.Sprint(l.Number)
	case Environment:
		return "$" + l.Text
	case Word:
		return l.Text
	}
	var parts []string
	for _, item := range l.Items {
		parts = append(parts, item.brief())
	}
	for _, field := range l.Fields {
		parts = append(parts, field.Key+"="+field.Value.brief())
	}
	return fmt.Sprintf("%d%s(%s)", l.Kind, l.Text, strings.Join(parts, " "))
}

func TestLiterals(t *testing.T) {
	for text, want := range map[string]string{
		`'a' "b" """c"""`:        "'abc'",
		`"a\"b\\"`:               `'a"b\'`,
		`f"https://h/{}/x"`:      "~https://h/{}/x",
		`"https://h/" + T`:       "~https://h/{}",
		`T + "/x"`:               "~{}/x",
		`"https://{}".format(T)`: "~https://{}",
		`"https://%s" % T`:       "~https://%s",
		`60 * 60 * 8`:            "28800",
		`-1`:                     "-1",
		`1_000 + 2`:              "1002",
		`1.5 * 4`:                "6",
		`-2.`:                    "-2",
		`1 .5`:                   "?",
		`1.real`:                 "?",
		`(1".")`:                 "?",
		`True`:                   "True",
		`(AUTH_DB)`:              "AUTH_DB",
		`(1,)`:                   "4(1)",
		`(1, 'a')`:               "4(1 'a')",
		`["a", os.environ["X"], os.getenv('Y', "z"), os.environ.get("Z")]`: "4('a' $X $Y $Z)",
		`{"a": 1, 'b': [2], **c, "d": {"e": False,},}`:                     "5(? a=1 b=4(2) d=5(e=False))",
		`{"a", "b"}`:                     "4('a' 'b')",
		`dict(a=1, b=dict(c=True))`:      "5(a=1 b=5(c=True))",
		`timedelta(hours=8, minutes=30)`: "7timedelta(hours=8 minutes=30)",
		`datetime.timedelta(1)`:          "7datetime.timedelta(1)",
		`conf.get("a", "b")`:             "7conf.get('a' 'b')",
		`conf.get("a").lower()`:          "?",
		`a if b else c`:                  "?",
		`[a if b else "c", "d"]`:         "4(? 'd')",
		`["a" for x in y]`:               "4(?)",
		`not True`:                       "?",
		`⟦secret 1 size:16⟧`:             "?",
		`"⟦secret 1 size:16⟧"`:           "'⟦secret 1 size:16⟧'",
		`lambda: 1`:                      "?",
		`[[[`:                            "4(4(4()))",
		`{`:                              "5()",
		`)`:                              "?",
		strings.Repeat("[", 1000):        "",
	} {
		pieces := lexSettings(text)
		got := parseLiteral(pieces[:len(pieces)-1]).brief()
		if got != want && want != "" {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestWebserverFileImportsAll(t *testing.T) {
	file := WebserverFile{lines: parseSettings("AUTH_TYPE = AUTH_DB\nAUTH_ROLE_PUBLIC = \"Op\"\nfrom company.settings import *\nAUTH_TYPE = AUTH_LDAP\n# code: verify=False\n")}
	file.signs = "x\n# code: verify=False\n"
	if got := file.Values("AUTH_TYPE"); len(got) != 1 || got[0].Value != "AUTH_LDAP" {
		t.Errorf("got %v", got)
	}
	for _, name := range []string{"AUTH_ROLE_PUBLIC", "WTF_CSRF_ENABLED"} {
		got := file.Values(name)
		if len(got) == 0 || got[len(got)-1].Reason != "the file imports all of company.settings, which may set it" {
			t.Errorf("%s: got %v", name, got)
		}
	}
	own := WebserverFile{lines: parseSettings("AUTH_TYPE = AUTH_DB\n    from globals import *\n")}
	if got := own.Values("AUTH_TYPE"); len(got) != 2 || got[0].Value != "AUTH_DB" || got[1].Reason != "code in the file sets names of its own choice" {
		t.Errorf("got %v", got)
	}
	if !file.Signs("verify=False") || file.Signs("verify") {
		t.Error("signs are not read")
	}
}

func FuzzLiterals(f *testing.F) {
	f.Add(`[{"a": dict(b=f"x" + y % z), "c": (1, -2 * 3)}, os.environ["X"]]`)
	f.Add(`"a".format(x)["y"](1)`)
	f.Fuzz(func(_ *testing.T, text string) {
		pieces := lexSettings(text)
		parseLiteral(pieces[:len(pieces)-1])
	})
}
