package collect

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// inputError is what is wrong with something a user handed over. It names
// places and says what is wrong there; it never holds a value.
type inputError struct {
	file    string
	line    int    // from 1; 0 where unknown
	object  string // kind/name; empty where unknown
	field   string // data.password; empty where the whole is meant
	problem string // "is not base64"
}

// Error is one clear sentence: file:line: object field problem.
func (e *inputError) Error() string {
	var b strings.Builder
	b.WriteString(e.file)
	if e.line > 0 {
		b.WriteString(":" + strconv.Itoa(e.line))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	for _, part := range []string{e.object, e.field, e.problem} {
		if part == "" {
			continue
		}
		if last := b.String(); last != "" && !strings.HasSuffix(last, " ") {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}

// form is what names of some sort look like. The length stands beside the
// pattern: a repetition that is counted makes every start of the program slower.
type form struct {
	pattern *pattern.Pattern
	longest int
}

// MatchString says whether a text is such a name.
func (f form) MatchString(text string) bool {
	return len(text) <= f.longest && f.pattern.MatchString(text)
}

var keyForm = form{pattern.New(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`), 63}

// showKey is a key as an error may show it: a name as names are written, nothing else.
func showKey(key string) string {
	if !keyForm.MatchString(key) {
		return "(not shown)"
	}
	return strconv.Quote(key)
}

// unreadable says why the system did not let a file be read.
func unreadable(file string, err error) error {
	problem := "cannot be read"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem = "does not exist"
	case errors.Is(err, fs.ErrPermission):
		problem = "cannot be read: permission denied"
	}
	return &inputError{file: file, problem: problem}
}
