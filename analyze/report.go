package analyze

import "time"

// Report is what is known about one process: all its runs.
type Report struct {
	Process   string
	Path      string
	From, To  time.Time // packet time; zero if no snapshot has one
	Snapshots int
	Answer    Answer // the gravest finding's, or that of the last run
	Runs      []Run
	Findings  []Finding // the worst first
}

// Leaks reports whether any finding is a leak.
func (r *Report) Leaks() bool { return r.Worst() >= Leak }

// Worst returns the level of the worst finding, NoLevel if there is none.
func (r *Report) Worst() Level {
	worst := NoLevel
	for _, f := range r.Findings {
		worst = max(worst, f.Level)
	}
	return worst
}

// Answer is what the judge answers about a run, or a process.
type Answer string

// The answers. Never Fine where nothing was judged.
const (
	AnswerLeak      Answer = "leak"        // nothing healthy explains what grows
	AnswerStuck     Answer = "stuck"       // something is wrong now that no restart waits for
	AnswerSuspected Answer = "suspected"   // material growth that something healthy could still explain
	CannotTell      Answer = "cannot tell" // nothing material yet, and too little seen to call it fine
	Fine            Answer = "fine"        // a leak faster than Run.Detectable would have been seen
)

// Run is what one process wrote from its start to its end.
type Run struct {
	From, To  time.Time
	Snapshots int
	Expensive int           // snapshots that measured tables too
	StartUp   time.Duration // how much of the beginning the trends leave out
	Span      time.Duration // how much of the run the verdict rests on
	Answer    Answer
	// UndecidedUntil is when more can be told, if the answer is CannotTell or AnswerSuspected.
	UndecidedUntil time.Time
	// Detectable is the slowest leak of memory that would have been seen, bytes per hour;
	// 0 if memory was not judged. DetectableOf holds the same for the totals of other resources,
	// in their units per hour.
	Detectable   float64
	DetectableOf []Amount
	State        State
	Resources    []Resource // in the order of the log's lines
}

// State is what a run's newest snapshots show.
type State struct {
	Memory  []Amount // total, malloced, resident: those that are measured
	Tables  []Amount // the largest, by entries
	Queues  []Amount // the fullest; none that is empty
	Readers []Reader // input readers, those that have the most unread first
}

// Amount is how much there is of a resource.
type Amount struct {
	Resource string
	Unit     Unit
	Value    float64
}

// Reader is an input reader's queue: "76,527 of 76,527: one to one".
type Reader struct {
	Thread        string
	Reads, Writes uint64
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

func (t Trend) rate() Rate { return Rate{PerHour: t.Slope, Low: t.Low, High: t.High} }

// steady is a rate that was counted and not estimated.
func steady(perHour float64) Rate { return Rate{perHour, perHour, perHour} }

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

// Level orders findings. Its String is the label `level` of bro_finding.
type Level int

// The levels.
const (
	NoLevel   Level = iota
	Note            // worth knowing
	Suspected       // it grows, and something healthy could still explain it
	Stuck           // it is wrong now
	Leak            // it grows, nothing healthy explains it, and it eventually forces a restart
)

// String returns the level's name, empty for NoLevel.
func (l Level) String() string {
	switch l {
	case Note:
		return "note"
	case Suspected:
		return "suspected"
	case Stuck:
		return "stuck"
	case Leak:
		return "leak"
	default:
		return ""
	}
}

// Finding is one thing to tell the operator.
type Finding struct {
	Kind  Kind
	Level Level
	Run   int // index into Report.Runs
	// Resource is the culprit: "table Foo::seen", "conn/Log::WRITER_ASCII pending in",
	// "memory (total)". Empty if the finding is about none.
	Resource string
	// Resources are all those in the run that it is about, the culprit first.
	Resources []string
	Unit      Unit
	Growth    Rate
	// Onset is when it began, estimated, give or take OnsetError.
	Onset      time.Time
	OnsetError time.Duration
	// Until is when a suspicion will be decided; zero for other levels.
	Until  time.Time
	Text   string // what was seen, with numbers: a sentence
	Advice string // what to look at, what to do
	weight float64
}

// Rate is a growth in units per hour with its 95 % confidence interval; zero for no growth.
type Rate struct{ PerHour, Low, High float64 }

// Kind names a rule. The names are stable: alerts and --fail-on use the same.
type Kind string

// The kinds, each a rule of its own.
const (
	KindScriptTable Kind = "script-table" // a table of the script layer, or all of them
	KindIntel       Kind = "intel"        // Intel::data_store after start-up
	KindGlobals     Kind = "globals"      // Global_sizes total though no listed table does
	KindCore        Kind = "core"         // memory while all that could explain it is flat
	KindMemory      Kind = "memory"       // memory together with what explains it
	KindConnsHeld   Kind = "conns-held"   // connections outside the session table
	KindSessions    Kind = "sessions"     // the session table
	KindConnMemory  Kind = "conn-memory"  // bytes per connection
	KindReassembler Kind = "reassembler"
	KindTimers      Kind = "timers"
	KindTriggers    Kind = "triggers" // outstanding when statements
	KindDNSStuck    Kind = "dns-stuck"
	KindDNSCache    Kind = "dns-cache"
	KindThreadStuck Kind = "thread-stuck"
	KindBacklogIn   Kind = "backlog-in"
	KindBacklogOut  Kind = "backlog-out"
	KindReader      Kind = "reader" // an input reader that does not read all it is sent
	KindStep        Kind = "step"
	KindRestarts    Kind = "restarts"
	KindNotMeasured Kind = "not-measured"
	KindYoung       Kind = "young"
)
