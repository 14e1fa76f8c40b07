package rules

import (
	"strconv"
	"strings"
	"time"
)

// supportTable says until when the lines of a product get security fixes.
type supportTable struct {
	Sources []string
	Read    string        // the day the sources were read, YYYY-MM-DD
	Lines   []supportLine // the newest first
}

// supportLine is one line of versions: "3.2", or "2" for every 2.x that has no line of its own.
type supportLine struct {
	Line string
	End  string // the last day of fixes, YYYY-MM-DD; empty where the makers had named none
}

// airflowSupport: in 3.x a line ends when the next one ships, so the newest line has no day yet.
var airflowSupport = supportTable{
	Sources: []string{"https://endoflife.date/apache-airflow", "https://github.com/apache/airflow#version-life-cycle"},
	Read:    "2026-08-22",
	Lines: []supportLine{
		{Line: "3.3"},
		{Line: "3.2", End: "2026-07-06"},
		{Line: "3.1", End: "2026-04-07"},
		{Line: "3.0", End: "2025-09-25"},
		{Line: "2", End: "2026-04-22"},
		{Line: "1", End: "2021-06-17"},
	},
}

// kubernetesSupport is the Kubernetes project's own; some providers mend a line for longer.
var kubernetesSupport = supportTable{
	Sources: []string{"https://kubernetes.io/releases/"},
	Read:    "2026-09-15",
	Lines: []supportLine{
		{Line: "1.37", End: "2027-10-28"},
		{Line: "1.36", End: "2027-06-28"},
		{Line: "1.35", End: "2027-02-28"},
		{Line: "1.34", End: "2026-10-27"},
		{Line: "1.33", End: "2026-06-28"},
		{Line: "1.32", End: "2026-02-28"},
		{Line: "1.31", End: "2025-11-11"},
		{Line: "1.30", End: "2025-07-15"},
		{Line: "1", End: "2025-07-15"}, // older ones ended before that day
	},
}

// trusted is how long a table may speak for a line whose end nobody had named.
const trusted = 180 * 24 * time.Hour

// newest is the newest line of the table.
func (t supportTable) newest() string { return t.Lines[0].Line }

// ended says since which day a version gets no fixes; empty where it still
// does. unknown says why the table cannot tell.
func (t supportTable) ended(version string, now time.Time) (day, unknown string) {
	major, minor, ok := numbers(version)
	if !ok {
		return "", version + " is not a version"
	}
	topMajor, topMinor, _ := numbers(t.newest())
	if major > topMajor || major == topMajor && minor > topMinor {
		return "", version + " is newer than this program's table of " + t.Read
	}
	line := t.line(major, minor)
	switch {
	case line == nil:
		return "", version + " is not in this program's table of " + t.Read
	case line.End == "" && now.After(date(t.Read).Add(trusted)):
		return "", "this program's table of " + t.Read + " is too old to tell about " + version
	case line.End != "" && !now.Before(date(line.End).AddDate(0, 0, 1)):
		return line.End, ""
	}
	return "", ""
}

func (t supportTable) line(major, minor int) *supportLine {
	exact, whole := strconv.Itoa(major)+"."+strconv.Itoa(minor), strconv.Itoa(major)
	for i := range t.Lines {
		if t.Lines[i].Line == exact || t.Lines[i].Line == whole {
			return &t.Lines[i]
		}
	}
	return nil
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

// date reads a day of a table; the tables' test refuses anything else.
func date(day string) time.Time {
	t, _ := time.Parse(time.DateOnly, day)
	return t
}
