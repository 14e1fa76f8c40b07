// Package snapshot is what one run knows about one Airflow release: plain
// data, read once, with every secret already masked. It does no I/O and
// judges nothing.
package snapshot
