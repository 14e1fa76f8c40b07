// Package archtest holds the architecture as tests: which package may import
// which, where outside libraries, the environment and the clock may be used,
// and how large a file or function may grow. It has no code of its own.
//
// The tests parse the source files. Asking the go command instead would let
// the test cache answer for a tree that has changed since.
package archtest
