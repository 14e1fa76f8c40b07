// Package reach says which questions the reach command asks of a network, and
// what the answers mean: it turns words such as "worker" and "api-server:8080"
// into pods and ports, asks package netpol, and returns plain data. What is
// printed and what is drawn come from the same answers.
package reach
