package airflow

import (
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// schemePorts are the ports of URLs without one, beside storePorts. Sources:
// IANA's registry; the OTLP specification for grpc.
var schemePorts = map[string]int32{
	"http": 80, "https": 443, "ssh": 22, "git": 9418, "ldap": 389, "ldaps": 636, "grpc": 4317, "smtp": 25, "smtps": 465,
}

// addressOf reads host and port out of a URL, whose other parts may be masked.
// It is false where the host is masked, or where it is not clear what belongs
// where: nothing of a password may pass for a host.
func addressOf(text string) (hostPort, bool) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(text), "://")
	if !found {
		return hostPort{}, false
	}
	authority, tail := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, tail = rest[:end], rest[end:]
	}
	if strings.Contains(tail, "@") {
		return hostPort{}, false
	}
	at, ok := bareAddress(authority[strings.LastIndex(authority, "@")+1:])
	if base, _, _ := strings.Cut(strings.ToLower(scheme), "+"); at.port == 0 {
		at.port = schemePorts[base]
	}
	return at, ok
}

// bareAddress reads host, host:port or [address]:port.
func bareAddress(text string) (hostPort, bool) {
	text = strings.TrimSpace(text)
	if len(snapshot.MaskedIn(text)) > 0 {
		return hostPort{}, false
	}
	if address, err := netip.ParseAddr(text); err == nil { // without brackets
		return hostPort{host: address.String()}, true
	}
	at := splitHost(text)
	if _, err := netip.ParseAddr(at.host); err != nil && !isDNSName(at.host) {
		return hostPort{}, false
	}
	return at, true
}

// listed are the addresses in a text with blanks between them. What stands for
// a secret has blanks of its own; several addresses are then one secret.
func listed(text string) []string {
	if len(snapshot.MaskedIn(text)) > 0 {
		return []string{text}
	}
	return strings.Fields(text)
}

// targetAt is a target whose setting is a URL, or a bare host where that is usual.
func targetAt(what string, s Setting, usual int32, bare bool) target {
	at, ok := addressOf(s.Value)
	if !ok && bare && !strings.Contains(s.Value, "://") {
		at, ok = bareAddress(s.Value)
	}
	if !s.Known || !ok {
		return hidden(what, s, first32(at.port, usual, 443))
	}
	if at.port == 0 {
		at.port = usual
	}
	return target{what: what, host: at.host, ports: onPorts(at.port), ref: s.Ref, path: s.Path}
}

// fixed is a target whose host is known from what is used, not from a setting.
func fixed(what, host string, s Setting, ports ...int32) target {
	return target{what: what, host: host, ports: onPorts(ports...), ref: s.Ref, path: s.Path}
}

// onPorts are TCP ports, without those that are not known.
func onPorts(numbers ...int32) []Port {
	var out []Port
	for _, n := range numbers {
		if n != 0 {
			out = append(out, Port{Number: n, Protocol: corev1.ProtocolTCP})
		}
	}
	return out
}
