package collect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// maxInput bounds one input file, in bytes: a hundred times the largest release seen.
const maxInput = 64 << 20

// readText reads a whole input as UTF-8 with plain line ends. Byte order marks
// and UTF-16 (what PowerShell's ">" writes) are understood; anything else that is not text is an error.
func readText(r io.Reader, file string) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, unreadable(file, err)
	}
	if len(raw) > maxInput {
		return nil, &inputError{file: file, problem: fmt.Sprintf("is larger than %d MiB", maxInput>>20)}
	}
	text, ok := toUTF8(raw)
	if !ok || bytes.IndexByte(text, 0) >= 0 {
		return nil, &inputError{file: file, problem: "is not text in UTF-8"}
	}
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	return text, nil
}

func toUTF8(raw []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xef, 0xbb, 0xbf}):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		return fromUTF16(raw[2:], binary.LittleEndian)
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		return fromUTF16(raw[2:], binary.BigEndian)
	}
	return raw, utf8.Valid(raw)
}

func fromUTF16(raw []byte, order binary.ByteOrder) ([]byte, bool) {
	if len(raw)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return []byte(string(utf16.Decode(units))), true
}
