package collect

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// readHistory reads one revision of release af with its past.
func readHistory(t *testing.T, f *fakeAPI, revision int) *snapshot.Snapshot {
	t.Helper()
	c := f.cluster()
	c.History = true
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Read(context.Background(), found[0], revision)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// storedHistory stores three revisions: the first has a password in its values
// and made a Secret with a key that is in use to this day, the second made
// another key at random, the third is in force.
func storedHistory(t *testing.T) *fakeAPI {
	f := newFakeAPI(t, scheduler("team", "af"))
	values := []map[string]any{
		{"data": map[string]any{"metadataConnection": map[string]any{"pass": canary + "-1", "host": "pg"}}, "list": []any{canary + "-2"},
			"env": []any{map[string]any{"name": "TZ", "value": "UTC"}, map[string]any{"name": "API_TOKEN", "value": canary + "-3"}}},
		{"list": []any{canary + "-2"}},
		{"list": []any{canary + "-2"}},
	}
	secrets := []string{"k: Y2FuYXJ5LTNmOWE=\n  r: Y2FuYXJ5LTNmOWEtcmFuZG9tMQ==", "r: Y2FuYXJ5LTNmOWEtcmFuZG9tMg==", "r: Y2FuYXJ5LTNmOWEtcmFuZG9tMw=="}
	for i, status := range []string{"superseded", "superseded", "deployed"} {
		r := releaseOf("af", i+1)
		r["namespace"], r["config"] = "team", values[i]
		r["manifest"] = strings.ReplaceAll("apiVersion: v1\nkind: Secret\nmetadata: {name: af-key}\ndata:\n  "+secrets[i]+"\n", "\n", "\n")
		f.addRecord("team", "af", i+1, status, packed(t, r))
	}
	return f
}

func TestHistoryKeepsWhatTheJudgedRevisionDropped(t *testing.T) {
	f := storedHistory(t)
	s := readHistory(t, f, 0)
	if len(s.Release.Past) != 1 || s.Release.Past[0].Revision != 1 || s.Release.Past[0].Status != "superseded" {
		t.Fatalf("got %+v", s.Release.Past)
	}
	kept := s.Release.Past[0].Kept
	if len(kept) != 1 || kept[0].Object.Name != "af-key" || kept[0].Path != "/data/k" {
		t.Fatalf("got %+v", kept)
	}
	wantValues(t, s.Release.Past[0].Values)
	live, _ := s.Find(snapshot.Secret, "team", "own-key").At("data", "k").(string)
	if kept[0].Text != live {
		t.Errorf("the old revision's key %s is not the live one %s", kept[0].Text, live)
	}
	if c := s.CoverageOf(snapshot.History); c.State != snapshot.Read {
		t.Errorf("got %+v", c)
	}
	var first, second bytes.Buffer
	if err := WriteSnapshot(&first, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(first.String(), canary) {
		t.Error("the snapshot shows a secret")
	}
	again, err := ReadSnapshot(bytes.NewReader(first.Bytes()), "s")
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteSnapshot(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("the snapshot reads otherwise than it was written: %v", err)
	}
}

// wantValues looks for the dropped password, what names it, and nothing else.
func wantValues(t *testing.T, got map[string]any) {
	t.Helper()
	connection, _ := in(got, "data", "metadataConnection").(map[string]any)
	list, _ := got["env"].([]any)
	if len(got) != 2 || len(connection) != 1 || len(list) != 2 || list[0] != nil {
		t.Fatalf("got %+v", got)
	}
	variable, _ := list[1].(map[string]any)
	if len(variable) != 2 || variable["name"] != "API_TOKEN" {
		t.Errorf("got %+v", variable)
	}
	for _, text := range []any{connection["pass"], variable["value"]} {
		if _, whole := snapshot.ParseMasked(text.(string)); !whole {
			t.Errorf("got %v", text)
		}
	}
}

func TestHistoryOfAnOlderRevisionIsWhatCameBefore(t *testing.T) {
	f := storedHistory(t)
	s := readHistory(t, f, 2)
	if s.Release.Revision != 2 || len(s.Release.Past) != 1 || s.Release.Past[0].Revision != 1 {
		t.Errorf("got %+v", s.Release.Past)
	}
	if slices.Contains(f.bodies, recordPrefix+"af.v3") {
		t.Error("a later revision was read")
	}
	if s = readHistory(t, f, 1); len(s.Release.Past) != 0 || s.CoverageOf(snapshot.History).State != snapshot.Read {
		t.Errorf("got %+v", s.Release.Past)
	}
}

func TestHistoryIsReadOnlyWhenAsked(t *testing.T) {
	f := storedHistory(t)
	s, _ := one(t, f, "team")
	if len(f.bodies) != 1 || s.CoverageOf(snapshot.History).State != snapshot.NotCollected {
		t.Errorf("the bodies of %q were fetched, %+v", f.bodies, s.CoverageOf(snapshot.History))
	}
}

func TestHistoryThatCannotBeReadIsNotSilent(t *testing.T) {
	f := storedHistory(t)
	f.addRecord("team", "af", 4, "failed", "canary-3f9a!")
	s := readHistory(t, f, 0)
	if c := s.CoverageOf(snapshot.History); c.State != snapshot.NotCollected || c.Reason != "read revision 4: sh.helm.release.v1.af.v4 in namespace team is not base64" {
		t.Errorf("got %+v", c)
	}
	if len(s.Release.Past) != 1 {
		t.Errorf("got %+v", s.Release.Past)
	}
	f = newFakeAPI(t, scheduler("team", "af"))
	if c := readHistory(t, f, 0).CoverageOf(snapshot.History); c.State != snapshot.NotCollected || c.Reason == "" {
		t.Errorf("got %+v", c)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	for i := range mostPast + 3 {
		status := "superseded"
		if i == mostPast+2 {
			status = "deployed"
		}
		f.addRecord("team", "af", i+1, status, recordOf(t, "team", "af", i+1))
	}
	s := readHistory(t, f, 0)
	if c := s.CoverageOf(snapshot.History); c.State != snapshot.NotCollected || c.Reason != "of 22 other revisions the newest 20 were read" {
		t.Errorf("got %+v", c)
	}
	if len(f.bodies) != mostPast+1 {
		t.Errorf("%d bodies were fetched", len(f.bodies))
	}
}

const canaryPast = `
password: ✿
data: {metadataConnection: {user: ✿, pass: ✿}, brokerUrl: "redis://:✿@h/✿"}
airflow: {extraEnv: [{name: TZ, value: UTC}, {name: A, value: ✿}], connections: [{id: c, type: http, password: ✿, extra: ✿}]}
extraManifests: ["a: ✿"]
unknown: {name: "x\n✿", key: ✿, kind: "✿\n x", type: "a\n✿", deep: [[{id: "✿ ✿", value: ✿}]]}
`

func TestNoCanarySurvivesInHistory(t *testing.T) {
	var c canaries
	f := newFakeAPI(t, scheduler("team", "af"))
	values, _, err := parseYAML([]byte(c.plant(canaryPast)), "v", 1)
	if err != nil {
		t.Fatal(err)
	}
	old := releaseOf("af", 1)
	old["namespace"], old["config"], old["manifest"] = "team", values, c.plant(canaryManifests)
	f.addRecord("team", "af", 1, "superseded", packed(t, old))
	f.addRecord("team", "af", 2, "deployed", recordOf(t, "team", "af", 2))
	s := readHistory(t, f, 0)
	if len(s.Release.Past) != 1 || len(s.Release.Past[0].Values) < 4 {
		t.Fatalf("got %+v, %+v", s.Release.Past, s.CoverageOf(snapshot.History))
	}
	var out bytes.Buffer
	if err := WriteSnapshot(&out, s); err != nil {
		t.Fatal(err)
	}
	c.check(t, "the snapshot", out.String())
}

// besideShown are fields of values that hold names.
var besideShown = regexp.MustCompile(`(?:name|kind|type|id|key)["']?:[^\n]*` + fuzzCanary)

// inKey says that a key of a value holds the canary.
func inKey(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for key, below := range v {
			if strings.Contains(key, fuzzCanary) || inKey(below) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, inKey)
	}
	return false
}

// namedByCanary says that an object's name, or a key in it, holds the canary.
func namedByCanary(o snapshot.Object) bool {
	return strings.Contains(o.APIVersion+o.Kind+o.Namespace+o.Name, fuzzCanary) || inKey(o.Content)
}

// FuzzHistory looks for values of an older revision in what is kept of it.
func FuzzHistory(f *testing.F) {
	f.Add(canaryPast, canaryManifests)
	f.Add("a: [1, {name: x, value: ✿}]", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: ✿}")
	f.Fuzz(func(t *testing.T, values, manifest string) {
		values, manifest = planted(values), planted(manifest)
		value, _, err := parseYAML([]byte(values), "v", 1)
		config, _ := value.(map[string]any)
		if err != nil || inKey(value) {
			return // a key is no secret
		}
		if besideShown.MatchString(values) {
			return // a name may be shown
		}
		m := testMasker(t)
		old := record{Name: "af", Version: 1, Namespace: "ns", Config: config, Manifest: manifest}
		one, err := old.past(revision{number: 1}, m)
		if err != nil || slices.ContainsFunc(one.installed, namedByCanary) {
			return
		}
		r := &run{answers: newAnswers(), masker: m, record: &record{}, s: newSnapshot(snapshot.Stored, "af", "ns", fixedTime)}
		r.s.Objects = one.installed // all of it is in use
		r.past.read = []pastRevision{one}
		r.remember()
		r.s.Objects = nil
		m.seal(r.s)
		var first, second bytes.Buffer
		if err := WriteSnapshot(&first, r.s); err != nil {
			t.Fatal(err)
		}
		mustNotShow(t, "the history", first.String())
		again, err := ReadSnapshot(bytes.NewReader(first.Bytes()), "s")
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Bytes())
		}
		if err := WriteSnapshot(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("got\n%s\nwant\n%s", second.Bytes(), first.Bytes())
		}
	})
}
