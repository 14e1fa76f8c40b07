package collect

import (
	"context"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const (
	pageSize = 500
	// barePageSize is larger: such a page is small, and only the first one comes
	// from the API server's cache. Each further page makes it load whole objects
	// from etcd: for 2000 stored releases, seconds a page instead of a quarter in all.
	barePageSize = 5000
	// requestTimeout is for callers that set none: a hanging API server must become coverage.
	requestTimeout = 30 * time.Second
)

// reader asks one API server. But for dry runs it only ever gets and lists. Whole objects are
// decoded here, in one go: the dynamic client goes through the text three times.
type reader struct {
	raw  rest.Interface
	bare metadata.Interface
}

func newReader(from *rest.Config) (*reader, error) {
	config := rest.CopyConfig(from)
	config.QPS, config.RateLimiter = -1, nil
	// Warnings are about objects that are written; this program writes none.
	config.WarningHandler, config.WarningHandlerWithContext = rest.NoWarnings{}, nil
	if config.UserAgent == "" {
		config.UserAgent = "kubectl-airflowsec"
	}
	if config.Timeout == 0 {
		config.Timeout = requestTimeout
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig cannot be used: %w", err)
	}
	r := &reader{}
	if r.bare, err = metadata.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("the kubeconfig cannot be used: %w", err)
	}
	config = dynamic.ConfigFor(config)
	config.GroupVersion = &schema.GroupVersion{}
	if r.raw, err = rest.RESTClientForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("the kubeconfig cannot be used: %w", err)
	}
	return r, nil
}

// ask is a request for a resource, or for one object of it.
func (r *reader) ask(gvr schema.GroupVersionResource, namespace, name string) *rest.Request {
	path := []string{"/api", gvr.Version}
	if gvr.Group != "" {
		path = []string{"/apis", gvr.Group, gvr.Version}
	}
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	path = append(path, gvr.Resource)
	if name != "" {
		path = append(path, name)
	}
	return r.raw.Get().AbsPath(path...)
}

// answer is the body that answers a request. Unlike DoRaw it keeps what an error's body says.
func answer(ctx context.Context, request *rest.Request) ([]byte, error) {
	result := request.Do(ctx)
	if err := result.Error(); err != nil {
		return nil, err
	}
	return result.Raw()
}

// each lists a resource page by page and hands over each object's content.
func (r *reader) each(ctx context.Context, gvr schema.GroupVersionResource, namespace string, opts metav1.ListOptions, use func(map[string]any)) error {
	opts.Limit = pageSize
	return pages(opts, func(opts metav1.ListOptions) (string, error) {
		var list struct {
			Kind     string           `json:"kind"`
			Metadata metav1.ListMeta  `json:"metadata"`
			Items    []map[string]any `json:"items"`
		}
		text, err := answer(ctx, r.ask(gvr, namespace, "").VersionedParams(&opts, metav1.ParameterCodec))
		if err != nil {
			return "", err
		}
		if utiljson.Unmarshal(text, &list) != nil {
			return "", plain("the API server sent a list that is not JSON")
		}
		for _, content := range list.Items {
			if content["kind"] == nil { // in lists, built-in kinds leave it to the list
				content["apiVersion"], content["kind"] = gvr.GroupVersion().String(), strings.TrimSuffix(list.Kind, "List")
			}
			use(content)
		}
		return list.Metadata.Continue, nil
	})
}

// eachBare is each with nothing but metadata, in protobuf.
func (r *reader) eachBare(ctx context.Context, gvr schema.GroupVersionResource, namespace string, opts metav1.ListOptions, use func(*metav1.PartialObjectMetadata)) error {
	opts.Limit = barePageSize
	return pages(opts, func(opts metav1.ListOptions) (string, error) {
		list, err := r.bare.Resource(gvr).Namespace(namespace).List(ctx, opts)
		if err != nil {
			return "", err
		}
		for i := range list.Items {
			use(&list.Items[i])
		}
		return list.GetContinue(), nil
	})
}

// pages follows the continue token. Where the token has expired, the server
// offers another that goes on from now; where it does not, the error stands.
func pages(opts metav1.ListOptions, page func(metav1.ListOptions) (string, error)) error {
	for {
		next, err := page(opts)
		if err != nil && opts.Continue != "" && apierrors.IsResourceExpired(err) {
			if next = freshToken(err); next != "" {
				err = nil
			}
		}
		if err != nil || next == "" {
			return err
		}
		opts.Continue = next
	}
}

// freshToken is the token a 410 answer carries: the rest of the list as it is
// now. An object may then be seen twice or be newer than its neighbours, which
// is no worse here than reading a moment later.
func freshToken(err error) string {
	status, ok := err.(apierrors.APIStatus)
	if !ok {
		return ""
	}
	return status.Status().Continue
}

// get reads one object.
func (r *reader) get(ctx context.Context, gvr schema.GroupVersionResource, namespace, name string) (map[string]any, error) {
	text, err := answer(ctx, r.ask(gvr, namespace, name))
	if err != nil {
		return nil, err
	}
	content := map[string]any{}
	if utiljson.Unmarshal(text, &content) != nil {
		return nil, plain("the API server sent an object that is not JSON")
	}
	return content, nil
}
