// Package plan turns what rules ask for into steps: equal changes merge and
// keep the names of all rules, different ones to one place are an error that
// names both, and each step carries who owns its field and what the next
// upgrade does to it.
package plan
