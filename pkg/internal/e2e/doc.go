// Package e2e holds the tests that read releases from a real API server, as
// Helm 3 and Helm 4 installed them. It is tests only.
package e2e
