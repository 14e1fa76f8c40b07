// Package python cuts Python source into words, and runs none of it. collect
// reads the login settings of a release with it and masks them, and airflow
// what is left of them.
package python
