package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// coverageOf says what one answer of the API server means for what is known.
// The reason is made of our own words: a server's message can hold anything.
func coverageOf(kind snapshot.Kind, what string, err error) snapshot.Coverage {
	c := snapshot.Coverage{Kind: kind, State: snapshot.NotCollected}
	switch {
	case err == nil:
		c.State = snapshot.Read
	case apierrors.IsForbidden(err):
		c.State, c.Reason = snapshot.Forbidden, "this user may not "+what
	default:
		c.Reason = what + ": " + failure(err)
	}
	return c
}

// failure is why a request got no useful answer, in words that hold no part of any answer.
func failure(err error) string {
	var known *plainError
	var status apierrors.APIStatus
	var netErr net.Error
	switch {
	case errors.As(err, &known):
		return known.text
	case apierrors.IsUnauthorized(err):
		return "the API server does not accept the credentials"
	case apierrors.IsForbidden(err):
		return "forbidden"
	case apierrors.IsNotFound(err):
		return "the API server does not have it"
	case apierrors.IsResourceExpired(err), apierrors.IsGone(err):
		return "the list changed while it was read"
	case apierrors.IsTooManyRequests(err):
		return "the API server is overloaded (429)"
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return "the API server did not answer in time"
	case errors.As(err, &status) && status.Status().Code >= 500:
		return fmt.Sprintf("the API server failed (%d)", status.Status().Code)
	case errors.As(err, &status) && status.Status().Code >= 400:
		return fmt.Sprintf("the API server refused the request (%d)", status.Status().Code)
	case utilnet.IsConnectionRefused(err):
		return "the API server cannot be reached (connection refused)"
	case utilnet.IsConnectionReset(err), utilnet.IsProbableEOF(err), utilnet.IsHTTP2ConnectionLost(err):
		return "the connection to the API server was lost"
	case errors.As(err, &netErr), strings.Contains(err.Error(), "dial "), strings.Contains(err.Error(), "x509"):
		return "the API server cannot be reached: " + innermost(err)
	}
	return "the answer could not be understood"
}

// innermost is the cause of a connection that did not come about: a host name or a certificate, never a body.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// plainError is an error whose text is known to be fit for people.
type plainError struct{ text string }

func (e *plainError) Error() string { return e.text }

func plain(format string, args ...any) error { return &plainError{fmt.Sprintf(format, args...)} }

// aroundKinds say nothing of a release by themselves.
var aroundKinds = []snapshot.Kind{snapshot.ServerVersion, snapshot.ClusterServices, snapshot.APIServers}

// nothingRead fails where no request was answered, and says why, once for each cause.
func nothingRead(coverage map[snapshot.Kind]snapshot.Coverage) error {
	var reasons []string
	for kind, c := range coverage {
		if c.State == snapshot.Read && !slices.Contains(aroundKinds, kind) {
			return nil
		}
		for _, reason := range strings.Split(c.Reason, "; ") {
			if _, why, found := strings.Cut(reason, ": "); found {
				reason = why
			}
			reasons = append(reasons, reason)
		}
	}
	slices.Sort(reasons)
	reasons = slices.DeleteFunc(slices.Compact(reasons), func(s string) bool { return s == "" })
	return errors.New("nothing could be read: " + strings.Join(reasons, "; "))
}

// severity orders states by how much they leave unknown.
var severity = []snapshot.State{snapshot.Unserved, snapshot.Read, snapshot.NotCollected, snapshot.Forbidden}

// merge notes one more answer about a kind that several requests read: the worst counts, and all reasons stay.
func merge(into map[snapshot.Kind]snapshot.Coverage, c snapshot.Coverage) {
	old, known := into[c.Kind]
	if !known {
		into[c.Kind] = c
		return
	}
	if slices.Index(severity, c.State) > slices.Index(severity, old.State) {
		old.State = c.State
	}
	reasons := slices.DeleteFunc([]string{old.Reason, c.Reason}, func(s string) bool { return s == "" })
	if len(reasons) == 2 && (reasons[0] == reasons[1] || strings.Contains(reasons[0], reasons[1])) {
		reasons = reasons[:1]
	}
	old.Reason = strings.Join(reasons, "; ")
	into[c.Kind] = old
}
