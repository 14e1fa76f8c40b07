#!/usr/bin/env bash
# What action.yml runs: judges a chart or manifests, writes SARIF, and leaves
# check's exit code to a later step, so that findings are uploaded first.
set -euo pipefail

program=$AIRFLOWSEC_PROGRAM
if [ -z "$program" ]; then
	HELM_PLUGIN_DIR=$GITHUB_ACTION_PATH sh "$GITHUB_ACTION_PATH/pkg/packaging/install.sh"
	program=$GITHUB_ACTION_PATH/bin/kubectl-airflowsec
fi

args=()
# each adds a flag for each line of a text that is not blank.
each() {
	local line
	while IFS= read -r line; do
		line=${line%$'\r'}
		line=${line#"${line%%[![:space:]]*}"}
		line=${line%"${line##*[![:space:]]}"}
		[ -z "$line" ] || args+=("$1$line")
	done <<<"$2"
}

case "$AIRFLOWSEC_CHART|$AIRFLOWSEC_MANIFESTS" in
"|")
	echo "::error::airflowsec: give chart or manifests"
	exit 2
	;;
"|"*)
	each --filename= "$AIRFLOWSEC_MANIFESTS"
	;;
*"|")
	args+=("--chart=$AIRFLOWSEC_CHART")
	each --values= "$AIRFLOWSEC_VALUES"
	each --set= "$AIRFLOWSEC_SET"
	;;
*)
	echo "::error::airflowsec: give chart or manifests, not both"
	exit 2
	;;
esac
each --kube-version= "$AIRFLOWSEC_KUBE_VERSION"
args+=("--namespace=$AIRFLOWSEC_NAMESPACE" "--profile=$AIRFLOWSEC_PROFILE" "--fail-on=$AIRFLOWSEC_FAIL_ON")
each "" "$AIRFLOWSEC_ARGS"

code=0
"$program" check "${args[@]}" --output=sarif -- "$AIRFLOWSEC_RELEASE" >"$AIRFLOWSEC_SARIF" || code=$?
if [ "$code" = 2 ]; then
	rm -f "$AIRFLOWSEC_SARIF"
	exit 2
fi
"$program" check "${args[@]}" --quiet --color=never -- "$AIRFLOWSEC_RELEASE" || true
"$program" check "${args[@]}" --quiet --output=markdown -- "$AIRFLOWSEC_RELEASE" >>"$GITHUB_STEP_SUMMARY" || true
{
	echo "sarif=$AIRFLOWSEC_SARIF"
	echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
