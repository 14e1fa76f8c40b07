package collect

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"helm.sh/helm/v3/pkg/strvals"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// userValues merges what the user gave, in Helm's order: files, --set-json, --set, --set-string, --set-file.
func (c Chart) userValues() (*userGave, error) {
	out := &userGave{values: map[string]any{}, places: map[string]snapshot.Place{}}
	for _, name := range c.ValueFiles {
		next, err := readValues(name)
		if err != nil {
			return nil, err
		}
		out.add(next.values, next.places)
		out.replaced = append(out.replaced, next.replaced...)
		// A copy, because --set writes into what the last file gave.
		out.layers = append(out.layers, valuesLayer{name, runtime.DeepCopyJSON(next.values), func() map[string]snapshot.Place { return next.places }})
	}
	flags := []struct {
		name  string
		given []string
		into  func(string, map[string]any) error
	}{
		{"--set-json", c.SetJSON, strvals.ParseJSON},
		{"--set", c.Set, strvals.ParseInto},
		{"--set-string", c.SetString, strvals.ParseIntoString},
		{"--set-file", c.SetFile, setFile},
	}
	for _, flag := range flags {
		for _, text := range flag.given {
			alone := map[string]any{}
			if err := flag.into(text, out.values); err != nil {
				return nil, &inputError{problem: fmt.Sprintf("%s %s: not understood (want key=value)", flag.name, settingName(text))}
			}
			if flag.into(text, alone) == nil {
				maps.Copy(out.places, placesOnCommandLine(alone))
			}
		}
	}
	out.files = out.values
	out.add(c.Overlay, placesOnCommandLine(c.Overlay))
	return out, nil
}

// settingName is the key of a key=value text, as far as it can be shown.
func settingName(text string) string {
	key, _, found := strings.Cut(text, "=")
	if !found || !keyForm.MatchString(strings.NewReplacer("[", "", "]", "", ",", "").Replace(key)) {
		return "(not shown)"
	}
	return key + "=…"
}

func setFile(text string, into map[string]any) error {
	return strvals.ParseIntoFile(text, into, func(name []rune) (any, error) {
		content, err := os.ReadFile(string(name))
		return string(content), err
	})
}

// readValues reads one values file. The checks are ours, with lines and keys in
// their errors; the values are decoded as Helm decodes them.
func readValues(name string) (*userGave, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer file.Close()
	text, err := readText(file, name)
	if err != nil {
		return nil, err
	}
	documents := splitDocuments(text)
	if len(documents) == 0 {
		return &userGave{}, nil
	}
	if len(documents) > 1 {
		return nil, &inputError{file: name, line: documents[1].firstLine(), problem: "holds a second YAML document, which Helm would ignore"}
	}
	value, root, err := parseAsHelm(documents[0].text, name, documents[0].line)
	if err != nil {
		return nil, err
	}
	if _, ok := value.(map[string]any); !ok && value != nil {
		return nil, &inputError{file: name, problem: "holds no values: they must be keys with values"}
	}
	out := map[string]any{}
	if err := yaml.Unmarshal(documents[0].text, &out); err != nil {
		return nil, yamlError(err, name, documents[0].line, documents[0].line)
	}
	before := documents[0].line - 1
	return &userGave{values: out, places: placesIn(root, name, before), replaced: replacedIn(root, name, before)}, nil
}

// mergeValues lays b over a: maps are merged, everything else is replaced.
func mergeValues(a, b map[string]any) map[string]any {
	out := make(map[string]any, len(a))
	for key, value := range a {
		out[key] = value
	}
	for key, value := range b {
		below, isMap := out[key].(map[string]any)
		above, bothMaps := value.(map[string]any)
		if isMap && bothMaps {
			value = mergeValues(below, above)
		}
		out[key] = value
	}
	return out
}
