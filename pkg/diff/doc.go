// Package diff says how a live release differs from a profile or from what Helm
// installed, and how two revisions of it differ in what rules find: plain data,
// with no secret in it, not even a masked one's number.
package diff
