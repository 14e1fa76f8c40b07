package advisory

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// Version is a version of a Python package, ordered as PEP 440 says.
type Version struct {
	text    string
	epoch   int
	release []int
	pre     phase // a, b, rc
	post    int   // -1 for none
	dev     int   // noDev for none
	local   []string
}

// phase is a pre-release: its kind and number. final comes after all of them.
type phase struct{ kind, number int }

const (
	alpha = iota + 1
	beta
	candidate
	final

	noDev = math.MaxInt
)

var phases = map[string]int{
	"a": alpha, "alpha": alpha, "b": beta, "beta": beta,
	"c": candidate, "rc": candidate, "pre": candidate, "preview": candidate,
}

// versionForm is the form of PEP 440, appendix B, in its own words.
var versionForm = pattern.New(`(?i)^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)` +
	`(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d+)?)?` +
	`((?:-(\d+))|(?:[-_.]?(?:post|rev|r)[-_.]?(\d+)?))?` +
	`([-_.]?dev[-_.]?(\d+)?)?` +
	`(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$`)

// longestVersion is above any real one, in bytes.
const longestVersion = 100

// plainRelease reads a version that is nothing but numbers with dots between, as
// most are: a check compares hundreds.
func plainRelease(text string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(text, ".") {
		n := 0
		for _, c := range []byte(part) {
			if c < '0' || c > '9' {
				return nil, false
			}
			n = 10*n + int(c-'0')
		}
		if part == "" || len(part) > 9 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

// ParseVersion reads a version in any spelling that PEP 440 allows.
func ParseVersion(text string) (Version, error) {
	if release, plain := plainRelease(text); plain && len(text) <= longestVersion {
		return Version{text: text, release: release, pre: phase{kind: final}, post: -1, dev: noDev}, nil
	}
	found := versionForm.FindStringSubmatch(text)
	if found == nil || len(text) > longestVersion {
		return Version{}, fmt.Errorf("%q is not a version", text)
	}
	v := Version{text: strings.TrimSpace(text), pre: phase{kind: final}, post: -1, dev: noDev}
	v.epoch = number(found[1])
	for part := range strings.SplitSeq(found[2], ".") {
		v.release = append(v.release, number(part))
	}
	if kind := phases[strings.ToLower(found[3])]; kind > 0 {
		v.pre = phase{kind, number(found[4])}
	}
	if found[5] != "" {
		v.post = number(found[6] + found[7])
	}
	if found[8] != "" {
		v.dev = number(found[9])
	}
	if found[10] != "" {
		v.local = strings.FieldsFunc(strings.ToLower(found[10]), func(r rune) bool { return strings.ContainsRune("-_.", r) })
	}
	// "1.0.dev1" is before "1.0a1", though it names no pre-release.
	if v.pre.kind == final && v.post < 0 && v.dev != noDev {
		v.pre.kind = 0
	}
	return v, nil
}

// number reads digits; one too large for any real version counts as the largest.
func number(digits string) int {
	if digits == "" {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return math.MaxInt - 1
	}
	return n
}

// String is the version as it was written.
func (v Version) String() string { return v.text }

// Compare orders two versions as PEP 440 does: -1, 0 or 1.
func (v Version) Compare(o Version) int {
	return cmp.Or(v.comparePublic(o), slices.CompareFunc(v.local, o.local, compareLocal))
}

// comparePublic leaves local labels out: 2.9.3+build is 2.9.3.
func (v Version) comparePublic(o Version) int {
	return cmp.Or(
		cmp.Compare(v.epoch, o.epoch),
		compareRelease(v.release, o.release),
		cmp.Compare(v.pre.kind, o.pre.kind),
		cmp.Compare(v.pre.number, o.pre.number),
		cmp.Compare(v.post, o.post),
		cmp.Compare(v.dev, o.dev),
	)
}

// compareRelease counts missing parts as 0: 2.9 is 2.9.0.
func compareRelease(a, b []int) int {
	for i := range max(len(a), len(b)) {
		if order := cmp.Compare(part(a, i), part(b, i)); order != 0 {
			return order
		}
	}
	return 0
}

func part(list []int, i int) int {
	if i < len(list) {
		return list[i]
	}
	return 0
}

// compareLocal: numbers are ordered as numbers and come after words.
func compareLocal(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return 1
	case errY == nil:
		return -1
	}
	return cmp.Compare(a, b)
}

// line is what versions are grouped by: the minor from Airflow 3 on, where each
// minor ends when the next one ships, and the major before.
func (v Version) line() [2]int {
	if part(v.release, 0) < 3 {
		return [2]int{part(v.release, 0), -1}
	}
	return [2]int{part(v.release, 0), part(v.release, 1)}
}

// Major is the first number.
func (v Version) Major() int { return part(v.release, 0) }
