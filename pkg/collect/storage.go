package collect

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Helm's storage, as Helm 3 and Helm 4 write it: one Secret or ConfigMap for
// each revision, named sh.helm.release.v1.NAME.vREVISION.
// Source: helm.sh/helm/v3/pkg/storage/driver, and the same package of v4.
const (
	recordType     = "helm.sh/release.v1"
	recordPrefix   = "sh.helm.release.v1."
	recordSelector = "owner=helm"
)

// drivers are the values of HELM_DRIVER and the places they mean.
var drivers = map[string][]storage{
	"":           {inSecrets, inConfigMaps},
	"secret":     {inSecrets},
	"secrets":    {inSecrets},
	"configmap":  {inConfigMaps},
	"configmaps": {inConfigMaps},
}

// storage is one place where Helm keeps releases.
type storage struct {
	resource string
	fields   string
	encoded  bool // the API itself adds a base64 layer
}

var (
	inSecrets    = storage{resource: "secrets", fields: "type=" + recordType, encoded: true}
	inConfigMaps = storage{resource: "configmaps"}
)

func (s storage) gvr() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: s.resource}
}

// storagesOf are where this run looks for releases.
func storagesOf(driver string) ([]storage, error) {
	found, known := drivers[driver]
	switch {
	case known:
		return found, nil
	case driver == "sql":
		return nil, errors.New("HELM_DRIVER=sql: releases kept in a database cannot be read; use --from, -f or --chart")
	}
	return nil, fmt.Errorf("HELM_DRIVER=%q is not a storage that can be read: use secret or configmap", driver)
}

// stored are the revisions of one release in Helm's storage, without their bodies.
type stored struct {
	place     storage
	namespace string // of the storage: under Flux not always the release's
	name      string
	revisions []revision // ascending
}

type revision struct {
	number int
	status string
}

// current is the deployed revision, else the newest.
func (s *stored) current() revision {
	for _, r := range slices.Backward(s.revisions) {
		if r.status == "deployed" {
			return r
		}
	}
	return s.newest()
}

func (s *stored) newest() revision { return s.revisions[len(s.revisions)-1] }

// gone says that Helm has removed the release and kept only its history.
func (s *stored) gone() bool { return s.current().status == "uninstalled" }

func (s *stored) numbers() []int {
	var out []int
	for _, r := range s.revisions {
		out = append(out, r.number)
	}
	return out
}

// records lists the releases in one place; their bodies stay on the server.
func (r *reader) records(ctx context.Context, place storage, namespace, name string) ([]*stored, error) {
	selector := recordSelector
	if name != "" {
		selector += ",name=" + name
	}
	byName := map[string]*stored{}
	err := r.eachBare(ctx, place.gvr(), namespace, metav1.ListOptions{LabelSelector: selector, FieldSelector: place.fields}, func(m *metav1.PartialObjectMetadata) {
		name, number, ok := recordName(m.Name)
		if !ok {
			return
		}
		key := m.Namespace + "/" + name
		if byName[key] == nil {
			byName[key] = &stored{place: place, namespace: m.Namespace, name: name}
		}
		byName[key].revisions = append(byName[key].revisions, revision{number, m.Labels["status"]})
	})
	if err != nil {
		return nil, err
	}
	var out []*stored
	for _, s := range byName {
		slices.SortFunc(s.revisions, func(a, b revision) int { return a.number - b.number })
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *stored) int {
		return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name)
	})
	return out, nil
}

// recordName takes sh.helm.release.v1.NAME.vREVISION apart.
func recordName(object string) (name string, number int, ok bool) {
	rest, ok := strings.CutPrefix(object, recordPrefix)
	at := strings.LastIndex(rest, ".v")
	if !ok || at < 1 {
		return "", 0, false
	}
	number, err := strconv.Atoi(rest[at+2:])
	return rest[:at], number, err == nil && number > 0
}

// body fetches and decodes one revision. A list narrowed to one name is used
// instead of a get, so that the plugin needs no verb but list on Secrets.
func (r *reader) body(ctx context.Context, s *stored, number int) (*record, error) {
	object := fmt.Sprintf("%s%s.v%d", recordPrefix, s.name, number)
	var list struct {
		Items []struct {
			Data struct {
				Release string `json:"release"`
			} `json:"data"`
		} `json:"items"`
	}
	// The body is gzip already: packing it once more costs both sides more than it saves.
	request := r.ask(s.place.gvr(), s.namespace, "").Param("fieldSelector", "metadata.name="+object)
	body, err := answer(ctx, request.SetHeader("Accept-Encoding", "identity"))
	switch {
	case err != nil:
		return nil, err
	case json.Unmarshal(body, &list) != nil:
		return nil, plain("the API server sent a list that is not JSON")
	case len(list.Items) != 1:
		return nil, plain("%s in namespace %s does not exist", object, s.namespace)
	}
	text := list.Items[0].Data.Release
	if s.place.encoded {
		outer, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, plain("%s in namespace %s is not base64", object, s.namespace)
		}
		text = string(outer)
	}
	rec, err := decode(text, s.name, number)
	if err != nil {
		return nil, plain("%s in namespace %s %s", object, s.namespace, err)
	}
	return rec, nil
}
