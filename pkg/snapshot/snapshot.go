package snapshot

import (
	"slices"
	"time"
)

// Version is the format of a saved snapshot.
const Version = "airflowsec.io/v1alpha1"

// Snapshot is everything one command reads about one release.
type Snapshot struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"` // always "Snapshot"
	// TakenAt is the time of reading, in UTC: rules that depend on a date use it, so a replay answers as the first run did.
	TakenAt time.Time `json:"takenAt"`
	Release Release   `json:"release"`
	// Objects are the live objects, or, without a cluster, the rendered ones (hooks included).
	Objects []Object `json:"objects"`
	// Around are objects outside the release that tell where things are: the
	// Services of the cluster's DNS, the Service kubernetes and its
	// EndpointSlices, and pods of the namespace that are not the release's, one
	// for each set of labels and without their containers. No rule judges them.
	Around []Object `json:"around,omitempty"`
	// ServerVersion is the API server's, as "v1.36.3"; empty where unknown.
	ServerVersion string `json:"serverVersion,omitempty"`
	// APIServers are the API server's own pods, where the cluster shows them.
	APIServers []APIServer `json:"apiServers,omitempty"`
	// Advisories are records about Airflow's flaws that the user gave; nil without.
	Advisories *Advisories `json:"advisories,omitempty"`
	// EndOfLife are tables of ends of life that the user gave; nil without.
	EndOfLife *EndOfLife `json:"endOfLife,omitempty"`
	// Scans are reports on images that the user gave.
	Scans []Scan `json:"scans,omitempty"`
	// Backups are what copies the namespace's volumes and databases, in order of their references.
	Backups []Backup `json:"backups,omitempty"`
	// Signatures are those on images that the user gave, each verified with a key when it was read.
	Signatures []Signature `json:"signatures,omitempty"`
	Coverage   []Coverage  `json:"coverage"`
}

// APIServer is one pod of the Kubernetes API server.
type APIServer struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Flags are the names of the flags it runs with that rules ask for, sorted; never their values.
	Flags []string `json:"flags,omitempty"`
}

// Offline says that the source was files or a chart, which can never hold what only a cluster knows.
func (s *Snapshot) Offline() bool {
	return s.Release.Record == FromChart || s.Release.Record == FromFiles
}

// OfKind are the objects of one kind, in order. NodeAgents are the DaemonSets
// outside the release's namespace; PolicyEngines are told by their API group,
// for some share a Kind's name with Kubernetes' own.
func (s *Snapshot) OfKind(kind Kind) []*Object {
	var out []*Object
	for i := range s.Objects {
		if s.isOf(&s.Objects[i], kind) {
			out = append(out, &s.Objects[i])
		}
	}
	return out
}

// Find is the object with this kind, namespace and name, or nil.
func (s *Snapshot) Find(kind Kind, namespace, name string) *Object {
	for i := range s.Objects {
		o := &s.Objects[i]
		if o.Name == name && o.Namespace == namespace && s.isOf(o, kind) {
			return o
		}
	}
	return nil
}

func (s *Snapshot) isOf(o *Object, kind Kind) bool {
	engine := slices.Contains(engineGroups, o.Group())
	switch kind {
	case PolicyEngines:
		return engine
	case NodeAgents:
		return Kind(o.Kind) == DaemonSet && o.Namespace != s.Release.Namespace
	}
	return Kind(o.Kind) == kind && !engine
}

// Sort puts objects and coverage into the one order every run uses.
func (s *Snapshot) Sort() {
	byRef := func(a, b Object) int { return a.Compare(b.Ref) }
	slices.SortStableFunc(s.Objects, byRef)
	slices.SortStableFunc(s.Around, byRef)
	slices.SortStableFunc(s.Release.Manifest, byRef)
	slices.SortStableFunc(s.Release.Hooks, byRef)
	slices.SortStableFunc(s.Coverage, func(a, b Coverage) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
}
