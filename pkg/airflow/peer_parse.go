package airflow

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// peerSide is the field that says where a Peer's far end is, the one that must be empty, and the default components.
type peerSide struct {
	field, text  string
	other, wrong string
	components   []Component
}

func (s peerSide) wrongf(format string, args ...any) error {
	return &PeerError{s.field, fmt.Sprintf(format, args...)}
}

func (p Peer) parse(side peerSide, namespace string) (PeerEnd, error) {
	out := PeerEnd{Components: side.components}
	if err := p.checkFields(side); err != nil {
		return out, err
	}
	var err error
	if out.End, err = p.end(side, namespace); err != nil {
		return out, err
	}
	for i, text := range p.Ports {
		port, what := parsePort(text)
		if what != "" {
			return out, &PeerError{fmt.Sprintf("ports[%d]", i), what}
		}
		out.Ports = append(out.Ports, port)
	}
	if len(p.Components) > 0 {
		out.Components = nil
	}
	words := ComponentWords()
	for i, word := range p.Components {
		c, known := words[word]
		if !known {
			return out, &PeerError{fmt.Sprintf("components[%d]", i), fmt.Sprintf("is %q, which is no component", word)}
		}
		if !slices.Contains(out.Components, Component(c)) {
			out.Components = append(out.Components, Component(c))
		}
	}
	return out, nil
}

// checkFields looks at what needs no parsing: fields that are missing or contradict each other.
func (p Peer) checkFields(side peerSide) error {
	switch {
	case side.wrong != "", side.text == "" && p.Namespace == "":
		return side.wrongf("must be given, and not %s (namespace alone will do for all pods of it)", side.other)
	case p.Namespace != "" && p.Namespace != "*" && len(validation.IsDNS1123Label(p.Namespace)) > 0:
		return &PeerError{"namespace", fmt.Sprintf("is %q; it must be a namespace's name or *", p.Namespace)}
	case p.Host != "" && side.field == "from":
		return &PeerError{"host", "has a meaning for egress only: a policy cannot tell who connects by a name"}
	case p.Host != "" && !isDNSName(p.Host):
		return &PeerError{"host", fmt.Sprintf("is %q; it must be one DNS name, without scheme, port or path", p.Host)}
	case side.field == "to" && len(p.Ports) == 0 && p.Host == "":
		return &PeerError{"ports", "is missing: say which ports are connected to (1-65535 for all)"}
	case p.Why == "":
		return &PeerError{"why", "is missing"}
	}
	return nil
}

// end reads where the far end is: addresses, labels or a host name.
func (p Peer) end(side peerSide, namespace string) (End, error) {
	text := side.text
	if prefix, isAddress, what := parseAddresses(text); isAddress {
		switch {
		case what != "":
			return End{}, side.wrongf("%s", what)
		case p.Namespace != "":
			return End{}, &PeerError{"namespace", "belongs to labels of pods, not to addresses"}
		}
		return End{Place: Range, Name: first(p.Host, text), Addresses: []netip.Prefix{prefix}}, nil
	}
	if p.Namespace == "" && !strings.ContainsAny(text, "=!, (") {
		switch {
		case side.field == "from":
			return End{}, side.wrongf("is %q; it must be an address range or labels such as app=proxy: a policy cannot tell who connects by a name", text)
		case !isDNSName(text):
			return End{}, side.wrongf("is %q; it must be an address range, a host name, or labels such as app=vault", text)
		case p.Host != "":
			return End{}, &PeerError{"host", "stands beside a host name: give the addresses or labels that it stands for in to"}
		}
		return End{Place: Host, Name: text, Host: strings.ToLower(text)}, nil
	}
	labels, err := metav1.ParseToLabelSelector(text)
	if err != nil {
		return End{}, side.wrongf("is %q; it must be labels as kubectl writes them: app=vault,tier in (a,b)", text)
	}
	end := End{Place: Pods, Name: text, Labels: labels, Namespaces: namespaceSelector(first(p.Namespace, namespace))}
	switch {
	case p.Namespace == "*":
		end.Name, end.Namespaces = strings.TrimSpace(text+" in all namespaces"), &metav1.LabelSelector{}
	case p.Namespace != "":
		end.Name = strings.TrimSpace(text + " in " + p.Namespace)
	}
	return end, nil
}

// namespaceSelector is the one namespace of that name; nil, which is the policy's own, where it is not known.
// Source: every namespace carries this label, kubernetes docs, "Automatic labelling".
func namespaceSelector(name string) *metav1.LabelSelector {
	if name == "" {
		return nil
	}
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

// parseAddresses reads a range or one address; what says why a text that is
// meant as one cannot stand in a policy.
func parseAddresses(text string) (prefix netip.Prefix, isAddress bool, what string) {
	if strings.Contains(text, "/") {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			base, bits, _ := strings.Cut(text, "/")
			_, notAddress := netip.ParseAddr(base)
			return prefix, notAddress == nil, fmt.Sprintf("is %q; /%s is no length of a prefix", text, bits)
		}
		switch {
		case prefix.Addr().Is4In6():
			return prefix, true, fmt.Sprintf("is %q; write it as an IPv4 range", text)
		case prefix != prefix.Masked():
			return prefix, true, fmt.Sprintf("is %q, an address inside of a range; the range is %s", text, prefix.Masked())
		}
		return prefix, true, ""
	}
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return prefix, false, ""
	case address.Zone() != "" || address.Is4In6():
		return prefix, true, fmt.Sprintf("is %q; write the address without zone, and IPv4 as such", text)
	}
	return netip.PrefixFrom(address, address.BitLen()), true, ""
}

// parsePort reads 443, 53/UDP or 8000-8010.
func parsePort(text string) (Port, string) {
	number, protocol, given := strings.Cut(text, "/")
	port := Port{Protocol: corev1.ProtocolTCP}
	if given {
		port.Protocol = corev1.Protocol(strings.ToUpper(protocol))
	}
	switch port.Protocol {
	case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
	default:
		return Port{}, fmt.Sprintf("is %q; the protocol must be TCP, UDP or SCTP", text)
	}
	begin, end, isRange := strings.Cut(number, "-")
	from, err := strconv.ParseUint(begin, 10, 16)
	to, endErr := from, error(nil)
	if isRange {
		to, endErr = strconv.ParseUint(end, 10, 16)
	}
	if err != nil || endErr != nil || from == 0 || to < from {
		return Port{}, fmt.Sprintf("is %q; it must be a port such as 443, 53/UDP or 8000-8010", text)
	}
	port.Number = int32(from)
	if to > from {
		port.End = int32(to)
	}
	return port, ""
}

// isDNSName says that a text is one DNS name; underscores are allowed, as resolvers do.
func isDNSName(text string) bool {
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
