package parse

// Opt is one field of a block: its value, and whether the block holds it. A field that the
// release does not write, that only expensive blocks measure, or whose number is known to
// have wrapped is not Measured; its Value is then 0.
type Opt[T uint64 | float64] struct {
	Value    T
	Measured bool
}

// Snapshot is one block of a prof.log: what one process said about itself at one moment.
// Sizes are in bytes, times in seconds. The numbers in parentheses are the releases that
// write a field; X marks fields that only expensive blocks measure.
type Snapshot struct {
	// Time is the block's time stamp: packet time in Unix seconds, 0 before the first packet.
	Time float64
	// Line and Offset are where the block's Memory line begins in the input: the number of
	// its line, counted from 1 where reading began, and its first byte, counted from 0.
	Line   int
	Offset int64
	// First says that a "Command line:" stood before the block: a process has just started.
	First bool
	// Expensive says that the process also measured what costs it time (every 20th block
	// by default).
	Expensive bool
	// Releases are the releases that write a text like this block's.
	Releases Releases

	Memory     Memory
	Runtime    Runtime
	Conns      Conns
	TCPStates  TCPStates
	Reassembly Opt[uint64] // "Total reassembler data: NK" (<= 5.0)
	Matcher    RuleMatcher
	Timers     Timers
	DNS        DNS
	Triggers   Triggers
	Threads    Threads
	Comm       Comm
	Globals    Globals
}

// Memory is "Memory: total=NK total_adj=NK malloced: NK".
type Memory struct {
	Total    Opt[uint64] // heap arena (<= 2.3), peak resident size (>= 2.4)
	TotalAdj Opt[uint64] // total minus the first total of this process
	Malloced Opt[uint64] // bytes handed out by malloc; always 0K, so never measured, from 5.2 on
}

// Runtime is "Run-time: user+sys=N user=N sys=N real=N", seconds since the first block.
type Runtime struct {
	UserSys Opt[float64]
	User    Opt[float64]
	Sys     Opt[float64]
	Real    Opt[float64]
}

// Conns are the two "Conns:" lines and "Connections expired due to inactivity: N".
type Conns struct {
	Total    Opt[uint64] // connections made since the process started
	Current  Opt[uint64] // current=a/b, a: connections alive
	Sessions Opt[uint64] // current=a/b, b: entries of the session table
	Ext      Opt[uint64] // connections with an external timer manager (<= 3.0)
	Mem      Opt[uint64] // X bytes although the log says K (<= 5.0)
	Avg      Opt[float64]
	Table    Opt[uint64] // X (<= 5.0)
	ConnVals Opt[uint64] // X (<= 5.0)
	TCP      Protocol
	UDP      Protocol
	ICMP     Protocol
	Expired  Opt[uint64]
}

// Protocol is tcp=c/m, udp=c/m or icmp=c/m: connections now, and at most since the start.
type Protocol struct {
	Current Opt[uint64]
	Max     Opt[uint64]
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

// TCPStates is the TCP-States matrix: Cells[originator][responder] connections. A cell below
// zero is what the log says when the process's own counter has wrapped. Measured only when
// the header and all seven rows stood in their columns.
type TCPStates struct {
	Cells    [NumTCPStates][NumTCPStates]int64
	Measured bool
}

// RuleMatcher is the X line "RuleMatcher: matchers=N ...", written if signatures are loaded.
type RuleMatcher struct {
	Matchers     Opt[uint64]
	NFAStates    Opt[uint64] // sum (>= 2.5)
	AvgNFAStates Opt[uint64] // mean (<= 2.4)
	DFAStates    Opt[uint64]
	Computed     Opt[uint64]
	Mem          Opt[uint64]
}

// Timers are the "Timers:" line and the "NAME = N" lines below Triggers.
type Timers struct {
	Current Opt[uint64]
	Max     Opt[uint64]
	Mem     Opt[uint64]  // (<= 3.0)
	Lag     Opt[float64] // not measured in blocks that no timer wrote (over 1e8 s)
	ByName  []Timer
}

// Timer is "NAME = N": how many timers of one type wait. Types without any are not listed.
type Timer struct {
	Name    string
	Pending uint64
}

// DNS is the "DNS_Mgr:" line.
type DNS struct {
	Requests    Opt[uint64]
	Successful  Opt[uint64]
	Failed      Opt[uint64]
	Pending     Opt[uint64]
	CachedHosts Opt[uint64]
	CachedAddrs Opt[uint64]
}

// Triggers is the "Triggers:" line.
type Triggers struct {
	Total   Opt[uint64]
	Pending Opt[uint64]
}

// Threads are the "Threads: current=N" line (>= 2.1) and the thread lines below it.
type Threads struct {
	Current Opt[uint64]
	List    []Thread
}

// Thread is one thread line, messages counted since the thread was made:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)
//
// Name is any bytes, not necessarily UTF-8, and two threads of a block may share it.
type Thread struct {
	Name                  string
	In, Out               uint64 // main thread -> this thread, this thread -> main thread
	PendingIn, PendingOut uint64
	InReads, InWrites     uint64
	OutReads, OutWrites   uint64
}

// Comm is the "Comm:" line: Broker's state. Its deltas of 2.4 and 2.5 are left out.
type Comm struct {
	Peers          Opt[uint64]
	Stores         Opt[uint64]
	PendingQueries Opt[uint64] // this and all below: >= 2.6
	EventsIn       Opt[uint64]
	EventsOut      Opt[uint64]
	LogsIn         Opt[uint64]
	LogsOut        Opt[uint64]
	IDsIn          Opt[uint64]
	IDsOut         Opt[uint64]
}

// Globals are what an X block says of the script layer's variables.
type Globals struct {
	List             []Global
	Size             Opt[uint64] // "Global_sizes total: NK" (<= 5.0)
	Entries          Opt[uint64] // "Total number of table entries: a/b", a: in global tables
	EntriesRecursive Opt[uint64] // b: in those and the tables within them
}

// Global is "NAME = NK (a/b entries)" (<= 5.0; entries for tables only) or, with an empty
// Name and no Size, "a/b entries" (>= 5.1).
type Global struct {
	Name             string
	Size             Opt[uint64]
	Entries          Opt[uint64]
	EntriesRecursive Opt[uint64]
}

// Clone returns a copy that shares nothing with s.
func (s *Snapshot) Clone() *Snapshot {
	c := &Snapshot{}
	s.CopyTo(c)
	return c
}

// CopyTo makes c a copy that shares nothing with s. It uses the memory that c's lists have.
func (s *Snapshot) CopyTo(c *Snapshot) {
	timers := append(c.Timers.ByName[:0], s.Timers.ByName...)
	threads := append(c.Threads.List[:0], s.Threads.List...)
	globals := append(c.Globals.List[:0], s.Globals.List...)
	*c = *s
	c.Timers.ByName, c.Threads.List, c.Globals.List = timers, threads, globals
}

// Whole says that the block has every line its process writes but Comm, which comes late: no
// half-written block does.
func (s *Snapshot) Whole() bool {
	if !s.Triggers.Pending.Measured {
		return false
	}
	if s.Releases != release2_0 && (!s.Threads.Current.Measured || uint64(len(s.Threads.List)) < s.Threads.Current.Value) {
		return false
	}
	return !s.Expensive || s.Globals.EntriesRecursive.Measured
}

// Restarted says that next was written by another process than s, the block before it.
func (s *Snapshot) Restarted(next *Snapshot) bool {
	fell := s.Runtime.Real.Measured && next.Runtime.Real.Measured && next.Runtime.Real.Value < s.Runtime.Real.Value
	return next.First || fell
}

// Empty says that no field of the Comm line was measured.
func (c *Comm) Empty() bool { return *c == Comm{} }

// reset empties s for the next block and keeps its memory.
func (s *Snapshot) reset() {
	*s = Snapshot{
		Releases: allReleases,
		Timers:   Timers{ByName: emptied(s.Timers.ByName)},
		Threads:  Threads{List: emptied(s.Threads.List)},
		Globals:  Globals{List: emptied(s.Globals.List)},
	}
}

// emptied returns list without items but with its memory, unless that is large: one block
// with 100,000 threads is no reason to keep their memory for ever.
func emptied[T any](list []T) []T {
	const large = 4096
	if cap(list) > large {
		return nil
	}
	return list[:0]
}
