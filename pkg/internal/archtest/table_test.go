package archtest

// module is what the paths of the project's own packages begin with.
const module = "github.com/airflowsec/kubectl-airflowsec/"

// data are the packages that hold what flows through the program, and the forms of texts.
var data = []string{"pkg/pattern", "pkg/snapshot", "pkg/secret", "pkg/advisory", "pkg/endoflife", "pkg/airflow", "pkg/netpol", "pkg/change", "pkg/harden", "pkg/rule", "pkg/profile", "pkg/check", "pkg/drift", "pkg/plan", "pkg/verify", "pkg/diff", "pkg/reach", "pkg/rotation", "pkg/wire"}

// mayImport is the whole architecture: each package and the packages of the
// project that its code, tests apart, may import. ARCHITECTURE.md says the same.
var mayImport = map[string][]string{
	"pkg/pattern":   {},
	"pkg/python":    {},
	"pkg/snapshot":  {},
	"pkg/secret":    {"pkg/pattern"},
	"pkg/advisory":  {"pkg/pattern", "pkg/snapshot"},
	"pkg/endoflife": {"pkg/snapshot"},
	"pkg/collect":   {"pkg/pattern", "pkg/python", "pkg/snapshot", "pkg/secret", "pkg/advisory", "pkg/endoflife"},
	"pkg/airflow":   {"pkg/pattern", "pkg/python", "pkg/snapshot"},
	"pkg/change":    {"pkg/snapshot"},
	"pkg/netpol":    {"pkg/snapshot", "pkg/airflow"},
	"pkg/harden":    {"pkg/snapshot", "pkg/airflow", "pkg/netpol", "pkg/change"},
	"pkg/rule":      {"pkg/pattern", "pkg/snapshot", "pkg/advisory", "pkg/endoflife", "pkg/airflow", "pkg/netpol", "pkg/change", "pkg/harden"},
	"pkg/drift":     {"pkg/snapshot", "pkg/change", "pkg/rule"},
	"pkg/rules":     {"pkg/pattern", "pkg/snapshot", "pkg/advisory", "pkg/airflow", "pkg/netpol", "pkg/harden", "pkg/change", "pkg/rule", "pkg/drift", "pkg/secret"},
	"pkg/profile":   {"pkg/pattern", "pkg/rule"},
	"pkg/check":     {"pkg/pattern", "pkg/snapshot", "pkg/airflow", "pkg/change", "pkg/rule", "pkg/profile"},
	"pkg/plan":      {"pkg/snapshot", "pkg/airflow", "pkg/change", "pkg/harden", "pkg/rule", "pkg/check"},
	"pkg/verify":    {"pkg/snapshot", "pkg/airflow", "pkg/netpol", "pkg/change", "pkg/harden", "pkg/rule", "pkg/profile", "pkg/check", "pkg/plan"},
	"pkg/diff":      {"pkg/snapshot", "pkg/change", "pkg/rule", "pkg/drift", "pkg/plan", "pkg/check"},
	"pkg/reach":     {"pkg/snapshot", "pkg/airflow", "pkg/netpol"},
	"pkg/rotation":  {"pkg/pattern", "pkg/snapshot", "pkg/airflow"},
	"pkg/wire":      {"pkg/pattern", "pkg/snapshot", "pkg/secret", "pkg/airflow", "pkg/change", "pkg/harden"},
	"pkg/emit":      {"pkg/pattern", "pkg/snapshot", "pkg/airflow", "pkg/change", "pkg/harden", "pkg/plan", "pkg/wire"},
	"pkg/memory":    {},
	"pkg/render":    data,
	"pkg/cli":       append([]string{"pkg/python", "pkg/collect", "pkg/rules", "pkg/emit", "pkg/render"}, data...),

	"cmd/kubectl-airflowsec": {"pkg/cli", "pkg/memory"},

	"pkg/internal/archtest":                 {},
	"pkg/internal/controlplane":             {},
	"pkg/internal/controlplane/cmd/cluster": {"pkg/internal/controlplane"},
	"pkg/internal/e2e":                      {},
	"pkg/internal/oracle":                   {"pkg/airflow", "pkg/netpol", "pkg/internal/controlplane"},
	"pkg/internal/release":                  {},
}

// fence keeps an outside library in the packages that are made for it.
type fence struct {
	library string // the beginning of the import path
	only    []string
	why     string
}

var fences = []fence{
	{"helm.sh/", []string{"pkg/collect"}, "moving to another Helm library must stay a change of one package"},
	{"k8s.io/client-go", []string{"pkg/collect"}, "nothing else talks to a cluster"},
	{"k8s.io/cli-runtime", []string{"pkg/cli"}, "only the command line knows kubectl's streams and terminals"},
	{"k8s.io/cli-runtime/pkg/genericclioptions", nil, "it brings all of kustomize, 2 MB; docs/adr/0005-kubeconfig-flags.md"},
	{"k8s.io/cli-runtime/pkg/resource", nil, "it brings all of kustomize, 2 MB; docs/adr/0005-kubeconfig-flags.md"},
	{"github.com/spf13/cobra", []string{"pkg/cli"}, "work that has never heard of flags can be tested without them"},
	{"github.com/spf13/pflag", []string{"pkg/cli"}, "work that has never heard of flags can be tested without them"},
	{"github.com/olekukonko/tablewriter", []string{"pkg/render"}, "its API changes between releases"},
	{"k8s.io/pod-security-admission", []string{"pkg/rules"}, "one place asks the Pod Security evaluator"},
	{"k8s.io/component-helpers", []string{"pkg/rules", "pkg/airflow"}, "rights are compared by rules"},
	{"net/http", []string{"pkg/collect"}, "nothing else does I/O"},
	{"os/exec", []string{"pkg/cli"}, "the plugin runs no other program; completion looks for one in the path"},
}

// calls are functions fenced like libraries.
var calls = []fence{
	{"os.Getenv", []string{"pkg/cli", "pkg/collect"}, "the same input must give the same answer"},
	{"os.LookupEnv", []string{"pkg/cli", "pkg/collect"}, "the same input must give the same answer"},
	{"os.Environ", []string{"pkg/cli", "pkg/collect"}, "the same input must give the same answer"},
	{"time.Now", []string{"pkg/cli", "pkg/collect"}, "the same input must give the same answer"},
	{"time.Since", []string{"pkg/cli", "pkg/collect"}, "the same input must give the same answer"},
	{"regexp.MustCompile", []string{"pkg/pattern"}, "no start should wait for a pattern that the run does not need"},
}

// harness are packages that serve tests and releases only: fences do not hold for them.
const harness = "pkg/internal/"

const (
	maxFileLines     = 300
	maxFunctionLines = 50
)

// tables are files that are mostly a table, which may be longer than others.
var tables = map[string]bool{}

// vague are names that say nothing about what is inside.
var vague = []string{"util", "utils", "helper", "helpers", "manager", "common", "misc", "base"}
