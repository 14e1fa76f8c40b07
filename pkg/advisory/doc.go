// Package advisory knows the published flaws of Airflow and its providers:
// which versions a record covers, how versions are ordered, and which version
// closes what.
package advisory
