package analyze

import "time"

// Report is what is to be said of one process, all its runs.
type Report struct {
	Process  string
	Path     string
	From, To time.Time // packet time; zero if no block has one
	Blocks   int
	Runs     []Run
	Findings []Finding // the worst first
}

// Leaks says whether any finding is a leak.
func (r *Report) Leaks() bool { return r.Worst() >= Leak }

// Worst returns the severity of the worst finding, Fine if there is none.
func (r *Report) Worst() Severity {
	worst := Fine
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}

// Run is what one process wrote from its start to its end.
type Run struct {
	From, To  time.Time
	Blocks    int
	Expensive int           // blocks that measured tables too
	StartUp   time.Duration // how much of the beginning the trends leave out
	Resources []Resource    // in the order of the log's lines
}

// Resource is one number of the log over the time of a run.
type Resource struct {
	Name  string // "memory (total)", "table Foo::seen", "conn/Log::WRITER_ASCII pending in"
	Group Group
	Unit  Unit
	// First and Last are its values at the begin and the end of what was judged, Min and Max
	// its extremes there. First and Last are means over a bucket of time.
	First, Last, Min, Max float64
	Trend                 Trend
	Verdict               Verdict
	Steps                 []Step
	// Points are its course through all of the run, for plots. What is one of many, such as a
	// thread's queue, has none if it is flat.
	Points []Point
}

// Trend is a straight line through a resource, start-up, steps and load set aside.
type Trend struct {
	Slope     float64 // units per hour
	Low, High float64 // its 95 % confidence interval
	P         float64 // probability of such a rise by chance
	// From and To are where the line begins and ends. Start is its value at From.
	From, To time.Time
	Start    float64
	Judged   bool // enough was measured for all of this
}

// End returns the line's value at To.
func (t Trend) End() float64 { return t.Start + t.Slope*t.To.Sub(t.From).Hours() }

// Step is a jump of a resource that it did not take back.
type Step struct {
	Time time.Time
	Size float64
}

// Point is a resource's mean, least and greatest value in a span of time that begins at Time.
type Point struct {
	Time           time.Time
	Mean, Min, Max float64
}

// Group is the kind of resource; a report's rows are grouped by it.
type Group string

// The groups, in the order of a report.
const (
	MemoryGroup      Group = "memory"
	TablesGroup      Group = "tables"
	ConnectionsGroup Group = "connections"
	TimersGroup      Group = "timers"
	DNSGroup         Group = "dns"
	QueuesGroup      Group = "queues"
)

// Unit is what a resource is measured in.
type Unit string

// The units.
const (
	Bytes       Unit = "bytes"
	Entries     Unit = "entries"
	Connections Unit = "connections"
	Timers      Unit = "timers"
	Messages    Unit = "messages"
)

// Verdict says in a word what a resource does.
type Verdict string

// The verdicts.
const (
	Flat      Verdict = "flat"
	Grows     Verdict = "grows"      // without an end in sight: what a leak does
	Filling   Verdict = "filling"    // it grew, but ever slower, or has stopped
	WithLoad  Verdict = "with load"  // it moved as the load did
	Stepped   Verdict = "stepped"    // it jumped, and is flat otherwise
	Falls     Verdict = "falls"      // it shrank
	Unsettled Verdict = "unsettled"  // it grew, and was measured for too short to say more
	Unknown   Verdict = "not judged" // it was measured too rarely
)

// Severity orders findings.
type Severity int

// The severities. A Leak ends in want of a restart. Trouble is wrong now. A Note is worth knowing.
const (
	Fine Severity = iota
	Note
	Trouble
	Leak
)

// String returns the severity's name in a report.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Trouble:
		return "trouble"
	case Leak:
		return "leak"
	default:
		return "fine"
	}
}

// Finding is one thing to tell the operator.
type Finding struct {
	Kind     Kind
	Severity Severity
	Run      int // index into Report.Runs
	// Resources are the names of those in the run that it is about, the most telling first.
	Resources []string
	Since     time.Time
	Text      string // what was seen, with numbers: a sentence
	Advice    string // what to look at, what to do
	weight    float64
}

// Kind names a rule. The names are stable: alerts and --fail-on use the same.
type Kind string

// The kinds, each a rule of its own.
const (
	ScriptTable     Kind = "script-table" // a table of the script layer, or all of them
	IntelStore      Kind = "intel"        // Intel::data_store after start-up
	GlobalsSize     Kind = "globals"      // Global_sizes total though no listed table does
	Core            Kind = "core"         // memory while all that could explain it is flat
	MemoryExplained Kind = "memory"       // memory together with what explains it
	ConnsHeld       Kind = "conns-held"   // connections outside the session table
	Sessions        Kind = "sessions"     // the session table
	ConnMemory      Kind = "conn-memory"  // bytes per connection
	Reassembler     Kind = "reassembler"
	TimersGrow      Kind = "timers"
	TriggersGrow    Kind = "triggers" // outstanding when statements
	DNSStuck        Kind = "dns-stuck"
	DNSCache        Kind = "dns-cache"
	ThreadStuck     Kind = "thread-stuck"
	BacklogIn       Kind = "backlog-in"
	BacklogOut      Kind = "backlog-out"
	ReaderLag       Kind = "reader" // an input reader that does not read all it is sent
	Reloaded        Kind = "step"
	Restarted       Kind = "restarts"
	NotMeasured     Kind = "not-measured"
	TooYoung        Kind = "young"
)
