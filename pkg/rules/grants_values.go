package rules

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// rbacSwitch is a chart's values key that takes rights away.
type rbacSwitch struct {
	dialect airflow.Dialect
	role    string // how the role's name ends; empty is any
	// resource is the one whose rights the key takes away; empty where it takes away the role.
	resource   string
	key, order string
}

// rbacSwitches. Source: both charts' templates/rbac and values.yaml (community 8.9.0, official 1.15 to 1.22).
var rbacSwitches = []rbacSwitch{
	{dialect: airflow.Community, resource: "secrets", key: "rbac.secrets", order: "set rbac.secrets: false"},
	{dialect: airflow.Community, key: "rbac.create", order: "set rbac.create: false, because nothing needs the role"},
	{dialect: airflow.Community, resource: "events", key: "rbac.events", order: "set rbac.events: false"},
	{dialect: airflow.Official, role: "-pod-launcher-role", key: "allowPodLaunching", order: "set allowPodLaunching: false, because nothing needs the role"},
	{dialect: airflow.Official, role: "-job-launcher-role", key: "allowJobLaunching", order: "set allowJobLaunching: false, because nothing needs the role"},
	{dialect: airflow.Official, role: "-pod-log-reader-role", key: "webserver.allowPodLogReading", order: "set webserver.allowPodLogReading and apiServer.allowPodLogReading to false, because nothing needs the role"},
}

// rbacValue is the switch that takes an excess away, or nil. A switch for the
// whole role counts only where nobody needs any of it.
func rbacValue(id airflow.Identity, x *excess, least []rbacv1.PolicyRule, fits bool) *rbacSwitch {
	over := x.all()
	for i := range rbacSwitches {
		s := &rbacSwitches[i]
		if s.dialect != id.Dialect || !strings.HasSuffix(x.role.Name, s.role) {
			continue
		}
		if s.resource == "" && fits && len(least) == 0 || s.resource != "" && onlyAbout(over, s.resource) {
			return s
		}
	}
	return nil
}

func onlyAbout(rights []rbacv1.PolicyRule, resource string) bool {
	return !slices.ContainsFunc(rights, func(r rbacv1.PolicyRule) bool { return !slices.Equal(r.Resources, []string{resource}) })
}
