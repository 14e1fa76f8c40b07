package netpol

import (
	"math/bits"
	"slices"
)

// classSet is a set of classes by index.
type classSet []uint64

func newClassSet(size int) classSet { return make(classSet, (size+63)/64) }

func (s classSet) set(i int) { s[i/64] |= 1 << (i % 64) }

func (s classSet) has(i int) bool { return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

func (s classSet) each(do func(int)) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			do(i*64 + bits.TrailingZeros64(word))
		}
	}
}

func (s classSet) meets(o classSet) bool {
	for i := range min(len(s), len(o)) {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

// union leaves both sets as they are.
func (s classSet) union(o classSet) classSet {
	if s == nil {
		return o
	}
	both := slices.Clone(s)
	for i := range o {
		both[i] |= o[i]
	}
	return both
}
