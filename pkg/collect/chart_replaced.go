package collect

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// replacedIn are the keys of a values file that stand again in the same
// mapping. Helm takes such files, so they are judged as it reads them.
func replacedIn(root *yaml.Node, file string, before int) []snapshot.Replaced {
	var out []snapshot.Replaced
	var walk func(path string, n *yaml.Node)
	walk = func(path string, n *yaml.Node) {
		last := map[string]int{}
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			last[n.Content[i].Value] = i
		}
		for i, child := range n.Content {
			switch {
			case n.Kind == yaml.SequenceNode:
				walk(path+"["+strconv.Itoa(i)+"]", child)
			case n.Kind == yaml.MappingNode && i%2 == 0:
				key := child
				at := joinPath(path, key.Value)
				if by := last[key.Value]; by != i && key.Kind == yaml.ScalarNode && key.Value != "<<" {
					out = append(out, snapshot.Replaced{Key: at, File: file, Line: before + key.Line, By: before + n.Content[by].Line})
					continue
				}
				walk(at, n.Content[i+1])
			}
		}
	}
	if root != nil {
		walk("", root)
	}
	return out
}
