package airflow

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// exactForm is what Apache puts into tags: numbers and, for what is not yet
// final, a pre-release with its number. What follows is about the image: its
// Python, a build, a company's own mark.
var exactForm = pattern.New(`^v?(\d+(?:\.\d+){1,2})((?:a|b|[-.]?rc)\d+)?(\.?dev\d+)?(?:$|[-+_.])`)

// ImageVersion is the Airflow version in an image's tag, a pre-release included:
// apache/airflow:slim-3.2.0rc1-python3.12 gives 3.2.0rc1. It is empty where no
// tag of an Airflow image tells.
func ImageVersion(image string) string {
	if imageVersion(image) == "" {
		return ""
	}
	_, tag := splitImage(image)
	return ExactVersion(strings.TrimPrefix(strings.TrimPrefix(tag, "slim-"), "airflow-"))
}

// ExactVersion is the version that a text of this form begins with; empty where it is no version of Airflow.
func ExactVersion(text string) string {
	found := exactForm.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	if _, known := releaseNumber(found[1]); !known {
		return ""
	}
	return found[1] + strings.TrimLeft(found[2], "-.") + found[3]
}
