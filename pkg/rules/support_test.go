package rules

import (
	"maps"
	"slices"
	"testing"
	"time"
)

func TestEnded(t *testing.T) {
	for _, c := range []struct {
		table        supportTable
		version, now string
		day          string
		unknown      bool
	}{
		{airflowSupport, "2.8.4", "2026-11-21", "2026-04-22", false},
		{airflowSupport, "2.11.2", "2026-04-22", "", false}, // the last day counts
		{airflowSupport, "2.11.2", "2026-04-23", "2026-04-22", false},
		{airflowSupport, "3.2.2", "2026-11-21", "2026-07-06", false},
		{airflowSupport, "3.3.1", "2026-11-21", "", false},
		{airflowSupport, "3.3.1", "2027-11-21", "", true}, // a newer line may have shipped
		{airflowSupport, "3.4.0", "2026-11-21", "", true},
		{airflowSupport, "1.10.15", "2026-11-21", "2021-06-17", false},
		{airflowSupport, "prod", "2026-11-21", "", true},
		{kubernetesSupport, "v1.36.3", "2026-11-21", "", false},
		{kubernetesSupport, "v1.34.1-eks-113cf36", "2026-11-21", "2026-10-27", false},
		{kubernetesSupport, "v1.29.0+k3s1", "2026-11-21", "2025-07-15", false},
		{kubernetesSupport, "1.38+", "2026-11-21", "", true},
		{kubernetesSupport, "1.37", "2027-10-29", "2027-10-28", false},
		{storeSupport["postgresql"], "18.4", "2026-11-21", "", false}, // a line is a major version
		{storeSupport["postgresql"], "14.20", "2026-11-21", "2026-11-12", false},
		{storeSupport["postgresql"], "19.0", "2026-11-21", "", true},
		{storeSupport["redis"], "7.2", "2026-11-21", "", false},
		{storeSupport["redis"], "7.0.15", "2026-11-21", "2024-07-29", false},
		{storeSupport["redis"], "8.4", "2026-11-21", "", true},
		{storeSupport["mysql"], "8.0.36", "2026-11-21", "2026-04-30", false},
	} {
		day, unknown := c.table.ended(c.version, date(c.now).Add(time.Hour))
		if day != c.day || (unknown != "") != c.unknown {
			t.Errorf("%s on %s: got %q, %q", c.version, c.now, day, unknown)
		}
	}
}

// TestSupportTables keeps the tables readable: sources, real days, the newest line first.
func TestSupportTables(t *testing.T) {
	tables := slices.AppendSeq([]supportTable{airflowSupport, kubernetesSupport}, maps.Values(storeSupport))
	for _, table := range tables {
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
