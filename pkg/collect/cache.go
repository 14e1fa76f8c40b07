package collect

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// cache keeps masked results of rendering on disk: a chart may take seconds.
// An entry holds a sealed snapshot, so no secret. Its name is a digest keyed
// with a random file beside it, so that a copied name gives no password away.
// Whatever goes wrong with it, the chart is simply rendered again.
type cache struct {
	dir, file string // both empty: no cache
}

// maxCached is how many results are kept; the oldest go first.
const maxCached = 32

// newCache finds the entry for one chart, values, names and capabilities as read by this very program.
func newCache(c Chart, ch *chart.Chart, gave *userGave, kubernetes string) cache {
	if c.CacheDir == "" || os.MkdirAll(c.CacheDir, 0o700) != nil {
		return cache{}
	}
	key, err := cacheKey(filepath.Join(c.CacheDir, "key"))
	said, jsonErr := gave.text()
	if err != nil || jsonErr != nil {
		return cache{}
	}
	mac := hmac.New(sha256.New, key)
	for _, text := range []string{program(), c.Path, c.Release, c.Namespace, kubernetes, c.KubeVersion, string(said)} {
		addText(mac, []byte(text))
	}
	addChart(mac, ch)
	return cache{dir: c.CacheDir, file: filepath.Join(c.CacheDir, "render-"+hex.EncodeToString(mac.Sum(nil)[:16])+".json")}
}

// text is all that the user gave, in words that only it has.
func (g *userGave) text() ([]byte, error) {
	said := []any{g.values}
	for _, each := range g.layers {
		said = append(said, each.file, each.values, each.places())
	}
	return json.Marshal(said)
}

// addText adds a text with its length, so that two texts never read as two others.
func addText(mac hash.Hash, text []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(text)))
	mac.Write(size[:])
	mac.Write(text)
}

func addChart(mac hash.Hash, ch *chart.Chart) {
	raw := slices.Clone(ch.Raw)
	slices.SortFunc(raw, func(a, b *chart.File) int { return cmp.Compare(a.Name, b.Name) })
	for _, file := range raw {
		addText(mac, []byte(file.Name))
		addText(mac, file.Data)
	}
	dependencies := slices.Clone(ch.Dependencies())
	slices.SortFunc(dependencies, func(a, b *chart.Chart) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, sub := range dependencies {
		addChart(mac, sub)
	}
}

// program tells builds of this program apart: another build may mask otherwise.
func program() string {
	name, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(name)
	if err != nil {
		return ""
	}
	return info.ModTime().UTC().Format(time.RFC3339Nano) + " " + name
}

// cacheKey is the random key of a cache directory, made on first use.
func cacheKey(name string) ([]byte, error) {
	if key, err := os.ReadFile(name); err == nil && len(key) == 32 {
		return key, nil
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, writeWhole(name, key)
}

// read is the snapshot of an earlier run as taken now, or nil.
func (c cache) read(now time.Time) *snapshot.Snapshot {
	if c.file == "" {
		return nil
	}
	text, err := os.ReadFile(c.file)
	if err != nil {
		return nil
	}
	s, err := decodeSnapshot(text, c.file)
	if err != nil {
		return nil
	}
	s.TakenAt = newSnapshot("", "", "", now).TakenAt
	return s
}

func (c cache) write(s *snapshot.Snapshot) {
	if c.file == "" {
		return
	}
	if text, err := json.Marshal(s); err == nil && writeWhole(c.file, text) == nil {
		c.prune()
	}
}

// writeWhole writes a file that only its owner may read, all of it or nothing.
func writeWhole(name string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// prune removes the oldest results above maxCached.
func (c cache) prune() {
	names, err := filepath.Glob(filepath.Join(c.dir, "render-*.json"))
	if err != nil || len(names) <= maxCached {
		return
	}
	age := map[string]time.Time{}
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			age[name] = info.ModTime()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(age[a].Compare(age[b]), cmp.Compare(a, b)) })
	for _, name := range names[:len(names)-maxCached] {
		os.Remove(name)
	}
}
