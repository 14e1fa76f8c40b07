package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// enforcement says whether a network plugin acts on NetworkPolicy.
type enforcement int

const (
	unsure enforcement = iota
	enforces
	ignores
)

// networkPlugin is a network plugin as its DaemonSet shows it: by the
// DaemonSet's name, or by the end of a container image's path.
type networkPlugin struct {
	name       string
	daemonSets []string
	images     []string
	acts       enforcement
	// unlessArg is the argument that makes the plugin act the other way.
	unlessArg string
	// since is the first image tag that acts so, until the last one known not to.
	since, until string
}

// networkPlugins are those known to act on NetworkPolicy, or known not to.
// Sources: each project's installation manifests; amazon-vpc-cni-k8s (policies
// are off until --enable-network-policy=true); kube-router (--run-firewall);
// kind 0.24's release notes for kindnet, with the image of 0.23 as the last
// one without; flannel's documentation (policies need another project beside it).
var networkPlugins = []networkPlugin{
	{name: "Calico", daemonSets: []string{"calico-node", "canal", "rke2-canal"}, images: []string{"calico/node"}, acts: enforces},
	{name: "Cilium", daemonSets: []string{"cilium"}, images: []string{"cilium/cilium"}, acts: enforces},
	{name: "GKE Dataplane V2", daemonSets: []string{"anetd"}, acts: enforces},
	{name: "Antrea", daemonSets: []string{"antrea-agent"}, acts: enforces},
	{name: "OVN-Kubernetes", daemonSets: []string{"ovnkube-node"}, acts: enforces},
	{name: "Weave Net", images: []string{"weaveworks/weave-npc"}, acts: enforces},
	{name: "Azure Network Policy Manager", daemonSets: []string{"azure-npm"}, acts: enforces},
	{name: "Romana", daemonSets: []string{"romana-agent"}, acts: enforces},
	{name: "kube-network-policies", images: []string{"networking/kube-network-policies"}, acts: enforces},
	{name: "kube-router", daemonSets: []string{"kube-router"}, images: []string{"cloudnativelabs/kube-router"}, acts: enforces, unlessArg: "--run-firewall=false"},
	{name: "Amazon VPC CNI", daemonSets: []string{"aws-node"}, acts: ignores, unlessArg: "--enable-network-policy=true"},
	{name: "kindnet", images: []string{"kindest/kindnetd"}, acts: enforces, since: "v20240813", until: "v20240513"},
	{name: "flannel", daemonSets: []string{"kube-flannel-ds", "kube-flannel"}, images: []string{"flannel/flannel", "flannel-io/flannel", "coreos/flannel"}, acts: ignores},
}

// judge says what the plugin does in a DaemonSet; found is false where it is not there.
func (n networkPlugin) judge(o *snapshot.Object) (acts enforcement, found bool) {
	containers := entries(o.At("spec", "template", "spec", "containers"))
	found = slices.Contains(n.daemonSets, o.Name)
	acts = n.acts
	for _, c := range containers {
		name, _ := c["image"].(string)
		i := parseImage(name)
		if !slices.ContainsFunc(n.images, func(image string) bool { return strings.HasSuffix("/"+i.Path, "/"+image) }) {
			continue
		}
		found = true
		if n.since != "" {
			acts = n.byTag(i.Tag)
		}
	}
	if found && n.unlessArg != "" {
		acts = n.byArgs(containers)
	}
	return acts, found
}

func (n networkPlugin) byTag(tag string) enforcement {
	switch {
	case tag >= n.since:
		return n.acts
	case tag != "" && tag[:min(len(tag), len(n.until))] <= n.until:
		return enforces + ignores - n.acts
	}
	return unsure
}

// byArgs goes by the flag where it stands in clear. It is unsure where other
// arguments are masked: the flag may be among them.
func (n networkPlugin) byArgs(containers []map[string]any) enforcement {
	flag, _, _ := strings.Cut(n.unlessArg, "=")
	acts := n.acts
	for _, c := range containers {
		list, _ := c["args"].([]any)
		for _, arg := range list {
			text, _ := arg.(string)
			switch {
			case text == n.unlessArg:
				return enforces + ignores - n.acts
			case strings.HasPrefix(text, flag+"="):
				return n.acts
			case len(snapshot.MaskedIn(text)) > 0:
				acts = unsure
			}
		}
	}
	return acts
}
