package collect

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Cluster reads one cluster. It never writes to it. It may be used by several
// goroutines; what is the same for all releases is read once.
type Cluster struct {
	Config *rest.Config
	// Driver is HELM_DRIVER: secret(s), configmap(s), or empty for both, Secrets first.
	Driver string
	// History says that the other revisions of a release are read, too.
	History bool
	// Progress is told what is being read, Warn what the user should know; nil tells nobody.
	Progress, Warn func(string)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Held is an archive to hold the releases' charts against; none where its path is empty.
	Held Archive

	once   sync.Once
	reader *reader
	places []storage
	failed error
	shared shared
	// genuine is the archive that Held names, read when the first release asks.
	genuine func() (*genuine, error)
}

// Found is one Airflow release that a cluster holds.
type Found struct {
	Name      string
	Namespace string
	// Revision is the one that counts: the deployed one, else the newest. 0 without a record.
	Revision int
	// Revisions are all stored ones, ascending.
	Revisions []int
	Status    string // Helm's word; empty without a record
	// Chart is what the live objects' labels tell (name and version), or all of it where the record had to be opened.
	Chart  snapshot.Chart
	Record snapshot.Record // Stored or Recognised

	stored *stored
	// unread says why there is no record.
	unread snapshot.Coverage
}

// Releases finds the Airflow releases of a namespace, or of all where it is
// empty, sorted by namespace and name. It opens no record that it need not.
// The coverage says what could not be searched. It fails only where nothing could.
func (c *Cluster) Releases(ctx context.Context, namespace string) (found []Found, coverage []snapshot.Coverage, err error) {
	defer guard("looking for releases", &err)
	s, err := c.search(ctx, namespace)
	if err != nil {
		return nil, nil, err
	}
	return s.found, s.listCoverage(), nil
}

// Read reads everything about one release. Revision 0 means the one that
// counts; another one is judged as its record says, among today's live surroundings.
func (c *Cluster) Read(ctx context.Context, found Found, revision int) (s *snapshot.Snapshot, err error) {
	defer guard("reading release "+found.Name, &err)
	if err := c.start(); err != nil {
		return nil, err
	}
	tell(c.Progress, "reading release "+found.Name+" in namespace "+found.Namespace)
	c.warnAbout(found, revision)
	return c.read(quiet(ctx), found, revision)
}

// warnAbout tells that live objects may be ahead of the revision that counts.
func (c *Cluster) warnAbout(found Found, revision int) {
	if found.stored == nil || revision != 0 {
		return
	}
	if newest := found.stored.newest(); newest.number != found.Revision {
		tell(c.Warn, fmt.Sprintf("release %s in namespace %s: revision %d is %s; revision %d, which is %s, is the one that counts",
			found.Name, found.Namespace, newest.number, newest.status, found.Revision, found.Status))
	}
}

func (c *Cluster) start() error {
	c.once.Do(func() {
		c.genuine = sync.OnceValues(c.Held.open)
		if c.places, c.failed = storagesOf(c.Driver); c.failed == nil {
			c.reader, c.failed = newReader(c.Config)
		}
	})
	return c.failed
}

func (c *Cluster) now() time.Time {
	if c.Now == nil {
		return time.Now().UTC()
	}
	return c.Now().UTC()
}

func tell(listener func(string), text string) {
	if listener != nil {
		listener(text)
	}
}
