package change

import "strings"

// ValuesPointer writes a path in Helm's values, as a.b[0]["c.d"], as a JSON pointer.
func ValuesPointer(key string) string {
	var b strings.Builder
	for key != "" {
		var part string
		switch {
		case strings.HasPrefix(key, `["`):
			part, key, _ = strings.Cut(key[2:], `"]`)
		case key[0] == '[':
			part, key, _ = strings.Cut(key[1:], "]")
		case key[0] == '.':
			key = key[1:]
			continue
		default:
			end := strings.IndexAny(key, ".[")
			if end < 0 {
				end = len(key)
			}
			part, key = key[:end], key[end:]
		}
		b.WriteString("/" + Escape(part))
	}
	return b.String()
}
