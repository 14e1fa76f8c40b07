package collect

import (
	"errors"
	"fmt"
	"io"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"sigs.k8s.io/yaml"
)

// WriteSnapshot writes a snapshot as YAML, always the same bytes for the same snapshot.
func WriteSnapshot(w io.Writer, s *snapshot.Snapshot) error {
	text, err := yaml.Marshal(s)
	if err != nil {
		return fmt.Errorf("the snapshot cannot be written: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// ReadSnapshot reads what WriteSnapshot wrote; name stands for the source in errors.
func ReadSnapshot(r io.Reader, name string) (*snapshot.Snapshot, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	s := &snapshot.Snapshot{}
	if yaml.UnmarshalStrict(text, s) != nil {
		return nil, errors.New(name + " is not a snapshot")
	}
	if s.APIVersion != snapshot.Version || s.Kind != "Snapshot" {
		return nil, fmt.Errorf("%s is not a snapshot of %s", name, snapshot.Version)
	}
	return s, nil
}
