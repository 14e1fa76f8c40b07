package rules

import (
	"net/netip"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// metadataService is where a cloud's node hands out its identity, or a pod's, to whoever asks.
type metadataService struct {
	name    string
	address string
	ports   []int32
}

// metadataServices are those of the large clouds. EKS pod identity
// (169.254.170.23) is left out: it answers only to a pod's own token.
// Sources: AWS, Instance metadata service and ECS task metadata endpoint; Google
// Cloud, About VM metadata; Microsoft Azure, Instance Metadata Service and What
// is IP address 168.63.129.16; Alibaba Cloud, Instance metadata; Oracle Cloud
// answers at the first address too.
var metadataServices = []metadataService{
	{"the cloud metadata service", "169.254.169.254", []int32{80, 443}},
	{"the AWS metadata service over IPv6", "fd00:ec2::254", []int32{80}},
	{"the AWS container credentials", "169.254.170.2", []int32{80}},
	{"Azure WireServer", "168.63.129.16", []int32{80, 32526}},
	{"the Alibaba Cloud metadata service", "100.100.100.200", []int32{80}},
}

func (m metadataService) at() netip.Addr { return netip.MustParseAddr(m.address) }

// neededBy says whether a flow of the workload leads to the service: then the profile or the settings ask for it.
func (m metadataService) neededBy(w *airflow.Workload, flows []airflow.Flow) bool {
	for _, f := range flows {
		if f.From.Workload != w {
			continue
		}
		for _, known := range f.To.Addresses {
			if known.IsSingleIP() && known.Addr() == m.at() {
				return true
			}
		}
	}
	return false
}
