package collect

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Rehearse asks the API server, object by object, whether it would take a
// server-side apply under the caller's rights, all admission included. It
// changes nothing: every request says dryRun=All. Force takes fields over from
// other managers. It fails only where no request was answered at all.
func (c *Cluster) Rehearse(ctx context.Context, objects []map[string]any, force bool) (_ []snapshot.Admission, err error) {
	return c.rehearse(ctx, objects, func(ref snapshot.Ref) *rest.Request {
		return c.reader.at(c.reader.raw.Patch(types.ApplyYAMLPatchType), ref, ref.Name).
			Param("fieldManager", snapshot.PlanManager).Param("force", strconv.FormatBool(force))
	}, "apply")
}

// RehearsePods asks the same of pods, as templates would make them.
func (c *Cluster) RehearsePods(ctx context.Context, pods []map[string]any) (_ []snapshot.Admission, err error) {
	return c.rehearse(ctx, pods, func(ref snapshot.Ref) *rest.Request {
		return c.reader.at(c.reader.raw.Post(), ref, "").Param("fieldManager", snapshot.PlanManager)
	}, "pod")
}

func (c *Cluster) rehearse(ctx context.Context, objects []map[string]any, request func(snapshot.Ref) *rest.Request, trial string) ([]snapshot.Admission, error) {
	if err := c.start(); err != nil {
		return nil, err
	}
	var out []snapshot.Admission
	var unanswered error
	for _, content := range objects {
		o, err := newObject(content, snapshot.Rendered, "")
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		result := request(o.Ref).Param("dryRun", "All").SetHeader("Accept", "application/json").Body(body).Do(quiet(ctx))
		a := admissionOf(o.Ref, result)
		a.Trial = trial
		if !a.Asked && !apierrors.IsForbidden(result.Error()) {
			unanswered = plain("a dry run of %s: %s", o.Ref, a.Message)
		}
		out = append(out, a)
	}
	for _, a := range out {
		if a.Asked {
			return out, nil
		}
	}
	return out, unanswered
}

// at is a request for an object, or for the list it belongs to.
func (r *reader) at(request *rest.Request, ref snapshot.Ref, name string) *rest.Request {
	gv, _ := schema.ParseGroupVersion(ref.APIVersion)
	gvr, _ := meta.UnsafeGuessKindToResource(gv.WithKind(ref.Kind))
	return request.AbsPath(r.ask(gvr, ref.Namespace, name).URL().Path)
}

// admissionOf tells the server's refusal of the object from a refusal of the question.
func admissionOf(ref snapshot.Ref, result rest.Result) snapshot.Admission {
	a := snapshot.Admission{Ref: ref}
	for _, w := range result.Warnings() {
		a.Warnings = append(a.Warnings, fit(w.Text))
	}
	err := result.Error()
	var status apierrors.APIStatus
	switch {
	case err == nil:
		a.Asked, a.Accepted = true, true
	case apierrors.IsForbidden(err) && isAuthorization(err):
		a.Message = "this user may not ask: " + fit(err.Error())
	case errors.As(err, &status) && status.Status().Code >= 400 && status.Status().Code < 500 && !apierrors.IsUnauthorized(err) && !apierrors.IsTooManyRequests(err):
		a.Asked, a.Message = true, fit(status.Status().Message)
	default:
		a.Message = failure(err)
	}
	return a
}

// isAuthorization tells missing rights from a refusal by admission, which are both 403.
// Source: the API server's responsewriters.ForbiddenStatusError names the user.
func isAuthorization(err error) bool {
	return strings.Contains(err.Error(), "User \"") && strings.Contains(err.Error(), "cannot ")
}

// maxMessage bounds what is shown of a server's words.
const maxMessage = 2000

// fit keeps a server's words printable, short and free of masked values.
func fit(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, snapshot.Redact(text))
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + " …"
	}
	return text
}
