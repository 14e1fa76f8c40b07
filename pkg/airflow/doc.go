// Package airflow turns a snapshot into what rules talk about: the release's
// chart dialect, its components and their pods (also those that do not exist
// yet), and the settings Airflow really uses. It never fails: what it cannot
// place stays visible as unknown.
package airflow
