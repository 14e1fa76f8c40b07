package collect

import (
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const syncedFromOutside = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: key, namespace: team}
spec: {secretStoreRef: {name: all, kind: ClusterSecretStore}, target: {name: own-key}, data: [{secretKey: k, remoteRef: {key: a}, sourceRef: {storeRef: {name: one}}}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: strange, namespace: team}
spec: {secretStoreRef: {name: strange}, target: {name: strange}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: one, namespace: team}
spec: {provider: {vault: {server: "https://vault:8200"}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: strange, namespace: team}
spec: {}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: all}
spec: {provider: {aws: {service: SecretsManager}}}
---
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: others}
spec: {}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: static, namespace: team}
spec: {vaultAuthRef: login, destination: {name: own-key}}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultAuth
metadata: {name: login, namespace: team}
spec: {method: kubernetes, vaultConnectionRef: vault}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultConnection
metadata: {name: vault, namespace: team}
spec: {address: "https://vault:8200"}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: own-key, namespace: team}
spec: {encryptedData: {k: canary-3f9a}}
`

func TestReadKeepsWhatFillsTheReleasesSecrets(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"), syncedFromOutside)
	s, _ := one(t, f, "team")
	var got []string
	for i := range s.Objects {
		if o := &s.Objects[i]; slices.Contains(snapshot.SyncKinds, snapshot.Kind(o.Kind)) {
			got = append(got, o.Kind+"/"+o.Name)
		}
	}
	want := []string{
		"ClusterSecretStore/all", "ExternalSecret/key", "SealedSecret/own-key", "SecretStore/one",
		"VaultAuth/login", "VaultConnection/vault", "VaultStaticSecret/static",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, kind := range snapshot.SyncKinds {
		state := snapshot.Read
		if kind == snapshot.ProviderClass {
			state = snapshot.Unserved
		}
		if kind == snapshot.VaultDynamicSecret {
			continue // its group is served and it is not
		}
		if c := s.CoverageOf(kind); c.State != state {
			t.Errorf("got %+v", c)
		}
	}
}

func TestReadAsksOnceForTheAPIServersFlags(t *testing.T) {
	const servers = `
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-b, namespace: kube-system, labels: {component: kube-apiserver}}
spec: {containers: [{name: a, command: [kube-apiserver, --encryption-provider-config=/etc/canary-3f9a.yaml, --token-auth-file=canary-3f9a]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver-a, namespace: kube-system, labels: {component: kube-apiserver}}
spec: {containers: [{name: a, command: [kube-apiserver], args: [--encryption-provider-config=]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: kube-system}
`
	f := newFakeAPI(t, scheduler("team", "af"), servers)
	s, _ := one(t, f, "team")
	if len(s.APIServers) != 2 || len(s.APIServers[0].Flags) != 0 || !slices.Equal(s.APIServers[1].Flags, flagsKept) {
		t.Errorf("got %+v", s.APIServers)
	}
	if n := f.count("GET /api/v1/namespaces/kube-system/pods"); n != 1 || s.CoverageOf(snapshot.APIServers).State != snapshot.Read {
		t.Errorf("%d requests, %+v", n, s.CoverageOf(snapshot.APIServers))
	}
	f = newFakeAPI(t, scheduler("team", "af"))
	f.refuse("kube-system", 403, "Forbidden")
	s, _ = one(t, f, "team")
	if got := s.CoverageOf(snapshot.APIServers); got.State != snapshot.Forbidden || got.Reason != "this user may not list the API server's pods in namespace kube-system" {
		t.Errorf("got %+v", got)
	}
}
