package snapshot

// EndOfLife are tables of ends of life that the user gave, beside those that
// this program holds.
type EndOfLife struct {
	Name   string           `json:"name"`   // the file or directory they came from
	Tables []EndOfLifeTable `json:"tables"` // in the order they were read
}

// EndOfLifeTable says until when the lines of one product get security fixes. Days are YYYY-MM-DD.
type EndOfLifeTable struct {
	Product string `json:"product"` // airflow, kubernetes, postgresql, …
	// Read is the day the table is of; empty where it tells none.
	Read string `json:"read,omitempty"`
	// Latest is the day of the newest release that a table without a day of its own names.
	Latest string          `json:"latest,omitempty"`
	Lines  []EndOfLifeLine `json:"lines"`
}

// EndOfLifeLine is one line of versions: "3.2", or "2" for every 2.x that has no line of its own.
type EndOfLifeLine struct {
	Line string `json:"line"`
	// End is the last day of fixes; empty where the makers had named none.
	End string `json:"end,omitempty"`
	// Ended says that fixes have ended, on a day that is not known.
	Ended bool `json:"ended,omitempty"`
}
