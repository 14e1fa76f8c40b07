#!/bin/sh
# Starts the program of the plugin airflowsec: where "helm plugin install" has put
# it beside this plugin, else wherever the PATH leads, as with Krew.
beside="$HELM_PLUGIN_DIR/../airflowsec/bin/kubectl-airflowsec"
if [ -x "$beside" ]; then
	exec "$beside" post-render "$@"
fi
if ! command -v kubectl-airflowsec >/dev/null; then
	echo "airflowsec-post-render: kubectl-airflowsec is neither installed as the Helm plugin airflowsec nor on the PATH" >&2
	exit 2
fi
exec kubectl-airflowsec post-render "$@"
