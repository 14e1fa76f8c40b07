// Package rotation says how one secret of a release is replaced by a new one:
// which Secret holds it, which pods must restart together, what people notice,
// and the commands in their order. It refuses where an order would make what
// Airflow has stored unreadable, or where the new value would not last.
//
// The commands make the new value when they run. It goes through pipes and the
// shell's own variables only: it is never printed and never an argument of a
// program, which others on the machine could see.
package rotation
