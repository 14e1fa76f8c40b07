package endoflife

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// products are the names that tables go by, with the product's own here.
// Source: the addresses of endoflife.date.
var products = map[string]string{
	"apache-airflow": "airflow",
	"airflow":        "airflow",
	"kubernetes":     "kubernetes",
	"mysql":          "mysql",
	"postgresql":     "postgresql",
	"rabbitmq":       "rabbitmq",
	"redis":          "redis",
	"valkey":         "valkey",
}

// untilNext names the products of which a line ends when the next one of the
// same major version ships, with the first major version that is so.
// Source: https://github.com/apache/airflow#version-life-cycle
var untilNext = map[string]int{"airflow": 3}

// Product is the product that a table's name stands for.
func Product(name string) (string, bool) {
	product, ok := products[name]
	return product, ok
}

// Products are all that a table can be about, in one line.
func Products() string {
	return strings.Join(slices.Compact(slices.Sorted(maps.Values(products))), ", ")
}

// IsLine says whether a text names a line of versions: 3.2 or 2.
func IsLine(text string) bool {
	_, _, ok := place(text)
	return ok
}

// IsDay says whether a text is a day, YYYY-MM-DD.
func IsDay(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// Bad is what is wrong with a table, and the field it is wrong in; empty where nothing is.
func Bad(t snapshot.EndOfLifeTable) (field, problem string) {
	if known, ok := Product(t.Product); !ok || known != t.Product {
		return "product", "is none of " + Products()
	}
	for _, day := range []struct{ field, text string }{{"read", t.Read}, {"latest", t.Latest}} {
		if day.text != "" && !IsDay(day.text) {
			return day.field, notDay
		}
	}
	if len(t.Lines) == 0 {
		return "lines", "names no line of versions such as 3.2"
	}
	named := map[string]bool{}
	for i, l := range t.Lines {
		if field, problem = badLine(l); problem == "" && named[l.Line] {
			field, problem = "line", "is named twice"
		}
		if problem != "" {
			return fmt.Sprintf("lines[%d].%s", i, field), problem
		}
		named[l.Line] = true
	}
	return "", ""
}

const notDay = "is not a day such as 2026-11-21"

func badLine(l snapshot.EndOfLifeLine) (field, problem string) {
	switch {
	case !IsLine(l.Line):
		return "line", "is not a line of versions such as 3.2 or 2"
	case l.End != "" && !IsDay(l.End):
		return "end", notDay
	case l.End != "" && l.Ended:
		return "ended", "stands beside an end: it is for one whose day is not known"
	}
	return "", ""
}

// longestNumber bounds a part of a version; longer ones are no versions.
const longestNumber = 6

// place is where a line stands: 3.2 gives 3 and 2, 2 gives 2 and -1.
func place(line string) (major, minor int, ok bool) {
	first, second, both := strings.Cut(line, ".")
	if major, ok = number(first); !ok || !both {
		return major, -1, ok
	}
	minor, ok = number(second)
	return major, minor, ok
}

// number reads one as versions write them: one line must not have two names.
func number(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) <= longestNumber && text == strconv.Itoa(n) && n >= 0
}
