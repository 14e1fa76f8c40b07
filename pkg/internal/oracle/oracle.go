// Package oracle asks cyclonus, a NetworkPolicy matcher that shares no code
// with this project, what it says of the same clusters. Tests compare.
package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os/exec"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// Unknown is the address that a pod without one has for the oracle, which needs one.
const Unknown = "192.0.2.1"

// Case is a cluster and what to ask of it.
type Case struct {
	Cluster   netpol.Cluster
	Questions []Question
}

// Question is one connection.
type Question struct {
	From, To End
	Port     airflow.Port
}

// End is a pod by its index in the cluster, or an address where that is valid.
type End struct {
	Pod     int
	Address netip.Addr
}

// Peer is the same end for the evaluator.
func (e End) Peer() netpol.Peer {
	if e.Address.IsValid() {
		return netpol.Address(e.Address)
	}
	return netpol.At(e.Pod)
}

// Result is what the oracle says of one case: an answer for each question, or
// why it takes the cluster for invalid.
type Result struct {
	Answers []Answer
	Error   string
}

// Answer is allowed where both directions are.
type Answer struct{ Egress, Ingress Decision }

// Allowed says whether both directions let the connection pass.
func (a Answer) Allowed() bool { return a.Egress.Allowed && a.Ingress.Allowed }

// Decision is one direction's part of an answer.
type Decision struct {
	Allowed, Isolated bool
	// Policies are the indices of the policies that allow, and of those that
	// select by the very same selector: the oracle merges them.
	Policies []int
}

// Ask runs the oracle, which is built first where this machine has not done so
// yet. A pod on the host's network is an address to it, a pod with several
// addresses or names for the port is each of them in turn.
func Ask(ctx context.Context, cases []Case) ([]Result, error) {
	path, err := controlplane.Tool(ctx, "cyclonus")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go write(in, cases)
	results, err := read(out, cases)
	if failed := cmd.Wait(); err != nil || failed != nil {
		return nil, fmt.Errorf("cyclonus: %w %w\n%s", err, failed, stderr.String())
	}
	return results, nil
}

// write leaves it to the reader to notice that the oracle has ended early.
func write(in io.WriteCloser, cases []Case) {
	defer in.Close()
	encoder := json.NewEncoder(in)
	for i := range cases {
		if encoder.Encode(request(&cases[i])) != nil {
			return
		}
	}
}

func read(out io.Reader, cases []Case) ([]Result, error) {
	decoder := json.NewDecoder(out)
	results := make([]Result, len(cases))
	for i := range cases {
		var w wireResult
		if err := decoder.Decode(&w); err != nil {
			_, _ = io.Copy(io.Discard, out)
			return nil, fmt.Errorf("answer to cluster %d: %w", i, err)
		}
		if w.Error == "" && len(w.Answers) != len(cases[i].Questions) {
			return nil, fmt.Errorf("cluster %d: %d answers to %d questions", i, len(w.Answers), len(cases[i].Questions))
		}
		results[i] = w.result()
	}
	return results, nil
}
