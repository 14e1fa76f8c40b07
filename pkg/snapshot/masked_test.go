package snapshot

import (
	"reflect"
	"strings"
	"testing"
)

func TestTokenRoundTrip(t *testing.T) {
	for _, want := range []Masked{
		{ID: "1"},
		{ID: "7", Published: []string{"community-fernet-key"}, Size: 32, Fernet: true},
		{ID: "0af3", Published: []string{"a", "b-2"}, Size: 128},
		{ID: "8", Shapes: []string{"github-token", "private-key"}, Size: 64},
	} {
		got, ok := ParseMasked(want.Token())
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s read back as %+v, %v", want.Token(), got, ok)
		}
	}
}

func TestParseMaskedRefusesWhatIsNotOneToken(t *testing.T) {
	token := Masked{ID: "1", Size: 16}.Token()
	for _, text := range []string{"", "plain", "x" + token, token + "x", token + token, "⟦secret ⟧", "⟦secret 1", "⟦secret 1 shape⟧", "⟦secret 1 shape:A⟧"} {
		if m, ok := ParseMasked(text); ok {
			t.Errorf("%q was read as %+v", text, m)
		}
	}
}

func TestTokensInsideText(t *testing.T) {
	user, password := Masked{ID: "1", Size: 1}, Masked{ID: "2", Size: 16}
	url := "postgresql://" + user.Token() + ":" + password.Token() + "@db:5432?sslmode=disable"
	if got := MaskedIn(url); len(got) != 2 || got[0].ID != "1" || got[1].ID != "2" {
		t.Errorf("found %+v", got)
	}
	if got, want := Redact(url), "postgresql://[secret]:[secret]@db:5432?sslmode=disable"; got != want {
		t.Errorf("redacted to %q", got)
	}
	got := Renumber(url, func(id string) string { return id + "0" })
	if ids := MaskedIn(got); ids[0].ID != "10" || ids[1].ID != "20" || ids[1].Size != 16 {
		t.Errorf("renumbered to %q", got)
	}
}

func TestMaskedNeverPrints(t *testing.T) {
	m := Masked{ID: "1", Published: []string{"x"}}
	if got := m.String(); strings.Contains(got, "1") || strings.Contains(got, "x") {
		t.Errorf("String shows %q", got)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("a" + Masked{ID: "1", Published: []string{"x-1"}, Shapes: []string{"random"}, Size: 16, Fernet: true}.Token() + "b")
	f.Add("⟦secret ⟦secret 1⟧")
	f.Add("⟦secret 1 size:⟧⟦secret 2 Size:1⟧")
	f.Fuzz(func(t *testing.T, text string) {
		if got := Renumber(text, func(id string) string { return id }); len(MaskedIn(got)) != len(MaskedIn(text)) {
			t.Errorf("%q became %q", text, got)
		}
		if len(MaskedIn(Redact(text))) != 0 {
			t.Errorf("a token outlives Redact in %q", text)
		}
		for _, m := range MaskedIn(text) {
			if again, ok := ParseMasked(m.Token()); !ok || again.ID != m.ID {
				t.Errorf("%q holds a token that does not read back", text)
			}
		}
	})
}
