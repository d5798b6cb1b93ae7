package parse

// Opt is one field of a snapshot: its value, and whether the snapshot holds it. A field is not
// Measured, and its Value 0, if the release does not write it, if only expensive snapshots measure
// it, or if its number has wrapped.
type Opt[T uint64 | float64] struct {
	Value    T
	Measured bool
}

// Snapshot is what one process wrote about itself at one moment. Sizes are in bytes, times in
// seconds. The numbers in parentheses are the releases that write a field; X marks fields that only
// expensive snapshots measure.
//
// Its JSON has the names of the metrics, where there is one, and leaves out what was not measured.
type Snapshot struct {
	// Time is the snapshot's time stamp: packet time in Unix seconds, 0 before the first packet.
	Time float64 `json:"time"`
	// Line and Offset are where the snapshot's Memory line begins in the input: the number of
	// its line, counted from 1 where reading began, and its first byte, counted from 0.
	Line   int   `json:"line,omitzero"`
	Offset int64 `json:"-"`
	// First reports whether a "Command line:" stood before the snapshot: a process had just started.
	First bool `json:"first"`
	// Expensive reports whether the process also measured what costs it time, in every 20th
	// snapshot by default.
	Expensive bool `json:"expensive"`
	// Releases are the releases that write a text like this snapshot's.
	Releases Releases `json:"releases"`

	Memory     Memory      `json:"memory,omitzero"`
	Runtime    Runtime     `json:"runtime,omitzero"`
	Conns      Conns       `json:"connections,omitzero"`
	TCPStates  TCPStates   `json:"tcp_states,omitzero"`
	Reassembly Opt[uint64] `json:"reassembler_bytes,omitzero"` // "Total reassembler data: NK" (<= 5.0)
	Matcher    RuleMatcher `json:"rule_matcher,omitzero"`
	Timers     Timers      `json:"timers,omitzero"`
	DNS        DNS         `json:"dns,omitzero"`
	Triggers   Triggers    `json:"triggers,omitzero"`
	Threads    Threads     `json:"threads,omitzero"`
	Comm       Comm        `json:"broker,omitzero"`
	Globals    Globals     `json:"globals,omitzero"`
}

// Memory is "Memory: total=NK total_adj=NK malloced: NK".
type Memory struct {
	Total    Opt[uint64] `json:"total_bytes,omitzero"`     // heap arena (<= 2.3), peak resident size (>= 2.4)
	TotalAdj Opt[uint64] `json:"total_adj_bytes,omitzero"` // total minus the first total of this process
	Malloced Opt[uint64] `json:"malloced_bytes,omitzero"`  // bytes handed out by malloc; always 0K, so never measured, from 5.2 on
}

// Runtime is "Run-time: user+sys=N user=N sys=N real=N", seconds since the first snapshot.
type Runtime struct {
	UserSys Opt[float64] `json:"user_system_seconds,omitzero"`
	User    Opt[float64] `json:"user_seconds,omitzero"`
	Sys     Opt[float64] `json:"system_seconds,omitzero"`
	Real    Opt[float64] `json:"real_seconds,omitzero"`
}

// Conns are the two "Conns:" lines and "Connections expired due to inactivity: N".
type Conns struct {
	Total    Opt[uint64]  `json:"total,omitzero"`        // connections made since the process started
	Current  Opt[uint64]  `json:"current,omitzero"`      // current=a/b, a: connections alive
	Sessions Opt[uint64]  `json:"sessions,omitzero"`     // current=a/b, b: entries of the session table
	Ext      Opt[uint64]  `json:"external,omitzero"`     // connections with an external timer manager (<= 3.0)
	Mem      Opt[uint64]  `json:"memory_bytes,omitzero"` // X bytes although the log says K (<= 5.0)
	Avg      Opt[float64] `json:"memory_average_bytes,omitzero"`
	Table    Opt[uint64]  `json:"session_table_bytes,omitzero"`     // X (<= 5.0)
	ConnVals Opt[uint64]  `json:"connection_values_bytes,omitzero"` // X (<= 5.0)
	TCP      Protocol     `json:"tcp,omitzero"`
	UDP      Protocol     `json:"udp,omitzero"`
	ICMP     Protocol     `json:"icmp,omitzero"`
	Expired  Opt[uint64]  `json:"expired_inactive,omitzero"`
}

// Protocol is tcp=c/m, udp=c/m or icmp=c/m: connections now, and at most since the start.
type Protocol struct {
	Current Opt[uint64] `json:"current,omitzero"`
	Max     Opt[uint64] `json:"max,omitzero"`
}

// TCPState numbers the rows and columns of the TCP-States matrix, in the log's order.
type TCPState int

// The states of one end of a TCP connection, with the log's names for them.
const (
	Inactive    TCPState = iota // Inact.
	SynSent                     // Syn.
	SynAckSent                  // SA
	Partial                     // Part.
	Established                 // Est.
	Closed                      // Fin.
	Reset                       // Rst.
	NumTCPStates
)

// TCPStates is the TCP-States matrix: Cells[originator][responder] connections. A cell below zero
// means that the process's own counter has wrapped. The matrix is Measured only if the header and
// all seven rows stood in their columns.
type TCPStates struct {
	Cells    [NumTCPStates][NumTCPStates]int64
	Measured bool
}

// RuleMatcher is the X line "RuleMatcher: matchers=N ...", written if signatures are loaded.
type RuleMatcher struct {
	Matchers     Opt[uint64] `json:"matchers,omitzero"`
	NFAStates    Opt[uint64] `json:"nfa_states,omitzero"`         // sum (>= 2.5)
	AvgNFAStates Opt[uint64] `json:"nfa_states_average,omitzero"` // mean (<= 2.4)
	DFAStates    Opt[uint64] `json:"dfa_states,omitzero"`
	Computed     Opt[uint64] `json:"dfa_states_computed,omitzero"`
	Mem          Opt[uint64] `json:"memory_bytes,omitzero"`
}

// Timers are the "Timers:" line and the "NAME = N" lines below Triggers.
type Timers struct {
	Current Opt[uint64]  `json:"pending,omitzero"`
	Max     Opt[uint64]  `json:"pending_max,omitzero"`
	Mem     Opt[uint64]  `json:"memory_bytes,omitzero"` // (<= 3.0)
	Lag     Opt[float64] `json:"lag_seconds,omitzero"`  // not measured in snapshots that no timer wrote (over 1e8 s)
	ByName  []Timer      `json:"by_name,omitzero"`
}

// Timer is "NAME = N": how many timers of one type wait. Types without any are not listed.
type Timer struct {
	Name    string `json:"name"`
	Pending uint64 `json:"pending"`
}

// DNS is the "DNS_Mgr:" line.
type DNS struct {
	Requests    Opt[uint64] `json:"requests,omitzero"`
	Successful  Opt[uint64] `json:"successful,omitzero"`
	Failed      Opt[uint64] `json:"failed,omitzero"`
	Pending     Opt[uint64] `json:"pending,omitzero"`
	CachedHosts Opt[uint64] `json:"cached_hosts,omitzero"`
	CachedAddrs Opt[uint64] `json:"cached_addresses,omitzero"`
}

// Triggers is the "Triggers:" line.
type Triggers struct {
	Total   Opt[uint64] `json:"total,omitzero"`
	Pending Opt[uint64] `json:"pending,omitzero"`
}

// Threads are the "Threads: current=N" line (>= 2.1) and the thread lines below it.
type Threads struct {
	Current Opt[uint64] `json:"current,omitzero"`
	List    []Thread    `json:"list,omitzero"`
}

// Thread is one thread line, messages counted since the thread was made:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)
//
// Name is any bytes, not necessarily UTF-8, and two threads of a snapshot may share it.
type Thread struct {
	Name       string `json:"name"`
	In         uint64 `json:"messages_in"`  // main thread -> this thread
	Out        uint64 `json:"messages_out"` // this thread -> main thread
	PendingIn  uint64 `json:"messages_pending_in"`
	PendingOut uint64 `json:"messages_pending_out"`
	InReads    uint64 `json:"queue_in_reads"`
	InWrites   uint64 `json:"queue_in_writes"`
	OutReads   uint64 `json:"queue_out_reads"`
	OutWrites  uint64 `json:"queue_out_writes"`
}

// ExecReader ends the name of a thread that reads the output of a command,
// "CMD |/Input::READER_RAW". Every run of a command makes a thread with a name of its own, so only
// their sum tells something over time.
const ExecReader = "|/Input::READER_RAW"

// Comm is the "Comm:" line: Broker's state. Its deltas of 2.4 and 2.5 are left out.
type Comm struct {
	Peers          Opt[uint64] `json:"peers,omitzero"`
	Stores         Opt[uint64] `json:"stores,omitzero"`
	PendingQueries Opt[uint64] `json:"pending_queries,omitzero"` // this and all below: >= 2.6
	EventsIn       Opt[uint64] `json:"events_in,omitzero"`
	EventsOut      Opt[uint64] `json:"events_out,omitzero"`
	LogsIn         Opt[uint64] `json:"logs_in,omitzero"`
	LogsOut        Opt[uint64] `json:"logs_out,omitzero"`
	IDsIn          Opt[uint64] `json:"ids_in,omitzero"`
	IDsOut         Opt[uint64] `json:"ids_out,omitzero"`
}

// Globals are what an X snapshot says of the script layer's variables.
type Globals struct {
	List             []Global    `json:"list,omitzero"`
	Size             Opt[uint64] `json:"size_bytes,omitzero"`              // "Global_sizes total: NK" (<= 5.0)
	Entries          Opt[uint64] `json:"table_entries,omitzero"`           // "Total number of table entries: a/b", a: in global tables
	EntriesRecursive Opt[uint64] `json:"table_entries_recursive,omitzero"` // b: in those and the tables within them
}

// Global is "NAME = NK (a/b entries)" (<= 5.0; entries for tables only) or, without a Size,
// "a/b entries" (>= 5.1). The latter has a Name, and may have CreateExpire, if a script printed it:
// "NAME = (a entries) &create_expire=1.0 hr".
type Global struct {
	Name             string       `json:"name,omitzero"`
	Size             Opt[uint64]  `json:"size_bytes,omitzero"`
	Entries          Opt[uint64]  `json:"table_entries,omitzero"`
	EntriesRecursive Opt[uint64]  `json:"table_entries_recursive,omitzero"`
	CreateExpire     Opt[float64] `json:"create_expire_seconds,omitzero"` // for how long an entry stays, seconds
}

// Clone returns a copy that shares nothing with s.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.Timers.ByName = append([]Timer(nil), s.Timers.ByName...)
	c.Threads.List = append([]Thread(nil), s.Threads.List...)
	c.Globals.List = append([]Global(nil), s.Globals.List...)
	return &c
}

// CopyFrom makes s a copy of o that shares nothing with it, in the memory that s has.
func (s *Snapshot) CopyFrom(o *Snapshot) {
	timers, threads, globals := s.Timers.ByName, s.Threads.List, s.Globals.List
	*s = *o
	s.Timers.ByName = refilled(timers, o.Timers.ByName)
	s.Threads.List = refilled(threads, o.Threads.List)
	s.Globals.List = refilled(globals, o.Globals.List)
}

// refilled returns items in the memory of list.
func refilled[T any](list, items []T) []T { return append(list[:0], items...) }

// writtenBy narrows the releases that may have written the snapshot to those in r.
func (s *Snapshot) writtenBy(r Releases) { s.Releases = s.Releases.and(r) }

// Whole reports whether the snapshot has every line of its process but Comm, which comes late. A
// half-written snapshot has not.
func (s *Snapshot) Whole() bool {
	if !s.Triggers.Pending.Measured {
		return false
	}
	if s.Releases.Until != ConnCompressorLine.Until && (!s.Threads.Current.Measured || uint64(len(s.Threads.List)) < s.Threads.Current.Value) {
		return false
	}
	return !s.Expensive || s.Globals.EntriesRecursive.Measured
}

// Restarted reports whether another process wrote next than s, the snapshot before it.
func (s *Snapshot) Restarted(next *Snapshot) bool {
	fell := s.Runtime.Real.Measured && next.Runtime.Real.Measured && next.Runtime.Real.Value < s.Runtime.Real.Value
	return next.First || fell
}

// Empty reports whether no field of the Comm line was measured.
func (c *Comm) Empty() bool { return *c == Comm{} }

// reset empties s for the next snapshot and keeps its memory.
func (s *Snapshot) reset() {
	timers, threads, globals := s.Timers.ByName, s.Threads.List, s.Globals.List
	*s = Snapshot{}
	s.Timers.ByName, s.Threads.List, s.Globals.List = emptied(timers), emptied(threads), emptied(globals)
}

// emptied returns list without items but with its memory, unless that is large: once a snapshot with
// 100,000 threads is gone, so is its memory.
func emptied[T any](list []T) []T {
	const large = 4096
	if cap(list) > large {
		return nil
	}
	return list[:0]
}
