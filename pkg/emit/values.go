package emit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Values writes changes as a values file for helm upgrade --reset-then-reuse-values, all
// or nothing: keys sorted, above each the rules that ask for it and what it does.
func Values(w io.Writer, m *airflow.Model, changes []harden.ValuesChange) error {
	var b bytes.Buffer
	header := []string{
		"Values for the Airflow release " + about(m),
		fmt.Sprintf("Apply:   helm upgrade %s CHART -n %s --reset-then-reuse-values -f FILE", m.Release, m.Namespace),
	}
	if revision := m.Snapshot.Release.Revision; revision > 0 {
		header = append(header, fmt.Sprintf("Undo:    helm rollback %s %d -n %s", m.Release, revision, m.Namespace))
	}
	comment(&b, header)
	if len(changes) == 0 {
		comment(&b, []string{"There is nothing to change."})
		_, err := w.Write(b.Bytes())
		return err
	}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range inOrder(changes) {
		if err := put(root, c); err != nil {
			return err
		}
	}
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(root), encoder.Close()); err != nil {
		return fmt.Errorf("the values cannot be written as YAML: %w", err)
	}
	if len(snapshot.MaskedIn(b.String())) > 0 {
		return errors.New("the values would hold a text that was masked as a secret")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// inOrder sorts changes by key; where a key is set twice, the later counts.
func inOrder(changes []harden.ValuesChange) []harden.ValuesChange {
	var out []harden.ValuesChange
	for _, c := range changes {
		same := func(o harden.ValuesChange) bool { return slices.Equal(o.Path, c.Path) }
		out = append(slices.DeleteFunc(out, same), c)
	}
	slices.SortStableFunc(out, func(a, b harden.ValuesChange) int { return slices.Compare(a.Path, b.Path) })
	return out
}

// put sets one key below a mapping, with its comment.
func put(root *yaml.Node, c harden.ValuesChange) error {
	at := root
	for _, part := range c.Path[:len(c.Path)-1] {
		at = below(at, part)
	}
	key, value := scalar(c.Path[len(c.Path)-1]), &yaml.Node{}
	if err := value.Encode(c.Value); err != nil {
		return fmt.Errorf("%s cannot be written as YAML: %w", c.Key(), err)
	}
	var b bytes.Buffer
	comment(&b, []string{strings.Join(c.Rules, ", ") + ": " + c.Why})
	key.HeadComment = strings.TrimSuffix(b.String(), "\n")
	at.Content = append(at.Content, key, value)
	return nil
}

// below is the mapping under a key, made where it is missing.
func below(at *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(at.Content); i += 2 {
		if at.Content[i].Value == key {
			return at.Content[i+1]
		}
	}
	next := &yaml.Node{Kind: yaml.MappingNode}
	at.Content = append(at.Content, scalar(key), next)
	return next
}

func scalar(text string) *yaml.Node {
	node := &yaml.Node{}
	node.SetString(text)
	return node
}
