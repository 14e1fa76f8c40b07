package controlplane

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// crdFiles are the CRDs of the kinds that bring secrets from a store into a
// cluster, as files of their projects' own modules (testdata/tools/crds).
var crdFiles = []struct{ module, file string }{
	{"github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_externalsecrets.yaml"},
	{"github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_secretstores.yaml"},
	{"github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_clustersecretstores.yaml"},
	{"sigs.k8s.io/secrets-store-csi-driver", "config/crd/bases/secrets-store.csi.x-k8s.io_secretproviderclasses.yaml"},
	{"github.com/hashicorp/vault-secrets-operator", "chart/crds/secrets.hashicorp.com_vaultauths.yaml"},
	{"github.com/hashicorp/vault-secrets-operator", "chart/crds/secrets.hashicorp.com_vaultconnections.yaml"},
	{"github.com/hashicorp/vault-secrets-operator", "chart/crds/secrets.hashicorp.com_vaultstaticsecrets.yaml"},
}

// CRDs returns the CRDs' YAML by the CRDs' names, as
// "externalsecrets.external-secrets.io". The modules come from the Go module
// cache, or from the proxy where the machine has not got them yet.
func CRDs(ctx context.Context) (map[string]string, error) {
	dirs, err := crdModules(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, f := range crdFiles {
		text, err := os.ReadFile(filepath.Join(dirs[f.module], filepath.FromSlash(f.file)))
		if err != nil {
			return nil, err
		}
		group, plural, _ := strings.Cut(strings.TrimSuffix(filepath.Base(f.file), ".yaml"), "_")
		out[plural+"."+group] = string(text)
	}
	return out, nil
}

// crdModules returns where each module of testdata/tools/crds is unpacked.
func crdModules(ctx context.Context) (map[string]string, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	text, err := goCommand(ctx, filepath.Join(root, "testdata", "tools", "crds"), "mod", "download", "-json")
	if err != nil {
		return nil, err
	}
	dirs := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(text)); decoder.More(); {
		var module struct{ Path, Dir string }
		if err := decoder.Decode(&module); err != nil {
			return nil, err
		}
		dirs[module.Path] = module.Dir
	}
	return dirs, nil
}

// InstallCRDs adds the CRDs to the cluster and returns when the API server
// serves their kinds. None of their controllers runs: objects are validated and
// stored, and nothing comes of them.
func (c *Cluster) InstallCRDs(ctx context.Context) error {
	const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
	crds, err := CRDs(ctx)
	if err != nil {
		return err
	}
	for _, text := range crds {
		if _, err := c.request(ctx, http.MethodPost, path, []byte(text)); err != nil {
			return err
		}
	}
	return until(ctx, func(ctx context.Context) (string, error) {
		for name := range crds {
			var crd struct {
				Status struct {
					Conditions []struct{ Type, Status string }
				}
			}
			if err := c.read(ctx, path+"/"+name, &crd); err != nil {
				return "", err
			}
			if !strings.Contains(fmt.Sprint(crd.Status.Conditions), "{Established True}") {
				return "CRD " + name, nil
			}
		}
		return "", nil
	})
}
