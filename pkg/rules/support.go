package rules

import (
	_ "embed" // the tables
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"
)

// supportTable says until when the lines of a product get security fixes.
type supportTable struct {
	Sources []string      `json:"sources"`
	Read    string        `json:"read"`  // the day the sources were read, YYYY-MM-DD
	Lines   []supportLine `json:"lines"` // the newest first
}

// supportLine is one line of versions: "3.2", or "2" for every 2.x that has no line of its own.
type supportLine struct {
	Line string `json:"line"`
	End  string `json:"end"` // the last day of fixes, YYYY-MM-DD; empty where the makers had named none
}

// supportFile holds the tables: what they say changes more often than code does.
//
//go:embed support.json
var supportFile []byte

// support are the tables by product. In Airflow 3 a line ends when the next one
// ships, so the newest line has no day yet. Kubernetes' days are its makers' own;
// some providers mend a line for longer, and older lines ended before the day of
// its last row. Lines of databases and brokers that are not named one by one
// ended at the latest with the last that is.
var support = sync.OnceValue(readSupport)

// readSupport reads the file, which the tables' test keeps readable.
func readSupport() (tables map[string]supportTable) {
	if err := json.Unmarshal(supportFile, &tables); err != nil {
		panic("support.json: " + err.Error())
	}
	return tables
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
	topMajor, topMinor, byMinor := numbers(t.newest())
	if major > topMajor || byMinor && major == topMajor && minor > topMinor {
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
