// Package wire says what connects a release to a secrets manager, as data:
// values for its own chart, objects, Airflow's settings, and the list of the
// credentials that move, each with the command that moves it. It sees names and
// keys of Secrets, never a value, and decides nothing about files.
package wire
