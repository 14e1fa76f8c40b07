package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Every error here holds a word that no coverage may show.
const canary = "canary-3f9a"

func TestCoverageOfSaysWhyInItsOwnWords(t *testing.T) {
	secrets := schema.GroupResource{Resource: "secrets"}
	dial := &url.Error{Op: "Get", URL: "https://x/api?token=" + canary, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	lookup := &url.Error{Op: "Get", URL: "https://x/" + canary, Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "api.example"}}}
	for _, test := range []struct {
		err    error
		state  snapshot.State
		reason string
	}{
		{nil, snapshot.Read, ""},
		{apierrors.NewForbidden(secrets, "", errors.New(canary)), snapshot.Forbidden, "this user may not list secrets"},
		{apierrors.NewNotFound(secrets, canary), snapshot.NotCollected, "list secrets: the API server does not have it"},
		{apierrors.NewUnauthorized(canary), snapshot.NotCollected, "list secrets: the API server does not accept the credentials"},
		{apierrors.NewTooManyRequests(canary, 1), snapshot.NotCollected, "list secrets: the API server is overloaded (429)"},
		{apierrors.NewServerTimeout(secrets, canary, 1), snapshot.NotCollected, "list secrets: the API server did not answer in time"},
		{context.DeadlineExceeded, snapshot.NotCollected, "list secrets: the API server did not answer in time"},
		{apierrors.NewInternalError(errors.New(canary)), snapshot.NotCollected, "list secrets: the API server failed (500)"},
		{apierrors.NewGenericServerResponse(http.StatusBadGateway, "get", secrets, "", canary, 0, true), snapshot.NotCollected, "list secrets: the API server failed (502)"},
		{apierrors.NewBadRequest(canary), snapshot.NotCollected, "list secrets: the API server refused the request (400)"},
		{apierrors.NewResourceExpired(canary), snapshot.NotCollected, "list secrets: the list changed while it was read"},
		{dial, snapshot.NotCollected, "list secrets: the API server cannot be reached (connection refused)"},
		{lookup, snapshot.NotCollected, "list secrets: the API server cannot be reached: lookup api.example: no such host"},
		{fmt.Errorf("read: %w", syscall.ECONNRESET), snapshot.NotCollected, "list secrets: the connection to the API server was lost"},
		{errors.New("unexpected " + canary), snapshot.NotCollected, "list secrets: the answer could not be understood"},
		{plain("x is truncated"), snapshot.NotCollected, "list secrets: x is truncated"},
	} {
		got := coverageOf(snapshot.Secret, "list secrets", test.err)
		if got.State != test.state || got.Reason != test.reason || got.Kind != snapshot.Secret {
			t.Errorf("%v: got %+v, want %s %q", test.err, got, test.state, test.reason)
		}
		if strings.Contains(got.Reason, canary) {
			t.Errorf("the reason shows what the server said: %s", got.Reason)
		}
	}
}

func TestMergeKeepsTheWorst(t *testing.T) {
	all := map[snapshot.Kind]snapshot.Coverage{}
	add := func(state snapshot.State, reason string) snapshot.Coverage {
		merge(all, snapshot.Coverage{Kind: snapshot.PolicyEngines, State: state, Reason: reason})
		return all[snapshot.PolicyEngines]
	}
	for _, step := range []struct {
		state  snapshot.State
		reason string
		want   snapshot.Coverage
	}{
		{snapshot.Unserved, "", snapshot.Coverage{State: snapshot.Unserved}},
		{snapshot.Read, "", snapshot.Coverage{State: snapshot.Read}},
		{snapshot.Unserved, "", snapshot.Coverage{State: snapshot.Read}},
		{snapshot.NotCollected, "slow", snapshot.Coverage{State: snapshot.NotCollected, Reason: "slow"}},
		{snapshot.Forbidden, "no", snapshot.Coverage{State: snapshot.Forbidden, Reason: "slow; no"}},
		{snapshot.NotCollected, "slow", snapshot.Coverage{State: snapshot.Forbidden, Reason: "slow; no"}},
	} {
		step.want.Kind = snapshot.PolicyEngines
		if got := add(step.state, step.reason); got != step.want {
			t.Errorf("after %s: got %+v, want %+v", step.state, got, step.want)
		}
	}
}

func TestNothingReadNamesEachCauseOnce(t *testing.T) {
	all := map[snapshot.Kind]snapshot.Coverage{
		snapshot.Pod:           {Kind: snapshot.Pod, State: snapshot.NotCollected, Reason: "list pods: the API server failed (500)"},
		snapshot.Secret:        {Kind: snapshot.Secret, State: snapshot.NotCollected, Reason: "list secrets: the API server failed (500)"},
		snapshot.Route:         {Kind: snapshot.Route, State: snapshot.Unserved},
		snapshot.ServerVersion: {Kind: snapshot.ServerVersion, State: snapshot.Read},
	}
	if err := nothingRead(all); err == nil || err.Error() != "nothing could be read: the API server failed (500)" {
		t.Errorf("got %v", err)
	}
	all[snapshot.Service] = snapshot.Coverage{Kind: snapshot.Service, State: snapshot.Read}
	if err := nothingRead(all); err != nil {
		t.Errorf("something was read, got %v", err)
	}
}
