package rules

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// rbacSwitch is a chart's values key that takes rights away.
type rbacSwitch struct {
	dialect airflow.Dialect
	role    string // how the role's name ends, or with * at the end begins; empty is any
	// holders are the only components that may hold the rights for the key to take them away; empty is any.
	holders []airflow.Component
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
	// Until 1.18 the triggerer holds this role too, whatever the keys say. The key of Airflow 3's api-server takes the
	// binding away and leaves a role that nobody holds; the webserver's takes the role, and would leave a binding to nothing.
	{dialect: airflow.Official, role: "-pod-log-reader-role", holders: []airflow.Component{airflow.APIServer}, key: "apiServer.allowPodLogReading", order: "set apiServer.allowPodLogReading: false, because nothing needs the role"},
	{dialect: airflow.Official, role: "-pod-log-reader-role", holders: []airflow.Component{airflow.Webserver}, key: "webserver.allowPodLogReading", order: "set webserver.allowPodLogReading: false, because nothing needs the role"},
	{dialect: airflow.Official, role: "system:openshift:scc:*", key: "rbac.createSCCRoleBinding", order: "set rbac.createSCCRoleBinding: false and use the cluster's own security context constraints"},
}

// rbacValue is the switch that takes an excess away, or nil. A switch for the
// whole role counts only where nobody needs any of it.
func rbacValue(p *rule.Pass, x *excess, least []rbacv1.PolicyRule, fits bool) *rbacSwitch {
	over := x.all()
	for i := range rbacSwitches {
		s := &rbacSwitches[i]
		if s.dialect != p.Airflow().Dialect || p.Reachable(s.key) == "" || !s.fits(x) {
			continue
		}
		if s.resource == "" && fits && len(least) == 0 || s.resource != "" && onlyAbout(over, s.resource) {
			return s
		}
	}
	return nil
}

func (s *rbacSwitch) fits(x *excess) bool {
	if prefix, begins := strings.CutSuffix(s.role, "*"); begins {
		return strings.HasPrefix(x.role.Name, prefix)
	}
	if !strings.HasSuffix(x.role.Name, s.role) {
		return false
	}
	return len(s.holders) == 0 || !slices.ContainsFunc(x.accounts, func(a *airflow.Account) bool {
		return slices.ContainsFunc(a.Components(), func(c airflow.Component) bool { return !slices.Contains(s.holders, c) })
	})
}

func onlyAbout(rights []rbacv1.PolicyRule, resource string) bool {
	return !slices.ContainsFunc(rights, func(r rbacv1.PolicyRule) bool { return !slices.Equal(r.Resources, []string{resource}) })
}
