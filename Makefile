.PHONY: build demo test lint generate cluster dist

# With a release's flags, which .goreleaser.yaml holds.
build:
	go build $$(sed -n 's/^  flags: \[\(.*\)\]$$/\1/p' .goreleaser.yaml | tr -d ,) \
		-ldflags "$$(sed -n 's/^  - \(-s -w.*\)/\1/p' .goreleaser.yaml)" -o bin/kubectl-airflowsec ./cmd/kubectl-airflowsec

# A report on the sample release that is built in; findings are not a failure here.
demo: build
	bin/kubectl-airflowsec check --sample || true

# The tools come first, so that their first build does not count as test time.
test:
	go vet ./...
	go run ./pkg/internal/controlplane/cmd/cluster -tools
	go test -timeout 60m ./...

lint:
	go tool -modfile=testdata/tools/lint/go.mod golangci-lint run ./...

# Rewrites goldens, docs and schemas; without -update the same tests check them.
generate:
	go test -short $$(grep -rl --include='*_test.go' 'flag.Bool("update"' cmd pkg | xargs -n 1 dirname | sort -u | sed 's|^|./|') -update

# A local control plane with an Airflow release to play with, until Ctrl-C.
cluster:
	@go build -o bin/cluster ./pkg/internal/controlplane/cmd/cluster
	@bin/cluster

# An untagged checkout is named by plugin.yaml's version.
dist:
	GORELEASER_CURRENT_TAG=$${GORELEASER_CURRENT_TAG:-v$$(sed -n 's/^version: *//p' plugin.yaml)} go run github.com/goreleaser/goreleaser/v2@v2.15.0 release --snapshot --clean --skip=sign,sbom
