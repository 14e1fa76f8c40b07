package airflow

import (
	"regexp"
	"sync"
)

// pattern is compiled when the first text is held against it: most runs of the
// program need few of them, and no start should wait for any.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
