// Package cli turns words into options and options into calls. It holds no
// knowledge of Airflow.
package cli
