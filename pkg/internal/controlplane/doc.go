// Package controlplane is the project's own real Kubernetes for tests and for
// trying the plugin by hand: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler and kwok, built once from Go modules, with kubectl, Helm 3,
// Helm 4 and krew beside them. A machine needs Go and nothing else.
//
// Everything but the container runtime is real: admission, RBAC, audit,
// controllers, the scheduler. kwok plays one node of 64 CPUs on which each pod
// becomes Ready at once and each pod of a Job completes; no image is pulled and
// no process of a container runs. It also plays a default StorageClass, so that
// claims are bound. NetworkPolicies are stored and validated, but nothing
// enforces them.
//
// A test says
//
//	c := controlplane.ForTest(t, controlplane.Options{Users: 1})
//	c.Run(ctx, controlplane.Admin, "helm3", "install", …)
//
// and reads with c.Requests("least-1") which requests that user has made.
package controlplane
