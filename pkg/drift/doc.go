// Package drift compares a live object with what Helm installed. It knows what
// the API server fills in, what others add to every object, and which fields
// matter for security.
package drift
