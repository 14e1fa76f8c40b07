package collect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func sealed(t *testing.T, order []int) *snapshot.Snapshot {
	t.Helper()
	m := testMasker(t)
	s := newSnapshot(snapshot.FromFiles, "rel", "airflow", fixedTime)
	all := []snapshot.Object{}
	for _, name := range []string{"b", "a", "c"} {
		all = append(all, snapshot.Object{Ref: snapshot.Ref{APIVersion: "v1", Kind: "Secret", Name: name}, Content: map[string]any{
			"data": map[string]any{"z": m.token("shared"), "own": m.token(name), "list": []any{"x" + m.token("shared") + m.token("list")}},
		}})
	}
	for _, i := range order {
		s.Objects = append(s.Objects, all[i])
	}
	s.Release.Values = map[string]any{"k": m.token("value"), "other": m.token("c")}
	m.seal(s)
	return s
}

func TestSealNumbersInOrder(t *testing.T) {
	var first bytes.Buffer
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}} {
		s := sealed(t, order)
		var out bytes.Buffer
		if err := WriteSnapshot(&out, s); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 {
			first = out
		}
		if !bytes.Equal(out.Bytes(), first.Bytes()) {
			t.Errorf("order %v gives other bytes", order)
		}
	}
	for _, want := range []string{"k: ⟦secret 1 shape:word size:1⟧", "other: ⟦secret 2 shape:word size:1⟧", "- x⟦secret 3 shape:word size:1⟧⟦secret 4 shape:word size:1⟧", "own: ⟦secret 2 shape:word size:1⟧"} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("%s is missing:\n%s", want, first.String())
		}
	}
}

func TestSealAgainChangesNothing(t *testing.T) {
	s := sealed(t, []int{0, 1, 2})
	var before, after bytes.Buffer
	if err := WriteSnapshot(&before, s); err != nil {
		t.Fatal(err)
	}
	testMasker(t).seal(s)
	if err := WriteSnapshot(&after, s); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Bytes(), after.Bytes()) {
		t.Error("a second seal gives other numbers")
	}
}
