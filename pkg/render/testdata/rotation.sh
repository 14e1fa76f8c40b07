#!/bin/sh
# How to replace the deploy key of git-sync of release af in namespace air.
# chart airflow 8.9.0, Airflow 2.8.4, CeleryExecutor.
# It stands in Secret git/id_rsa.
# These restart: deployment/af-web, statefulset/af-worker.
#
# What people notice:
# - Nobody notices anything but the restart, where the Git server takes both
#   keys for a while.
#
# Mind:
# - A name with \u001b[31mcolour\u000aand a line.
#
# Do one step after the other, each only when the one before has ended without an
# error; or run this file, which stops at the first error. No command prints a new
# value or gives it to a program as an argument.
set -eu

# 1. Make a new key pair
# What is printed is the public key, for the Git server, and nothing else of the
# pair is.
( set -u &&
dir=$(mktemp -d) )
kubectl get pods

# 2. Add the public key at the Git server
# This is done by hand.
printf 'Done? Press Enter. '; read -r _
