package collect

import (
	"bytes"
	"context"
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
		{"data": map[string]any{"metadataConnection": map[string]any{"pass": canary + "-1", "host": "pg"}}, "list": []any{canary + "-2"}},
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
	if len(kept) != 2 || kept[0].Key != "data.metadataConnection.pass" || kept[1].Object == nil || kept[1].Object.Name != "af-key" || kept[1].Path != "/data/k" {
		t.Fatalf("got %+v", kept)
	}
	live, _ := s.Find(snapshot.Secret, "team", "own-key").At("data", "k").(string)
	if kept[1].Text != live {
		t.Errorf("the old revision's key %s is not the live one %s", kept[1].Text, live)
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
