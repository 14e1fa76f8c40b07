package airflow

import (
	"strconv"
	"strings"
)

// imageRepository is an image without tag and digest: "host:5000/a/b:1@sha256:…" gives "host:5000/a/b".
func imageRepository(image string) string {
	repository, _ := splitImage(image)
	return repository
}

func splitImage(image string) (repository, tag string) {
	image, _, _ = strings.Cut(image, "@")
	colon := strings.LastIndex(image, ":")
	if colon < 0 || strings.Contains(image[colon:], "/") {
		return image, ""
	}
	return image[:colon], image[colon+1:]
}

// imageVersion is the Airflow version in the tag of an Airflow image:
// apache/airflow:slim-2.10.5-python3.12 gives 2.10.5. It is empty where the
// repository is not Airflow's or the tag is no Airflow version, as in
// apache/airflow:airflow-pgbouncer-2025.03.05-1.23.1.
func imageVersion(image string) string {
	repository, tag := splitImage(image)
	if !strings.Contains(repository, "airflow") {
		return ""
	}
	tag = strings.TrimPrefix(strings.TrimPrefix(tag, "slim-"), "airflow-")
	number, known := releaseNumber(strings.TrimPrefix(tag, "v"))
	if !known {
		return ""
	}
	return number
}

// releaseNumber cuts a version down to major.minor.patch, as in "3.1.2-python3.12",
// and says whether Airflow ever had such a line.
func releaseNumber(text string) (string, bool) {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end >= 0 && strings.ContainsRune("-+_", rune(text[end])) {
		text = text[:end]
	} else if end >= 0 { // release candidates and betas: 3.0.0rc1, 2.11.0b2
		text = strings.TrimRight(text[:end], ".")
	}
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return "", false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return text, err1 == nil && err2 == nil && airflowLine(major, minor)
}

// airflowLine keeps a company's own image tags, such as 1.4.2 or 2024.06, from passing as Airflow versions.
func airflowLine(major, minor int) bool {
	switch major {
	case 1:
		return minor >= 7 && minor <= 10
	case 2:
		return minor <= 11
	case 3, 4:
		return true
	}
	return false
}
