// Command cyclonus answers questions about NetworkPolicies with the matcher of
// github.com/mattfenwick/cyclonus. It reads clusters from standard input, one
// JSON document after the other, and writes a line of JSON for each. Tests
// compare the project's own evaluator with it.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// unknown stands for an address that is not known: the matcher needs one.
const unknown = "192.0.2.1"

type cluster struct {
	Namespaces map[string]map[string]string
	Pods       []pod
	Policies   []*networkingv1.NetworkPolicy // named by their index
	Questions  []question
}

type pod struct {
	Namespace   string
	Labels      map[string]string
	Addresses   []string
	HostNetwork bool
	Ports       []port
}

type port struct {
	Name     string
	Number   int
	Protocol corev1.Protocol
}

type question struct {
	From, To end
	Port     port
}

// end is a pod by its index, or an address where there is one.
type end struct {
	Pod     int
	Address string
}

type answers struct {
	Answers []answer
	Error   string `json:",omitempty"`
}

type answer struct{ Egress, Ingress decision }

type decision struct {
	Allowed, Isolated bool
	Policies          []string // those of the same pods as one that allows
}

func main() {
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), bufio.NewWriter(os.Stdout)
	if err := errors.Join(serve(in, json.NewEncoder(out)), out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "cyclonus:", err)
		os.Exit(1)
	}
}

func serve(in *json.Decoder, out *json.Encoder) error {
	for {
		var c cluster
		if err := in.Decode(&c); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := out.Encode(c.answer()); err != nil {
			return err
		}
	}
}

// answer reports the matcher's panics: that is how it refuses policies.
func (c *cluster) answer() (out answers) {
	defer func() {
		if fault := recover(); fault != nil {
			out = answers{Error: fmt.Sprint(fault)}
		}
	}()
	for _, p := range c.Policies {
		if len(p.Spec.PolicyTypes) == 0 { // the API server's default, which the matcher expects to be there
			p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
			if len(p.Spec.Egress) > 0 {
				p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
			}
		}
	}
	rules := matcher.BuildNetworkPolicies(false, c.Policies)
	for _, q := range c.Questions {
		out.Answers = append(out.Answers, c.ask(rules, q))
	}
	return out
}

// ask puts a question once for each address of both ends and each name of the
// port: the matcher knows one of each.
func (c *cluster) ask(rules *matcher.Policy, q question) (a answer) {
	for _, from := range c.peers(q.From) {
		for _, to := range c.peers(q.To) {
			for _, name := range c.names(q.To, q.Port) {
				result := rules.IsTrafficAllowed(&matcher.Traffic{
					Source: from, Destination: to,
					ResolvedPort: q.Port.Number, ResolvedPortName: name, Protocol: q.Port.Protocol,
				})
				a.Egress.add(result.Egress)
				a.Ingress.add(result.Ingress)
			}
		}
	}
	return a
}

func (d *decision) add(r *matcher.DirectionResult) {
	d.Allowed = d.Allowed || r.IsAllowed()
	d.Isolated = d.Isolated || len(r.AllowingTargets)+len(r.DenyingTargets) > 0
	for _, target := range r.AllowingTargets {
		for _, p := range target.SourceRules {
			if !slices.Contains(d.Policies, p.Name) {
				d.Policies = append(d.Policies, p.Name)
			}
		}
	}
}

// peers are an end at each of its addresses. The matcher does not know the
// host's network: a pod there is its node's address.
func (c *cluster) peers(e end) []*matcher.TrafficPeer {
	if e.Address != "" {
		return []*matcher.TrafficPeer{{IP: e.Address}}
	}
	p := &c.Pods[e.Pod]
	addresses := p.Addresses
	if len(addresses) == 0 {
		addresses = []string{unknown}
	}
	var internal *matcher.InternalPeer
	if !p.HostNetwork {
		namespace := map[string]string{}
		maps.Copy(namespace, c.Namespaces[p.Namespace])
		namespace[corev1.LabelMetadataName] = p.Namespace
		internal = &matcher.InternalPeer{PodLabels: p.Labels, NamespaceLabels: namespace, Namespace: p.Namespace}
	}
	var out []*matcher.TrafficPeer
	for _, a := range addresses {
		out = append(out, &matcher.TrafficPeer{Internal: internal, IP: a})
	}
	return out
}

func (c *cluster) names(to end, asked port) []string {
	var out []string
	if to.Address == "" && !c.Pods[to.Pod].HostNetwork {
		for _, p := range c.Pods[to.Pod].Ports {
			if p.Name != "" && p.Number == asked.Number && p.Protocol == asked.Protocol {
				out = append(out, p.Name)
			}
		}
	}
	if len(out) == 0 {
		out = []string{""}
	}
	return out
}
