package airflow

import "net/netip"

// APIAddresses are the API server's addresses as far as they were read: its
// endpoints' and its Service's. None without a cluster.
func (m *Model) APIAddresses() []netip.Prefix {
	var out []netip.Prefix
	for _, f := range m.apiEnds() {
		out = append(out, f.To.Addresses...)
	}
	return out
}
