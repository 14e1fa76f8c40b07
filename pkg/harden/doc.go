// Package harden turns a model into what makes it safer, as plain data:
// NetworkPolicies, values. It judges nothing and writes nothing.
package harden
