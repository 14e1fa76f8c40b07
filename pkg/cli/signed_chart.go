package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// chartIsGenuine is the rule that a comparison with an archive is for.
const chartIsGenuine = "AS708"

// signedChartFlags say which archive a release's chart is held against.
type signedChartFlags struct {
	archive string
	keyring string
	digest  string
}

func (f *signedChartFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.archive, "signed-chart", "", "Chart archive (.tgz) to compare the release's chart with, file by file (rule AS708); default is --chart where that is one")
	flags.StringVar(&f.keyring, "keyring", "", "Public keys, as gpg --export writes them, to verify the archive's .prov file with")
	flags.StringVar(&f.digest, "chart-digest", "", "SHA-256 that the archive must have, as sha256:… or in hex")
}

func (f *signedChartFlags) given() bool { return f.archive+f.keyring+f.digest != "" }

var digestForm = pattern.New(`^(sha256:)?[0-9a-fA-F]{64}$`)

// toArchive checks the flags; chart is what --chart names.
func (f *signedChartFlags) toArchive(chart string) (collect.Archive, error) {
	if !f.given() {
		return collect.Archive{}, nil
	}
	out := collect.Archive{Path: f.archive, Keyring: f.keyring, Digest: strings.TrimPrefix(f.digest, "sha256:")}
	if out.Path == "" {
		info, err := os.Stat(chart)
		if chart == "" || err == nil && info.IsDir() {
			return out, errors.New("--keyring and --chart-digest verify an archive: name it with --signed-chart, or with --chart")
		}
		out.Path = chart
	}
	switch {
	case out.Keyring == "" && out.Digest == "":
		return out, errors.New("--signed-chart needs --keyring or --chart-digest: nothing else says that the archive is genuine")
	case f.digest != "" && !digestForm.MatchString(f.digest):
		return out, fmt.Errorf("--chart-digest %q: a SHA-256 is 64 hexadecimal digits", f.digest)
	}
	return out, nil
}
