// Package secret knows what credentials look like: the documented shapes of
// tokens and keys, the names that passwords stand under, and the texts that only
// look secret. It judges a text and keeps nothing of it.
package secret
