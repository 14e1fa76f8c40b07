package airflow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// Expectation is what a safe value of an option looks like. The zero value
// expects nothing.
type Expectation struct {
	kind   expectationKind
	values []string
	most   int
}

type expectationKind int

const (
	expectNothing expectationKind = iota
	expectTrue
	expectFalse
	expectEmpty
	expectValue
	expectOneOf
	expectNoneOf
	expectNoWord
	expectAtMost
	expectRate
	expectNoBits
	expectEncrypted
)

func isOn() Expectation     { return Expectation{kind: expectTrue} }
func isOff() Expectation    { return Expectation{kind: expectFalse} }
func isEmpty() Expectation  { return Expectation{kind: expectEmpty} }
func notEmpty() Expectation { return Expectation{kind: expectValue} }

// encrypted refuses URLs that go over the network in clear text.
func encrypted() Expectation { return Expectation{kind: expectEncrypted} }

// atMost bounds a whole number.
func atMost(n int) Expectation { return Expectation{kind: expectAtMost, most: n} }

// fivePerFortySeconds bounds a rate by that of Airflow's own default, in attempts an hour.
func fivePerFortySeconds() Expectation { return Expectation{kind: expectRate, most: 5 * 3600 / 40} }

// oneOf and noneOf compare values whatever their case.
func oneOf(values ...string) Expectation { return Expectation{kind: expectOneOf, values: values} }

func noneOf(values ...string) Expectation { return Expectation{kind: expectNoneOf, values: values} }

// noWord refuses lists, by commas or spaces, that hold one of the words.
func noWord(words ...string) Expectation { return Expectation{kind: expectNoWord, values: words} }

// notWritable refuses file modes, as 0o775, with which the group or others may write.
func notWritable() Expectation { return Expectation{kind: expectNoBits, most: 0o022} }

// Declared says whether anything is expected.
func (e Expectation) Declared() bool { return e.kind != expectNothing }

// Met judges a clear value. judged is false where it cannot be: nothing is
// expected, or the value is not of the option's form.
func (e Expectation) Met(value string) (met, judged bool) {
	value = strings.TrimSpace(value)
	switch e.kind {
	case expectNothing:
		return false, false
	case expectTrue, expectFalse:
		on, ok := truth(value)
		return ok && on == (e.kind == expectTrue), ok
	case expectEmpty:
		return value == "", true
	case expectValue:
		return value != "", true
	case expectOneOf:
		return slices.ContainsFunc(e.values, func(v string) bool { return strings.EqualFold(v, value) }), true
	case expectNoneOf:
		return !slices.ContainsFunc(e.values, func(v string) bool { return strings.EqualFold(v, value) }), true
	case expectNoWord:
		return !slices.ContainsFunc(Words(value), func(word string) bool { return slices.Contains(e.values, word) }), true
	case expectEncrypted:
		return !strings.HasPrefix(strings.ToLower(value), "http://"), true
	}
	return e.metBy(value)
}

// metBy judges a value that is a number of some kind.
func (e Expectation) metBy(value string) (met, judged bool) {
	switch e.kind {
	case expectRate:
		rate, ok := perHour(value)
		return ok && rate <= e.most, ok
	case expectNoBits:
		mode, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(value), "0o"), 8, 32)
		return err == nil && int(mode)&e.most == 0, err == nil
	}
	n, err := strconv.Atoi(value)
	return err == nil && n <= e.most, err == nil
}

// Words are the entries of a list that commas, spaces or line ends part.
func Words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

// rateForm is how the limits library writes a rate. Source: https://limits.readthedocs.io/en/stable/quickstart.html.
var rateForm = pattern.New(`^(\d{1,6})\s*(?:/|per)\s*(\d{0,6})\s*(second|minute|hour|day)s?$`)

// perHour is the number of attempts that rates, parted by ";", allow in an hour: the strictest counts.
func perHour(rates string) (int, bool) {
	seconds := map[string]int{"second": 1, "minute": 60, "hour": 3600, "day": 86400}
	best, found := 0, false
	for rate := range strings.FieldsFuncSeq(rates, func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
		parts := rateForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(rate)))
		if parts == nil {
			return 0, false
		}
		count, _ := strconv.Atoi(parts[1])
		span, err := strconv.Atoi(parts[2])
		if err != nil || span == 0 {
			span = 1
		}
		if allowed := count * 3600 / (span * seconds[parts[3]]); !found || allowed < best {
			best, found = allowed, true
		}
	}
	return best, found
}

// Order says what to set, as the end of a sentence that begins with "set it".
func (e Expectation) Order() string {
	switch e.kind {
	case expectTrue:
		return "to True"
	case expectFalse:
		return "to False"
	case expectEmpty:
		return "to nothing"
	case expectOneOf:
		return "to " + strings.Join(e.values, " or ")
	case expectNoneOf:
		return "to something other than " + strings.Join(slices.DeleteFunc(slices.Clone(e.values), func(v string) bool { return v == "" }), ", ")
	case expectNoWord:
		return "so that it names none of " + strings.Join(e.values, ", ")
	case expectAtMost:
		return "to at most " + strconv.Itoa(e.most)
	case expectRate:
		return "to at most " + strconv.Itoa(e.most) + " attempts in an hour"
	case expectNoBits:
		return "so that nobody else may write"
	case expectEncrypted:
		return "to an https URL"
	}
	return "to a value of your own"
}

// SecureValue is what a safe value of an option looks like; nothing is
// expected of an option whose value does not decide by itself.
func SecureValue(section, key string) Expectation { return optionNamed(section, key).secure }
