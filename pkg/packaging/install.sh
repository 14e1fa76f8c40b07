#!/bin/sh
# Helm runs this after `helm plugin install <git url>` and after an update: it
# fetches the release archive that belongs to plugin.yaml's version, checks it
# against the release's checksums.txt and takes the binary out of it.
#
# AIRFLOWSEC_ARCHIVE=<absolute path> uses a copy of the archive instead of
# downloading it. checksums.txt of the same release must lie beside it.
set -eu

cd "${HELM_PLUGIN_DIR:?is set by Helm; run this through helm plugin install}"
binary=bin/kubectl-airflowsec
fetched=bin/.fetched

fail() {
	echo "airflowsec: $1" >&2
	exit 1
}

version=$(sed -n 's/^version: *//p' plugin.yaml)
[ -n "$version" ] || fail "plugin.yaml names no version"

# A binary that this script did not fetch came with the archive.
if [ -x "$binary" ]; then
	[ -f "$fetched" ] || exit 0
	[ "$(cat "$fetched")" != "$version" ] || exit 0
fi

case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) fail "no release for $(uname -s); see docs/install.md" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) fail "no release for $(uname -m); see docs/install.md" ;;
esac

name=airflowsec-$version-$os-$arch.tgz
release=https://github.com/airflowsec/kubectl-airflowsec/releases/download/v$version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

download() {
	if command -v curl >/dev/null; then
		curl --fail --silent --show-error --location --proto '=https' --tlsv1.2 --output "$work/$1" "$release/$1"
	elif command -v wget >/dev/null; then
		wget --quiet --https-only --output-document="$work/$1" "$release/$1"
	else
		fail "neither curl nor wget found; download $name and set AIRFLOWSEC_ARCHIVE"
	fi || fail "cannot download $release/$1"
}

digest() {
	if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

if [ -n "${AIRFLOWSEC_ARCHIVE:-}" ]; then
	archive=$AIRFLOWSEC_ARCHIVE
	checksums=$(dirname "$archive")/checksums.txt
	case $archive in /*) ;; *) fail "AIRFLOWSEC_ARCHIVE: $archive is not an absolute path" ;; esac
	[ -f "$archive" ] || fail "AIRFLOWSEC_ARCHIVE: no file $archive"
	[ -f "$checksums" ] || fail "AIRFLOWSEC_ARCHIVE: no checksums.txt beside $archive"
else
	archive=$work/$name
	checksums=$work/checksums.txt
	download checksums.txt
	download "$name"
fi

expected=$(awk -v name="$name" '$2 == name { print $1 }' "$checksums")
[ -n "$expected" ] || fail "$checksums does not list $name"
[ "$(digest "$archive")" = "$expected" ] || fail "$archive is not the $name that checksums.txt lists"

tar -xzf "$archive" -C "$work"
mkdir -p bin
mv -f "$work/airflowsec/$binary" "$binary"
mv -f "$work/airflowsec/completion.yaml" "$work/airflowsec/plugin.complete" .
echo "$version" >"$fetched"
echo "airflowsec $version is installed"
