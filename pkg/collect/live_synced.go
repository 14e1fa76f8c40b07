package collect

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// secretsDriver is the CSI driver whose volumes show a SecretProviderClass.
const secretsDriver = "secrets-store.csi.k8s.io"

// synced marks what fills the release's Secrets and volumes from outside the
// cluster, and the stores, logins and connections that this goes through.
func (w *ownership) synced() {
	used := named{}
	for _, o := range append(w.kept(), w.recorded()...) {
		used.put(snapshot.Kind(o.Kind), o.Name)
		pod := podOf(o)
		if pod == nil {
			continue
		}
		used.putRefs(pod["spec"], podRefs)
		volumes, _ := in(pod, "spec", "volumes").([]any)
		for _, v := range volumes {
			if in(v, "csi", "driver") == secretsDriver {
				class, _ := in(v, "csi", "volumeAttributes", "secretProviderClass").(string)
				used.put(snapshot.ProviderClass, class)
			}
		}
	}
	w.also(func(o *snapshot.Object) bool {
		return used.has(snapshot.ProviderClass, o.Name) && o.Kind == string(snapshot.ProviderClass) ||
			slices.ContainsFunc(o.Fills(), func(name string) bool { return used.has(snapshot.Secret, name) })
	})
	for range 2 { // what a VaultAuth leans on in its turn is the last step
		leans := named{}
		for _, o := range w.kept() {
			for _, ref := range o.LeansOn() {
				leans.put(snapshot.Kind(ref.Kind), ref.Name)
			}
		}
		w.also(func(o *snapshot.Object) bool {
			return slices.Contains(snapshot.SyncKinds, snapshot.Kind(o.Kind)) && leans.has(snapshot.Kind(o.Kind), o.Name)
		})
	}
}
