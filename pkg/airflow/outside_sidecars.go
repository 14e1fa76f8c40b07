package airflow

import (
	"slices"
	"strings"
)

// databaseProxy is a container that passes connections on to a cloud's database.
type databaseProxy struct {
	image string // the last part of its repository
	what  string
	api   string // the host that says where the database is
	port  int32  // of the database's own side
}

// databaseProxies are Google's. Sources: "About the Cloud SQL Auth Proxy" and
// "About the AlloyDB Auth Proxy" in Google Cloud's documentation.
var databaseProxies = []databaseProxy{
	{"cloud-sql-proxy", "the Cloud SQL instance", "sqladmin.googleapis.com", 3307},
	{"gce-proxy", "the Cloud SQL instance", "sqladmin.googleapis.com", 3307},
	{"alloydb-auth-proxy", "the AlloyDB instance", "alloydb.googleapis.com", 5433},
}

// proxyTargets are what a database's proxy beside Airflow connects to.
func proxyTargets(s site) []target {
	repository := imageRepository(s.c.Image)
	name := repository[strings.LastIndex(repository, "/")+1:]
	i := slices.IndexFunc(databaseProxies, func(p databaseProxy) bool { return p.image == name })
	if i < 0 {
		return nil
	}
	p, at := databaseProxies[i], Setting{Ref: s.w.Ref, Path: s.c.Path + "/image"}
	return []target{
		fixed("Google Cloud's API", p.api, at, 443),
		{what: p.what, ports: onPorts(p.port), unknown: "the proxy asks Google Cloud's API for it", ref: at.Ref, path: at.Path},
	}
}

// kerberosTargets are the servers that hand out Kerberos tickets; krb5.conf is masked as a whole.
// Source: the official chart's kerberos containers; RFC 4120, section 7.2.
func kerberosTargets(s site) []target {
	if s.c.Role != Kerberos && s.c.Role != KerberosInit {
		return nil
	}
	ports := onPorts(88)
	t := target{what: "the Kerberos servers", ports: append(ports, udp(ports)...), unknown: "krb5.conf names them", note: usualPort}
	t.ref, t.path = s.w.Ref, s.c.Path
	return []target{t}
}
