// Package collect is the only package that touches a cluster, Helm, files or
// the clock. It reads everything once into a snapshot, notes what it could
// not read, and masks every secret before anybody else sees it.
package collect
