package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// errNotJSON says that a text is not one JSON value: it may still be YAML.
var errNotJSON = errors.New("not JSON")

// parseJSON reads one JSON value into what parseYAML makes. Keys that stand
// twice are an error, as they are in YAML; other mistakes are errNotJSON.
func parseJSON(text []byte, file string, line int) (any, error) {
	r := &jsonReader{text: text, file: file, line: line, decoder: json.NewDecoder(bytes.NewReader(text))}
	r.decoder.UseNumber()
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); err != io.EOF {
		return nil, errNotJSON
	}
	return v, nil
}

type jsonReader struct {
	text    []byte
	file    string
	line    int
	depth   int
	decoder *json.Decoder
}

func (r *jsonReader) value() (any, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, errNotJSON
	}
	switch token := token.(type) {
	case json.Delim:
		if r.depth++; r.depth > 1000 {
			return nil, errNotJSON
		}
		defer func() { r.depth-- }()
		if token == '{' {
			return r.object()
		}
		return r.list()
	case json.Number:
		return jsonNumber(string(token)), nil
	}
	return token, nil
}

func (r *jsonReader) object() (any, error) {
	out := map[string]any{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, errNotJSON
		}
		if _, twice := out[key]; twice {
			at := r.line + bytes.Count(r.text[:r.decoder.InputOffset()], []byte("\n"))
			return nil, &inputError{file: r.file, line: at, problem: fmt.Sprintf("the key %s stands twice in one object", showKey(key))}
		}
		if out[key], err = r.value(); err != nil {
			return nil, err
		}
	}
	_, err := r.decoder.Token()
	return out, orNotJSON(err)
}

func (r *jsonReader) list() (any, error) {
	out := []any{}
	for r.decoder.More() {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := r.decoder.Token()
	return out, orNotJSON(err)
}

func orNotJSON(err error) error {
	if err != nil {
		return errNotJSON
	}
	return nil
}

// jsonNumber is an int64 where the number is written as one, else a float64.
func jsonNumber(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return text
	}
	return f
}
