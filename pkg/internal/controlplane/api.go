package controlplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

func newClient(authority []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
}

// request asks the API server as kwok, so that it stays out of the audit log.
func (c *Cluster) request(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.tokens[kwokUser])
	req.Header.Set("Content-Type", "application/yaml")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return text, err
}

// node is the fake machine; kwok makes it Ready.
const node = `apiVersion: v1
kind: Node
metadata: {name: node-0, annotations: {kwok.x-k8s.io/node: fake}}
status:
  allocatable: {cpu: "64", memory: 512Gi, pods: "2000"}
  capacity: {cpu: "64", memory: 512Gi, pods: "2000"}
`

// storageClass is the default one: kwok plays its provisioner.
const storageClass = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: kwok-volume, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kwok.x-k8s.io/volume
`

// addNode returns when pods can run: the node is Ready and without taints, and
// the controllers have made the default namespace's ServiceAccount.
func (c *Cluster) addNode(ctx context.Context) error {
	for path, manifest := range map[string]string{
		"/api/v1/nodes":                          node,
		"/apis/storage.k8s.io/v1/storageclasses": storageClass,
	} {
		if _, err := c.request(ctx, http.MethodPost, path, []byte(manifest)); err != nil {
			return err
		}
	}
	return until(ctx, func(ctx context.Context) (string, error) {
		for _, p := range c.others {
			if err := p.ended(); err != nil {
				return "", err
			}
		}
		var n struct {
			Spec   struct{ Taints []any }
			Status struct{ Phase string }
		}
		if err := c.read(ctx, "/api/v1/nodes/node-0", &n); err != nil {
			return "", err
		}
		if n.Status.Phase != "Running" || len(n.Spec.Taints) > 0 {
			return "the node", nil
		}
		if err := c.read(ctx, "/api/v1/namespaces/default/serviceaccounts/default", &n); err != nil {
			return "ServiceAccount default", nil
		}
		return "", nil
	})
}

func (c *Cluster) read(ctx context.Context, path string, into any) error {
	text, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
