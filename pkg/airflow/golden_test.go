package airflow

import "flag"

var update = flag.Bool("update", false, "rewrite the golden files")

// Update is the flag for tests outside the package.
var Update = update
