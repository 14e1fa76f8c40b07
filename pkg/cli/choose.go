package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// choose picks the releases a command is about. namespace is empty for all of them.
func choose(found []collect.Found, coverage []snapshot.Coverage, name, namespace string) ([]collect.Found, error) {
	where := "in namespace " + namespace
	if namespace == "" {
		where = "in any namespace"
	}
	if name != "" {
		found = named(found, name)
		if len(found) == 0 {
			return nil, fmt.Errorf("no Airflow release named %s %s%s", name, where, unreadNote(coverage))
		}
		return found, nil
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("no Airflow release %s%s", where, unreadNote(coverage))
	case len(found) > 1 && namespace != "":
		return nil, errors.New("there are several Airflow releases " + where + ", name one of: " + names(found))
	}
	return found, nil
}

func named(found []collect.Found, name string) []collect.Found {
	var out []collect.Found
	for _, f := range found {
		if f.Name == name {
			out = append(out, f)
		}
	}
	return out
}

func names(found []collect.Found) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Name)
	}
	return strings.Join(out, ", ")
}

// unreadNote adds to "not found" what could not be looked at.
func unreadNote(coverage []snapshot.Coverage) string {
	var out []string
	for _, c := range coverage {
		if c.State != snapshot.Read && c.State != snapshot.Unserved {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Kind, c.State, c.Reason)))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " (not everything could be read: " + strings.Join(out, "; ") + ")"
}
