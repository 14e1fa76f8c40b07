module github.com/airflowsec/kubectl-airflowsec/testdata/tools/crds

go 1.26.0

// Only files of these modules are read: the CRDs of the kinds that generate secrets writes.
require (
	github.com/external-secrets/external-secrets v1.3.2
	github.com/hashicorp/vault-secrets-operator v0.10.0
	sigs.k8s.io/secrets-store-csi-driver v1.5.3
)
