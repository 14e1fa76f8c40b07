package netpol

// NetworkOf is a network without a snapshot.
func NetworkOf(c Cluster, home string) *Network {
	return &Network{Cluster: c, Evaluator: New(c), home: home}
}
