package endoflife

import (
	"strconv"
	"strings"
	"time"
)

// Answer is what a table says about a version.
type Answer struct {
	// Ended says that the version gets no fixes any more.
	Ended bool
	// Unknown says why the table cannot tell; empty where it can.
	Unknown string

	line Line
}

// When says since when there are no fixes, and by which table.
func (a Answer) When() string {
	from := " (" + a.line.From.String() + ")"
	switch {
	case a.line.Next != "":
		return "since " + a.line.Next + " shipped" + from
	case a.line.End == "":
		return "any more, since a day that is not known" + from
	}
	return "since " + a.line.End + from
}

// trusted is how long a table may speak for a line whose end nobody had named.
const trusted = 180 * 24 * time.Hour

// Newest is the newest line of the table.
func (t Table) Newest() string { return t.Lines[0].Line }

// Names says whether the table has this very line.
func (t Table) Names(line string) bool {
	for _, l := range t.Lines {
		if l.Line == line {
			return true
		}
	}
	return false
}

// At says whether a version gets fixes at some time.
func (t Table) At(version string, now time.Time) Answer {
	major, minor, ok := numbers(version)
	if !ok {
		return Answer{Unknown: version + " is not a version"}
	}
	topMajor, topMinor, _ := place(t.Newest())
	if major > topMajor || topMinor >= 0 && major == topMajor && minor > topMinor {
		return Answer{Unknown: version + " is newer than " + t.From.String()}
	}
	line, ok := t.line(major, minor)
	switch {
	case !ok:
		return Answer{Unknown: version + " is not in " + t.From.String()}
	case line.Ended || line.Next != "" || line.End != "" && !now.Before(date(line.End).AddDate(0, 0, 1)):
		return Answer{Ended: true, line: line}
	case line.End != "":
		return Answer{}
	case line.From.day() == "":
		return Answer{Unknown: line.From.String() + " may be too old to tell about " + version}
	case now.After(date(line.From.day()).Add(trusted)):
		return Answer{Unknown: line.From.String() + " is too old to tell about " + version}
	}
	return Answer{}
}

// line is the one that a version belongs to: its own, else the rest of its major version.
func (t Table) line(major, minor int) (out Line, ok bool) {
	for _, l := range t.Lines {
		if lineMajor, lineMinor, _ := place(l.Line); lineMajor == major && (lineMinor == minor || lineMinor < 0) {
			return l, true // the lines of a major version come before its rest
		}
	}
	return Line{}, false
}

// numbers are a version's first two: v1.36.3+k3s1 gives 1 and 36.
func numbers(version string) (major, minor int, ok bool) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if digits >= 0 {
		rest = rest[:digits]
	}
	major, err1 := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(rest)
	return major, minor, err1 == nil && err2 == nil
}

// date reads a day of a table; a table with anything else is refused.
func date(day string) time.Time {
	t, _ := time.Parse(time.DateOnly, day)
	return t
}
