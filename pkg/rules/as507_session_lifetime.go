package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var sessionLifetime = &rule.Rule{
	ID:       "AS507",
	Slug:     "session-lifetime",
	Title:    "A login ends within the profile's bound, and with it the session",
	Why:      "A stolen session cookie is good for as long as the session: 30 days by default. Sessions that stand in the cookie alone even outlive a new password.",
	Fix:      "Set session_lifetime_minutes to a working day or less, and leave session_backend at database.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1550.001"),
		airflowDocs("Configuration reference", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkSessions,
}

// The bounds in minutes where the profile sets none.
const (
	dayMinutes      = 1440
	workdayMinutes  = 480
	defaultLifetime = "43200"
)

func sessionBound(p *rule.Pass) float64 {
	switch own := p.Parameters.MaxSessionMinutes; {
	case own != nil:
		return float64(*own)
	case p.Level == rule.Paranoid:
		return workdayMinutes
	}
	return dayMinutes
}

func checkSessions(p *rule.Pass) {
	if p.Airflow().Major >= 3 {
		checkTokens(p)
	}
	section, used := fabSection(p)
	if !used {
		return
	}
	checkLifetimes(p, section)
	checkOldLifetimes(p)
	for _, s := range webSettings(p, section, "session_backend") {
		p.Subjects++
		if s.Value != "database" {
			p.Report(settingFinding(s, fmt.Sprintf("%s is %s: sessions stand in the cookie alone, and a new password does not end them", settingName(s), inWords(s.Value)), safeFixes(p, s, "set it to database")))
		}
	}
}

// checkLifetimes: Airflow takes the older option in days where the newer has
// its default; what webserver_config.py says wins over both.
// Source: airflow/settings.py, get_session_lifetime_config.
func checkLifetimes(p *rule.Pass, section string) {
	for _, s := range webSettings(p, section, "session_lifetime_minutes") {
		p.Subjects++
		scale := 1.0
		if days := daysInstead(p, s); days.Known {
			s, scale = days, dayMinutes
		}
		for _, s := range overridden(p, s, "PERMANENT_SESSION_LIFETIME") {
			minutes, ok := minutesOf(s, scale)
			judgeLifetime(p, s, minutes, ok)
		}
	}
}

// daysInstead is session_lifetime_days where it counts; not known where it does not.
func daysInstead(p *rule.Pass, minutes airflow.Setting) airflow.Setting {
	if minutes.Value != defaultLifetime {
		return airflow.Setting{}
	}
	for _, s := range webSettings(p, "webserver", "session_lifetime_days") {
		if s.Workload == minutes.Workload && !s.Default && s.Value != "" {
			return s
		}
	}
	return airflow.Setting{}
}

// checkOldLifetimes: before 1.10.13 there were two options, of which the one in minutes counts where it is not 0.
// Source: airflow/www_rbac/app.py of 1.10.1 to 1.10.12.
func checkOldLifetimes(p *rule.Pass) {
	if p.Airflow().Major != 1 || len(p.Settings("webserver", "session_lifetime_minutes")) > 0 {
		return
	}
	after := webSettings(p, "webserver", "force_log_out_after")
	for _, s := range webSettings(p, "webserver", "session_lifetime_days") {
		p.Subjects++
		scale := float64(dayMinutes)
		for _, minutes := range after {
			if minutes.Workload == s.Workload && minutes.Value != "0" && minutes.Value != "" {
				s, scale = minutes, 1
			}
		}
		minutes, ok := minutesOf(s, scale)
		judgeLifetime(p, s, minutes, ok)
	}
}

// checkTokens: Airflow 3 keeps a login in a token with a life of its own.
func checkTokens(p *rule.Pass) {
	for _, s := range webSettings(p, "api_auth", "jwt_expiration_time") {
		p.Subjects++
		minutes, ok := minutesOf(s, 1.0/60)
		judgeLifetime(p, s, minutes, ok)
	}
}

func judgeLifetime(p *rule.Pass, s airflow.Setting, minutes float64, readable bool) {
	bound := sessionBound(p)
	switch {
	case !readable && s.Via == "webserver_config.py":
		p.Unknown(settingName(s) + ": the file computes it")
	case !readable:
		p.Unknown(settingName(s) + ": Airflow cannot read its value as a time")
	case minutes > bound:
		p.Report(settingFinding(s, fmt.Sprintf("a login, and a stolen cookie with it, is good for %s: %s is above the bound of %s", span(minutes), settingName(s), span(bound)),
			safeFixes(p, s, "let it end after "+span(bound)+" at most")))
	}
}

// minutesOf reads a time; scale is what one of an option's units is in minutes.
// Flask takes a number in webserver_config.py for seconds.
func minutesOf(s airflow.Setting, scale float64) (float64, bool) {
	if s.Literal == nil {
		n, err := strconv.ParseFloat(strings.TrimSpace(s.Value), 64)
		return n * scale, err == nil
	}
	switch l := s.Literal; l.Kind {
	case airflow.Number:
		return l.Number / 60, true
	case airflow.Call:
		return minutesOfDelta(l)
	}
	return 0, false
}

// deltaUnits are timedelta's arguments in minutes. Source: https://docs.python.org/3/library/datetime.html#timedelta-objects.
var deltaUnits = map[string]float64{"weeks": 7 * dayMinutes, "days": dayMinutes, "hours": 60, "minutes": 1, "seconds": 1.0 / 60, "milliseconds": 1.0 / 60000, "microseconds": 1.0 / 60000000}

func minutesOfDelta(l *airflow.Literal) (float64, bool) {
	if l.Text != "timedelta" && !strings.HasSuffix(l.Text, ".timedelta") || len(l.Items) > 2 {
		return 0, false
	}
	total := 0.0
	for i, item := range l.Items {
		if item.Kind != airflow.Number {
			return 0, false
		}
		total += item.Number * []float64{dayMinutes, 1.0 / 60}[i]
	}
	for _, field := range l.Fields {
		unit, known := deltaUnits[field.Key]
		if !known || field.Value.Kind != airflow.Number {
			return 0, false
		}
		total += field.Value.Number * unit
	}
	return total, true
}

// span is a time in words.
func span(minutes float64) string {
	count, unit := minutes, "minute"
	switch {
	case minutes >= 2*dayMinutes:
		count, unit = minutes/dayMinutes, "day"
	case minutes >= 120:
		count, unit = minutes/60, "hour"
	}
	text := strconv.FormatFloat(float64(int64(count*10+0.5))/10, 'f', -1, 64)
	if text == "1" {
		return "1 " + unit
	}
	return text + " " + unit + "s"
}
