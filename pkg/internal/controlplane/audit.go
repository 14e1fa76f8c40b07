package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// auditPolicy logs each request of each user, Admin included, without bodies,
// but none of the control plane's own.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  users: [system:apiserver, ` + controllersUser + `, ` + schedulerUser + `, ` + kwokUser + `]
- level: None
  userGroups: ["system:serviceaccounts:kube-system"]
- level: Metadata
`

// Request is one request to the API server. Resource and what follows are empty
// for a path that is no resource (discovery, /version), and Path is empty for a
// resource.
type Request struct {
	Verb        string // get, list, watch, create …
	Group       string // "" is the core group
	Resource    string // plural; pods/log is Resource pods, Subresource log
	Subresource string
	Namespace   string // "" is cluster-wide
	Name        string
	Path        string // without the query
	Code        int    // HTTP status
}

// String is the request in words: "list secrets -n airflow → 403".
func (r Request) String() string {
	what := r.Path
	if r.Resource != "" {
		what = r.Resource
		if r.Group != "" {
			what += "." + r.Group
		}
		if r.Subresource != "" {
			what += "/" + r.Subresource
		}
		if r.Name != "" {
			what += " " + r.Name
		}
		if r.Namespace != "" {
			what += " -n " + r.Namespace
		}
	}
	return fmt.Sprintf("%s %s → %d", r.Verb, what, r.Code)
}

// auditEvent is the part of audit.k8s.io/v1 Event that Request is made from.
type auditEvent struct {
	AuditID, Stage, Verb, RequestURI string
	User                             struct{ Username string }
	ObjectRef                        *struct{ APIGroup, Resource, Subresource, Namespace, Name string }
	ResponseStatus                   struct{ Code int }
}

// AuditLog returns the path of the API server's audit log: one JSON event
// (audit.k8s.io/v1, level Metadata) a line, one or more events a request.
func (c *Cluster) AuditLog() string { return c.path("audit.log") }

// Requests returns what a user has asked the API server so far, in the order in
// which it came in, refused requests (403) included. It waits until all of them
// are answered; after five seconds the rest is an error beside the requests, as
// for a test that has stopped the API server in the midst of one.
func (c *Cluster) Requests(user string) ([]Request, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var requests []Request
	err := until(ctx, func(context.Context) (string, error) {
		text, err := os.ReadFile(c.AuditLog())
		if err != nil {
			return "", err
		}
		var open int
		requests, open, err = requestsOf(user, text)
		if open > 0 {
			return fmt.Sprintf("the answers to %d requests of %s", open, user), err
		}
		return "", err
	})
	return requests, err
}

// requestsOf reads an audit log. Open counts the requests without an answer.
func requestsOf(user string, log []byte) (requests []Request, open int, err error) {
	index := map[string]int{}
	log = log[:bytes.LastIndexByte(log, '\n')+1] // the last line may be half written
	for line := range bytes.Lines(log) {
		var e auditEvent
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, 0, fmt.Errorf("audit log: %w", err)
		}
		if e.User.Username != user {
			continue
		}
		at, seen := index[e.AuditID]
		if !seen {
			at = len(requests)
			index[e.AuditID] = at
			requests = append(requests, e.request())
		}
		requests[at].Code = e.ResponseStatus.Code
	}
	for _, r := range requests {
		if r.Code == 0 {
			open++
		}
	}
	return requests, open, nil
}

func (e auditEvent) request() Request {
	r := Request{Verb: e.Verb}
	if o := e.ObjectRef; o != nil {
		r.Group, r.Resource, r.Subresource, r.Namespace, r.Name = o.APIGroup, o.Resource, o.Subresource, o.Namespace, o.Name
		return r
	}
	r.Path, _, _ = strings.Cut(e.RequestURI, "?")
	return r
}
