package emit

import (
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// locate goes down a path as far as the object goes, and to no more than the
// text where the path goes on inside one. Entries on the way are tested by name.
func (p *patching) locate(path string) spot {
	at := spot{found: true, entry: -1}
	var node any = p.from
	for _, part := range change.Split(path) {
		if node == nil && at.pointer != "" { // null is as good as nothing there
			at.found = false
			return at
		}
		key, text := strings.CutSuffix(part, "#")
		list, isList := node.([]any)
		if isList {
			node = at.enter(list, part)
		} else {
			m, _ := node.(map[string]any)
			at.pointer, at.path, at.entry = at.pointer+"/"+change.Escape(key), at.path+"/"+change.Escape(key), -1
			node, at.found = m[key]
		}
		if at.text = text; text || !at.found {
			return at
		}
	}
	return at
}

// enter goes into the entry of a list.
func (at *spot) enter(list []any, part string) any {
	at.path += "/" + change.Escape(part)
	at.entry = entryAt(list, part)
	if at.entry < 0 {
		at.pointer, at.found = at.pointer+"/-", false
		return nil
	}
	at.pointer += "/" + strconv.Itoa(at.entry)
	if field, value, keyed := change.Keyed(part); keyed {
		at.tests = append(at.tests, Operation{"test", at.pointer + "/" + field, value})
	}
	return list[at.entry]
}

// entryAt is the place of the entry that a part picks; -1 where there is none.
func entryAt(list []any, part string) int {
	if field, value, keyed := change.Keyed(part); keyed {
		for i, entry := range list {
			if m, ok := entry.(map[string]any); ok && m[field] == value {
				return i
			}
		}
		return -1
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= len(list) {
		return -1
	}
	return i
}
