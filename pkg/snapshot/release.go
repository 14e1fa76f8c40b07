package snapshot

// Record says what stands behind a release's name.
type Record string

const (
	// Stored releases were decoded from Helm's own storage.
	Stored Record = "stored"
	// Recognised releases have no readable record; labels and annotations of live objects gave them away.
	Recognised Record = "recognised"
	// FromChart releases were rendered by this run from a chart and values.
	FromChart Record = "chart"
	// FromFiles releases were read as manifests.
	FromFiles Record = "files"
)

// Release is the unit of security: one Helm release of Airflow.
type Release struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Revision  int    `json:"revision,omitempty"` // Helm's, from 1; 0 where no record was read
	Status    string `json:"status,omitempty"`   // Helm's word: deployed, failed, pending-upgrade, …
	Record    Record `json:"record"`
	// ApplyMethod is "ssa" or "csa" where Helm 4 wrote the record, else empty.
	ApplyMethod string `json:"applyMethod,omitempty"`
	Chart       Chart  `json:"chart"`
	// Airflow is the Airflow chart, where Chart is another that brings it as a subchart.
	Airflow *Chart `json:"airflow,omitempty"`
	// Values are the user's own, with every text masked that could be a secret; of
	// a chart that brings the Airflow chart those in its values.yaml, too, as far
	// as Helm's record does not mix them with the Airflow chart's.
	Values map[string]any `json:"values,omitempty"`
	// Places are where the user's values stand in files, sorted by path; empty where they came from Helm's record.
	Places []Place `json:"places,omitempty"`
	// Layers are what hides beneath the values and holds a secret.
	Layers []Layer `json:"layers,omitempty"`
	// Unread are the paths of user values that no template of the chart reads.
	Unread []string `json:"unreadValues,omitempty"`
	// AsChart are the paths of user values that say what the chart says by itself; what lies below them does, too.
	AsChart []string `json:"asChart,omitempty"`
	// Replaced are keys of values files that do not count, in the order they stand in.
	Replaced []Replaced `json:"replaced,omitempty"`
	// Reference is the archive that the chart was held against; nil where none was given.
	Reference *Reference `json:"reference,omitempty"`
	// Manifest and Hooks are what the record says was installed; empty where no record was read.
	Manifest []Object `json:"manifest,omitempty"`
	Hooks    []Object `json:"hooks,omitempty"`
	// Past are the stored revisions, ascending, as far as they hold what this one's own values and objects do not.
	Past []Past `json:"past,omitempty"`
}

// Layer is one of the files that the values were made from, cut down to the
// texts with a secret in them that stands nowhere in the values, and to what
// names them. Entries of lists keep their places.
type Layer struct {
	// File is empty where Helm's record holds it.
	File string `json:"file,omitempty"`
	// Chart says that these are the chart's own values and count where the user
	// sets no others. What everybody knows is left out of them.
	Chart  bool           `json:"chart,omitempty"`
	Values map[string]any `json:"values"`
	// Places are where its texts stand in the file, sorted by path.
	Places []Place `json:"places,omitempty"`
}

// Gives says that the values hold something at a path, null included, or
// something that is no map above it: then what a chart says there does not count.
func (r *Release) Gives(path []string) bool {
	var node any = r.Values
	for _, key := range path {
		at, isMap := node.(map[string]any)
		if !isMap {
			return true
		}
		below, set := at[key]
		if !set {
			return false
		}
		node = below
	}
	return true
}

// Written is what somebody wrote into the chart's own values at a path; nil
// where nothing is, or where the values hold something in its place.
func (r *Release) Written(path []string) any {
	if r.Gives(path) {
		return nil
	}
	for _, layer := range r.Layers {
		var node any = layer.Values
		for _, key := range path {
			at, _ := node.(map[string]any)
			node = at[key]
		}
		if layer.Chart && node != nil {
			return node
		}
	}
	return nil
}

// Past is a revision of a release in Helm's storage.
type Past struct {
	Revision int    `json:"revision"`
	Status   string `json:"status,omitempty"`
	// Values are the user's values of then, masked, cut down to the texts with a
	// secret in them that stands nowhere in the revision that was read, and to
	// what names them. Entries of lists keep their places.
	Values map[string]any `json:"values,omitempty"`
	// Left is the same of what it keeps as its chart's values: an upgrade with
	// --reuse-values leaves the user's earlier ones there.
	Left map[string]any `json:"left,omitempty"`
	// Kept are the texts of the objects it installed whose secret stands nowhere
	// in the revision that was read and is in use to this day.
	Kept []Kept `json:"kept,omitempty"`
}

// Kept is one text of an object that an older revision installed, masked.
type Kept struct {
	Object Ref    `json:"object"`
	Path   string `json:"path"` // JSON pointer of the text in it
	Text   string `json:"text"`
}

// Chart is what a release's Chart.yaml says of itself.
type Chart struct {
	Name        string   `json:"name,omitempty"`
	Version     string   `json:"version,omitempty"`
	AppVersion  string   `json:"appVersion,omitempty"`
	Description string   `json:"description,omitempty"`
	Home        string   `json:"home,omitempty"`
	Sources     []string `json:"sources,omitempty"`
	// ValueKeys are the top-level keys of the chart's own values.yaml, sorted: what tells forks of one chart from the other.
	ValueKeys []string `json:"valueKeys,omitempty"`
}
