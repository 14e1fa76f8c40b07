package collect

import (
	"bytes"
	"strings"
)

// document is one YAML document of a stream.
type document struct {
	text   []byte
	line   int    // of text's first byte, from 1
	source string // Helm's "# Source:" comment; empty where there is none
}

// empty says that there is nothing but white space and comments.
func (d document) empty() bool {
	for line := range bytes.Lines(d.text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return false
		}
	}
	return true
}

// firstLine is the line where the content begins, after comments and blank lines.
func (d document) firstLine() int {
	n := d.line
	for line := range bytes.Lines(d.text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return n
		}
		n++
	}
	return d.line
}

// splitDocuments cuts a stream at its "---" and "..." lines and leaves empty documents out.
func splitDocuments(text []byte) []document {
	var out []document
	current := document{line: 1}
	start, offset, number := 0, 0, 0
	flush := func(end, next, line int) {
		current.text = text[start:end]
		if !current.empty() {
			current.source = sourceComment(current.text)
			out = append(out, current)
		}
		current, start = document{line: line}, next
	}
	for line := range bytes.Lines(text) {
		number++
		marker, rest := cutMarker(line)
		switch {
		case marker && len(bytes.TrimSpace(rest)) > 0 && rest[0] != '#': // content may follow on the marker's own line
			flush(offset, offset+len(line)-len(rest), number)
		case marker:
			flush(offset, offset+len(line), number+1)
		case line[0] == '%' && offset == start: // a directive such as %YAML 1.1
			start, current.line = offset+len(line), number+1
		}
		offset += len(line)
	}
	flush(len(text), len(text), number+1)
	return out
}

// cutMarker says whether a line is a document marker, and what follows it.
func cutMarker(line []byte) (bool, []byte) {
	for _, marker := range []string{"---", "..."} {
		rest, found := bytes.CutPrefix(line, []byte(marker))
		if found && (len(rest) == 0 || strings.IndexByte(" \t\n", rest[0]) >= 0) {
			return true, bytes.TrimLeft(rest, " \t")
		}
	}
	return false, nil
}

// sourceComment is the template that Helm says a document came from.
func sourceComment(text []byte) string {
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' {
			return ""
		}
		if source, found := bytes.CutPrefix(line, []byte("# Source: ")); found {
			return string(source)
		}
	}
	return ""
}
