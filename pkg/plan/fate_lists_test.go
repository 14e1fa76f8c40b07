package plan

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	apischema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/structured-merge-diff/v6/schema"
)

// changed are the kinds that plans change.
var changed = []string{
	"apps/v1 Deployment", "apps/v1 StatefulSet", "apps/v1 DaemonSet", "batch/v1 CronJob", "v1 ServiceAccount", "v1 Namespace",
	"rbac.authorization.k8s.io/v1 Role", "rbac.authorization.k8s.io/v1 RoleBinding", "rbac.authorization.k8s.io/v1 ClusterRole",
	"rbac.authorization.k8s.io/v1 ClusterRoleBinding", "networking.k8s.io/v1 NetworkPolicy",
}

// TestListsAreThoseOfTheAPI walks the Go types of every kind that plans change,
// and the schema that server-side apply goes by, and holds the tables to both.
func TestListsAreThoseOfTheAPI(t *testing.T) {
	converter := applyconfigurations.NewTypeConverter(scheme.Scheme)
	seen := 0
	for _, each := range changed {
		apiVersion, kind, _ := strings.Cut(each, " ")
		typed, err := scheme.Scheme.New(apischema.FromAPIVersionAndKind(apiVersion, kind))
		if err != nil {
			t.Fatal(err)
		}
		w := walk{T: t, kind: kind, seen: map[any]bool{}}
		w.fields(reflect.TypeOf(typed).Elem())
		value, err := converter.ObjectToTyped(&unstructured.Unstructured{Object: map[string]any{"apiVersion": apiVersion, "kind": kind}})
		if err != nil {
			t.Fatal(err)
		}
		w.schema = value.Schema()
		w.atom("", value.TypeRef())
		seen += len(w.seen)
	}
	if seen < 200 {
		t.Errorf("only %d types seen", seen)
	}
}

// unplanned are lists that no plan and no chart sets and that the tables leave
// out: those of a namespace's spec and of mounts.
var unplanned = []string{"finalizers", "bindMountOptions"}

type walk struct {
	*testing.T
	kind   string
	schema *schema.Schema
	seen   map[any]bool
}

// fields compares the tags of a structure's lists.
func (w walk) fields(in reflect.Type) {
	for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice || in.Kind() == reflect.Map {
		in = in.Elem()
	}
	if in.Kind() != reflect.Struct || w.seen[in] {
		return
	}
	w.seen[in] = true
	for i := range in.NumField() {
		f := in.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "status" || name == "managedFields" {
			continue
		}
		strategies := strings.Split(f.Tag.Get("patchStrategy"), ",")
		if f.Type.Kind() == reflect.Slice {
			w.tags(in.Name()+"."+name, name, f.Tag.Get("patchMergeKey"), strategies)
		} else if retains := slices.Contains(strategies, "retainKeys"); retains != (name == "strategy" && f.Type.Kind() == reflect.Struct) {
			w.Errorf("%s: %s.%s keeps only what the manifest says: %v", w.kind, in.Name(), name, retains)
		}
		w.fields(f.Type)
	}
}

func (w walk) tags(where, name, key string, strategies []string) {
	var want []string
	if merges := slices.Contains(strategies, "merge"); merges && key != "" {
		want = []string{key}
	} else if merges != slices.Contains(joined, name) && !(w.kind == "Namespace" && !merges) {
		w.Errorf("%s: %s is joined: %v", w.kind, where, merges)
	}
	if got := mergeKeys(w.kind, name); !slices.Equal(got, want) {
		w.Errorf("%s: the entries of %s are told apart by %q, not %q", w.kind, where, want, got)
	}
	l := keyed(w.kind, name)
	if retains := slices.Contains(strategies, "retainKeys"); retains != (l != nil && l.retains) && where != "JobSchedulingConfiguration.resourceClaims" {
		w.Errorf("%s: %s keeps only what the manifest says: %v", w.kind, where, retains)
	}
}

// atom compares the schema of a value under a field.
func (w walk) atom(field string, ref schema.TypeRef) {
	if ref.NamedType != nil && strings.HasPrefix(*ref.NamedType, "__untyped") { // anything at all
		return
	}
	at, found := w.schema.Resolve(ref)
	if !found {
		w.Fatalf("%s: no schema for %s", w.kind, field)
	}
	if at.List != nil {
		var want []string
		if at.List.ElementRelationship == schema.Associative {
			want = at.List.Keys
		}
		if got := applyKeys(w.kind, field); !slices.Equal(got, want) {
			w.Errorf("%s: server-side apply tells the entries of %s apart by %q, not %q", w.kind, field, want, got)
		}
		if set := at.List.ElementRelationship == schema.Associative && len(at.List.Keys) == 0; set != slices.Contains(joined, field) && !slices.Contains(unplanned, field) {
			w.Errorf("%s: %s is a set: %v", w.kind, field, set)
		}
		if want != nil {
			w.atom("", at.List.ElementType)
		}
		return
	}
	if at.Map == nil {
		return
	}
	if atomic := at.Map.ElementRelationship == schema.Atomic; field != "" && atomic != slices.Contains(wholeMaps, field) {
		w.Errorf("%s: server-side apply replaces %s whole: %v", w.kind, field, atomic)
	}
	if at.Map.ElementRelationship == schema.Atomic {
		return
	}
	if ref.NamedType != nil {
		if w.seen[*ref.NamedType] {
			return
		}
		w.seen[*ref.NamedType] = true
	}
	for _, f := range at.Map.Fields {
		if f.Name != "status" && f.Name != "managedFields" {
			w.atom(f.Name, f.Type)
		}
	}
	if len(at.Map.Fields) == 0 && at.Map.ElementType != (schema.TypeRef{}) {
		w.atom("", at.Map.ElementType)
	}
}
