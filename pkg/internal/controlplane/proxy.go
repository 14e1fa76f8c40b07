package controlplane

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// Proxy is a way to the API server on which a test can refuse, delay, change or
// count requests.
type Proxy struct {
	cluster *Cluster
	server  *http.Server
	address string
}

// Proxy serves wrap(API server) on a port of its own. Wrap gets the handler that
// forwards a request and returns the one to serve; a handler that does not call
// it keeps the request from the API server, one that panics with
// http.ErrAbortHandler breaks the connection. Close it when done.
func (c *Cluster) Proxy(wrap func(http.Handler) http.Handler) (*Proxy, error) {
	target, err := url.Parse(c.server)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	forward := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     c.client.Transport,
		FlushInterval: -1, // at once, for watches
	}
	p := &Proxy{cluster: c, address: listener.Addr().String(), server: &http.Server{Handler: wrap(forward)}}
	go func() { _ = p.server.ServeTLS(listener, c.path("api.crt"), c.path("api.key")) }()
	return p, nil
}

// Kubeconfig writes a user's kubeconfig that leads through the proxy and returns
// its path. Users are those of Cluster.Kubeconfig.
func (p *Proxy) Kubeconfig(user string) (string, error) {
	_, port, err := net.SplitHostPort(p.address)
	if err != nil {
		return "", err
	}
	path := fmt.Sprintf("%s-via-%s", p.cluster.Kubeconfig(user), port)
	return path, writeKubeconfig(path, "https://"+p.address, user, p.cluster.tokens[user], p.cluster.authority)
}

// Close ends the proxy and breaks its connections.
func (p *Proxy) Close() error {
	return p.server.Close()
}
