package reach

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// The words for places that have no name of their own.
const (
	internetWord   = "internet"
	dnsWord        = "dns"
	kubernetesWord = "kubernetes"
	ingressWord    = "ingress"
)

// placeWords are words for places, and how to know the flow's end that is meant.
var placeWords = map[string]func(f *airflow.Flow, e airflow.End) bool{
	dnsWord: func(f *airflow.Flow, e airflow.End) bool { return f.ID == "dns" && e.Workload == nil },
	kubernetesWord: func(f *airflow.Flow, e airflow.End) bool {
		return strings.HasPrefix(f.ID, "kubernetes-api") && e.Workload == nil
	},
	ingressWord: func(_ *airflow.Flow, e airflow.End) bool { return e.Place == airflow.EntryPoint },
}

// usualPlaces are places that can be asked about where no flow names them. The
// API server's own port is kubeadm's and most clouds'; a policy sees it, and
// not the Service's 443, where the node translates addresses first.
var usualPlaces = map[string]placed{
	kubernetesWord: {airflow.End{Place: airflow.Host, Name: kubernetesWord, Host: "kubernetes.default.svc"}, []airflow.Port{{Number: 6443, Protocol: corev1.ProtocolTCP}}},
	ingressWord:    {airflow.End{Place: airflow.EntryPoint, Name: ingressWord}, nil},
}

// Words are all words that stand for an end in any release: Airflow's and the
// charts' for components, and those for places.
func Words() []string {
	out := []string{internetWord, dnsWord, kubernetesWord, ingressWord}
	for word := range airflow.ComponentWords() {
		if word != string(airflow.Other) {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return out
}

// find is the end that a word stands for.
func (n *network) find(word string) (end, error) {
	for _, look := range []func(string) (end, bool){n.component, n.workload, n.pod, n.address, n.place} {
		if e, found := look(word); found {
			return e, nil
		}
	}
	return end{}, n.noSuchEnd(word)
}

func (n *network) component(word string) (end, bool) {
	component := airflow.ComponentWords()[strings.ToLower(word)]
	if component == "" || component == string(airflow.Other) {
		return end{}, false
	}
	for _, e := range n.inside {
		if string(e.Component) == component {
			return e, true
		}
	}
	return n.placeOf(func(f *airflow.Flow, e airflow.End) bool { return e.Workload == nil && f.ID == component })
}

func (n *network) workload(word string) (end, bool) {
	e := end{End: End{Name: strings.ToLower(word), Kind: OfWorkload}}
	for i := range n.Pods {
		if w := n.Pods[i].Workload; w != nil && strings.EqualFold(w.Ref.String(), word) {
			e.Name, e.Component = w.Ref.String(), w.Component
			e.add(n, i)
		}
	}
	return e, len(e.pods) > 0
}

func (n *network) pod(word string) (end, bool) {
	word = strings.TrimPrefix(word, "pod/")
	for i := range n.Pods {
		if n.Pods[i].Name == word {
			return n.podEnd(i), true
		}
	}
	return end{}, false
}

func (n *network) podEnd(i int) end {
	e := end{End: End{Name: n.Pods[i].Name, Kind: OfPod}}
	if w := n.Pods[i].Workload; w != nil {
		e.Component = w.Component
	}
	e.add(n, i)
	return e
}

// address is the pod at an address, or the address, or a range of them.
func (n *network) address(word string) (end, bool) {
	prefix, err := netip.ParsePrefix(word)
	if a, notOne := netip.ParseAddr(strings.Trim(word, "[]")); notOne == nil {
		prefix, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	if err != nil {
		return end{}, false
	}
	prefix = prefix.Masked()
	for i := range n.Pods {
		if prefix.IsSingleIP() && slices.Contains(n.Pods[i].Addresses, prefix.Addr()) {
			return n.podEnd(i), true
		}
	}
	name := prefix.String()
	e := end{End: End{Kind: OfAddress, Place: airflow.Range, Pods: []string{}}, within: prefix}
	if prefix.IsSingleIP() {
		name, e.probe = prefix.Addr().String(), prefix.Addr()
	}
	e.Name = name
	e.places = []placed{{End: airflow.End{Place: airflow.Range, Name: name, Addresses: []netip.Prefix{prefix}}}}
	return e, true
}

// place is an end outside by a word of the table, by its name, or by a host name that flows name.
func (n *network) place(word string) (end, bool) {
	word = strings.ToLower(word)
	if word == internetWord {
		return n.internet(), true
	}
	if is := placeWords[word]; is != nil {
		e, found := n.placeOf(is)
		if at, usual := usualPlaces[word]; !found && usual {
			return end{End: End{Name: word, Kind: OfPlace, Place: at.Place, Pods: []string{}}, places: []placed{at}}, true
		}
		return e, found
	}
	return n.placeOf(func(_ *airflow.Flow, e airflow.End) bool {
		return e.Workload == nil && (strings.EqualFold(e.Name, word) || strings.EqualFold(e.Host, word) || strings.EqualFold(n.placeName(e), word))
	})
}

func (n *network) placeOf(is func(*airflow.Flow, airflow.End) bool) (end, bool) {
	for i := range n.Flows {
		f := &n.Flows[i]
		for _, e := range []airflow.End{f.To, f.From} {
			if e.Workload != nil || !is(f, e) {
				continue
			}
			at := slices.IndexFunc(n.outside, func(o end) bool { return o.Place == e.Place && o.Name == n.placeName(e) })
			return n.outside[at], true
		}
	}
	return end{}, false
}

// noSuchEnd says which words would do.
func (n *network) noSuchEnd(word string) error {
	var inside, outside []string
	for _, e := range n.inside {
		inside = append(inside, e.Name)
	}
	outside = append(outside, internetWord)
	for _, known := range []string{dnsWord, kubernetesWord, ingressWord} {
		if _, found := n.place(known); found {
			outside = append(outside, known)
		}
	}
	for _, e := range n.outside {
		if !slices.Contains(outside, e.Name) {
			outside = append(outside, e.Name)
		}
	}
	problem := "is no end of a connection here"
	if c := airflow.ComponentWords()[strings.ToLower(word)]; c != "" {
		problem = "is not in this release"
	}
	return fmt.Errorf("%q %s; inside are %s; outside are %s; a workload (deployment/NAME), a pod's name, an IP address or a range will do too",
		word, problem, strings.Join(inside, ", "), strings.Join(outside, ", "))
}

// splitPort takes the port off a word: after the last colon, unless the whole is an address.
func splitPort(word string) (name, port string, err error) {
	if _, isAddr := netip.ParseAddr(word); isAddr == nil {
		return word, "", nil
	}
	if _, isPrefix := netip.ParsePrefix(word); isPrefix == nil {
		return word, "", nil
	}
	at := strings.LastIndex(word, ":")
	if at < 0 || strings.HasSuffix(word, "]") {
		return word, "", nil
	}
	if name, port = word[:at], word[at+1:]; name == "" || port == "" {
		return "", "", fmt.Errorf("%q: write it as NAME:PORT", word)
	}
	return name, port, nil
}

// twoOutside refuses what no policy of the release could decide.
func twoOutside(from, to *end) error {
	if len(from.pods) == 0 && len(to.pods) == 0 {
		return fmt.Errorf("both %s and %s are outside the release: its policies decide nothing between them", from.Name, to.Name)
	}
	if to.Place == airflow.EntryPoint || to.Place == airflow.Scraper {
		return fmt.Errorf("%s only opens connections to the release; ask from it, not to it", cmp.Or(to.Name, string(to.Place)))
	}
	return nil
}
