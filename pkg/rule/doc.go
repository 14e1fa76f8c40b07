// Package rule is the contract every rule keeps: what a rule is, what it may
// see, and what it answers. Rules are pure: no context, client, clock or error.
package rule
