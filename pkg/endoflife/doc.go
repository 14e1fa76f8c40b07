// Package endoflife knows until when the lines of a product get security
// fixes: by the tables this program holds, and by newer ones the user gave.
package endoflife
