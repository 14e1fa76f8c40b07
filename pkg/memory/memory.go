// Package memory decides when the program first collects garbage.
package memory

import (
	"runtime"
	"runtime/debug"
)

const (
	usual = 100 // Go's own share of garbage, in percent of what is in use
	first = 300 // of the 4 MB that Go counts at least, so the first collection begins at 12 MB
)

// It is decided while packages are initialised, because the libraries' start
// alone makes enough garbage for two collections.
var _ = putOff()

// putOff lets the heap grow nearly to where a check of one release ends before
// garbage is collected for the first time. After that Go's own share holds again.
// What the user asks for with GOGC holds from the beginning.
func putOff() bool {
	if asked := debug.SetGCPercent(first); asked != usual {
		debug.SetGCPercent(asked)
		return false
	}
	runtime.AddCleanup(new([64]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
	return true
}
