package plan

// Fate is what becomes of a field that a plan sets, when somebody upgrades the
// release with unchanged values.
type Fate struct {
	// Owners are the field managers that own the field today, sorted; nil where nobody does or it is not known.
	Owners []string
	// Contested are those of them that server-side apply asks about: it changes their
	// value only when told to force conflicts. Sorted.
	Contested []string
	// SetByHelm says that the release's manifest sets the field.
	SetByHelm bool
	// ByMerge is what an upgrade does that merges on the client: Helm 3, and Helm 4 for a
	// release that was installed so. ByApply is what Helm 4's server-side apply does.
	ByMerge, ByApply Outcome
	// Release is the one of both that the release's own record asks for; empty where there is no record.
	Release Outcome
	// Reason is one clause that says why the outcome is not Survives.
	Reason string
}

// Outcome is what an upgrade makes of a field.
type Outcome string

// The outcomes. Mixed: the field itself stays, but beside one that is put back
// it leaves a pod that cannot start.
const (
	Survives  Outcome = "survives"
	Reverted  Outcome = "reverted"
	Conflicts Outcome = "conflicts"
	Mixed     Outcome = "mixed"
)

// Words say what the next upgrade does: "puts it back".
func (o Outcome) Words() string { return outcomeWords[o] }

var outcomeWords = map[Outcome]string{
	Survives: "keeps it", Reverted: "puts it back", Conflicts: "fails because of it",
	Mixed: "mixes it into a pod that cannot start",
}

// Safe says that no upgrade undoes the field or fails because of it.
func (f Fate) Safe() bool { return f.ByMerge == Survives && f.ByApply == Survives }

// NeedsForce are the steps that kubectl's server-side apply refuses today
// without --force-conflicts, because another manager owns the field with
// another value.
func NeedsForce(steps []Step) []Step {
	var out []Step
	for _, s := range steps {
		if len(s.Fate.Contested) > 0 {
			out = append(out, s)
		}
	}
	return out
}
