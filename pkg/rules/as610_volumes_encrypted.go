package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var volumesEncrypted = &rule.Rule{
	ID:       "AS610",
	Slug:     "volumes-encrypted",
	Title:    "The release's volumes are encrypted where they lie",
	Why:      "Database, logs and queue lie on these volumes. Who gets at a disk, a snapshot or the storage system reads them without ever asking Kubernetes.",
	Fix:      "Use a StorageClass that encrypts, with a key of your own where the provider offers one, and move the data to it.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"DB"},
	Refs: []rule.Ref{
		nsa("Network separation: Encryption"), owasp("K03"), mitre("T1530"),
		{Source: "Kubernetes documentation", ID: "Storage Classes", URL: "https://kubernetes.io/docs/concepts/storage/storage-classes/"},
	},
	Needs: []snapshot.Kind{snapshot.VolumeClaim, snapshot.StorageClass},
	Check: checkVolumesEncrypted,
}

func checkVolumesEncrypted(p *rule.Pass) {
	claims, classes := p.Objects(snapshot.VolumeClaim), p.Objects(snapshot.StorageClass)
	if p.Offline() || p.Gap(snapshot.StorageClass) != "" { // said already: it is needed
		return
	}
	of := map[string][]string{}
	for _, o := range claims {
		name, _ := o.At("spec", "storageClassName").(string)
		if name == "" {
			p.Unknown(fmt.Sprintf("claim %s names no StorageClass, so nothing shows what its volume is", o.Name))
			continue
		}
		of[name] = append(of[name], o.Name)
	}
	for _, class := range classes {
		if list := of[class.Name]; len(list) > 0 {
			judgeClass(p, class, list)
			delete(of, class.Name)
		}
	}
	for _, o := range claims { // in the order of claims, once for each class that is gone
		name, _ := o.At("spec", "storageClassName").(string)
		if len(of[name]) > 0 {
			p.Unknown(fmt.Sprintf("StorageClass %s of claim %s does not exist any more", name, o.Name))
			delete(of, name)
		}
	}
}

// encryption says how the volumes of one provisioner are encrypted at rest.
type encryption struct {
	// provisioner is the name, or its end, for operators put a namespace before some.
	provisioner string
	always      bool
	// parameter of the StorageClass switches it; empty where no parameter tells.
	parameter string
	note      string // why nothing is known where the parameter is not set
}

// provisioners are who makes volumes.
// Sources: the documentation of each CSI driver and of the clouds' storage; where
// a cloud encrypts all disks at rest, no parameter says so.
var provisioners = []encryption{
	{provisioner: "ebs.csi.aws.com", parameter: "encrypted", note: "an AWS account may encrypt all EBS volumes by default"},
	{provisioner: "kubernetes.io/aws-ebs", parameter: "encrypted", note: "an AWS account may encrypt all EBS volumes by default"},
	{provisioner: "efs.csi.aws.com", note: "the EFS file system itself says whether it is encrypted"},
	{provisioner: "pd.csi.storage.gke.io", always: true}, {provisioner: "kubernetes.io/gce-pd", always: true},
	{provisioner: "filestore.csi.storage.gke.io", always: true},
	{provisioner: "disk.csi.azure.com", always: true}, {provisioner: "kubernetes.io/azure-disk", always: true},
	{provisioner: "file.csi.azure.com", always: true}, {provisioner: "kubernetes.io/azure-file", always: true},
	{provisioner: "rbd.csi.ceph.com", parameter: "encrypted", note: "the disks below Ceph may be encrypted"},
	{provisioner: "cephfs.csi.ceph.com", parameter: "encrypted", note: "the disks below Ceph may be encrypted"},
	{provisioner: "driver.longhorn.io", parameter: "encrypted", note: "the disks below Longhorn may be encrypted"},
	{provisioner: "pxd.portworx.com", parameter: "secure", note: "Portworx may encrypt all volumes by default"},
	{provisioner: "kubernetes.io/portworx-volume", parameter: "secure", note: "Portworx may encrypt all volumes by default"},
	{provisioner: "diskplugin.csi.alibabacloud.com", parameter: "encrypted", note: "an Alibaba account may encrypt all disks by default"},
	{provisioner: "vpc.block.csi.ibm.io", always: true},
	{provisioner: "linodebs.csi.linode.com", parameter: "linodebs.csi.linode.com/luks-encrypted", note: "nothing else shows it"},
}

func judgeClass(p *rule.Pass, class *snapshot.Object, claims []string) {
	provisioner, _ := class.At("provisioner").(string)
	i := slices.IndexFunc(provisioners, func(e encryption) bool {
		return provisioner == e.provisioner || strings.HasSuffix(provisioner, "."+e.provisioner)
	})
	if i < 0 {
		p.Unknown(fmt.Sprintf("StorageClass %s: what %s encrypts is not known", class.Name, provisioner))
		return
	}
	known := provisioners[i]
	said, _ := class.At("parameters", known.parameter).(string)
	switch said = strings.ToLower(said); {
	case known.always || said == "true":
		p.Subjects++
	case said == "false":
		p.Subjects++
		p.Report(rule.Finding{
			Target: class.Ref, Path: "/parameters/" + strings.ReplaceAll(known.parameter, "/", "~1"),
			Message: fmt.Sprintf("StorageClass %s says %s: false: its volumes (%s) lie there in clear text", class.Name, known.parameter, strings.Join(claims, ", ")),
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "make a StorageClass with " + known.parameter + ": \"true\" and move the data to a claim of it: neither can be changed in place"}},
		})
	default:
		p.Unknown(fmt.Sprintf("StorageClass %s does not say whether its volumes are encrypted: %s", class.Name, known.note))
	}
}
