package snapshot

import (
	"cmp"
	"slices"
	"strings"
)

// Place is where one of the user's values stands.
type Place struct {
	Path string `json:"path"` // JSON pointer into Values
	// File is empty for a value that was given on the command line.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"` // from 1
}

// Replaced is a key of a values file that stands again further down in the same
// mapping: Helm takes the last, without a word. What it held is not known here.
type Replaced struct {
	Key  string `json:"key"` // its values path
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	By   int    `json:"by"`   // the line of the one that counts
}

// EscapePointer makes a key fit into a JSON pointer (RFC 6901).
func EscapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// PlaceOf is the place of a value, or of the nearest one above it; false where
// neither stands in a file.
func (r *Release) PlaceOf(pointer string) (Place, bool) { return PlaceIn(r.Places, pointer) }

// PlaceIn is PlaceOf for other places, sorted by path.
func PlaceIn(places []Place, pointer string) (Place, bool) {
	for pointer != "" {
		i, found := slices.BinarySearchFunc(places, pointer, func(p Place, want string) int { return cmp.Compare(p.Path, want) })
		if found {
			return places[i], places[i].File != ""
		}
		pointer = pointer[:max(strings.LastIndexByte(pointer, '/'), 0)]
	}
	return Place{}, false
}
