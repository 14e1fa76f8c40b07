package rules

import (
	"testing"
	"time"
)

func TestEnded(t *testing.T) {
	for _, c := range []struct {
		product      string
		version, now string
		day          string
		unknown      bool
	}{
		{"airflow", "2.8.4", "2026-11-21", "2026-04-22", false},
		{"airflow", "2.11.2", "2026-04-22", "", false}, // the last day counts
		{"airflow", "2.11.2", "2026-04-23", "2026-04-22", false},
		{"airflow", "3.2.2", "2026-11-21", "2026-07-06", false},
		{"airflow", "3.3.1", "2026-11-21", "", false},
		{"airflow", "3.3.1", "2027-11-21", "", true}, // a newer line may have shipped
		{"airflow", "3.4.0", "2026-11-21", "", true},
		{"airflow", "1.10.15", "2026-11-21", "2021-06-17", false},
		{"airflow", "prod", "2026-11-21", "", true},
		{"kubernetes", "v1.36.3", "2026-11-21", "", false},
		{"kubernetes", "v1.34.1-eks-113cf36", "2026-11-21", "2026-10-27", false},
		{"kubernetes", "v1.29.0+k3s1", "2026-11-21", "2025-07-15", false},
		{"kubernetes", "1.38+", "2026-11-21", "", true},
		{"kubernetes", "1.37", "2027-10-29", "2027-10-28", false},
		{"postgresql", "18.4", "2026-11-21", "", false}, // a line is a major version
		{"postgresql", "14.20", "2026-11-21", "2026-11-12", false},
		{"postgresql", "19.0", "2026-11-21", "", true},
		{"redis", "7.2", "2026-11-21", "", false},
		{"redis", "7.0.15", "2026-11-21", "2024-07-29", false},
		{"redis", "8.4", "2026-11-21", "", true},
		{"mysql", "8.0.36", "2026-11-21", "2026-04-30", false},
	} {
		day, unknown := support()[c.product].ended(c.version, date(c.now).Add(time.Hour))
		if day != c.day || (unknown != "") != c.unknown {
			t.Errorf("%s %s on %s: got %q, %q", c.product, c.version, c.now, day, unknown)
		}
	}
}

// TestSupportTables keeps the tables readable: sources, real days, the newest line first.
func TestSupportTables(t *testing.T) {
	for _, table := range support() {
		if len(table.Sources) == 0 || date(table.Read).IsZero() {
			t.Errorf("the table of %s has no source or no day", table.newest())
		}
		last := 1 << 20
		for _, line := range table.Lines {
			if line.End != "" && date(line.End).IsZero() {
				t.Errorf("%s: %q is not a day", line.Line, line.End)
			}
			major, minor, ok := numbers(line.Line + ".0")
			if !ok {
				t.Errorf("%q is not a line", line.Line)
			}
			if at := major*1000 + minor; at >= last {
				t.Errorf("%s does not follow the line before it", line.Line)
			} else {
				last = at
			}
		}
	}
}
