package analyze

import (
	"strings"

	"bro_exporter/parse"
)

// quantity is a number of the log that is watched, or one number for each name.
type quantity struct {
	name  string // of the one resource, or before the name of each
	group Group
	unit  Unit
	kind  Kind    // what it is if it grows without end
	least float64 // growth that is worth telling, in its unit
	// of is what stands for a bucket.
	of func(bucket) float64
	// peak: the log holds the greatest value so far, which says when there was more than ever
	// and nothing else.
	peak bool
	// fills: a healthy process may fill it for up to a day.
	fills bool
	// absentIsZero: what a snapshot does not list is 0.
	absentIsZero bool
	each         func(s *parse.Snapshot, add func(name string, v float64))
}

// quantities returns all that is watched, in the order of a prof.log's lines.
func quantities() []quantity {
	return []quantity{
		{name: totalMemory, group: MemoryGroup, unit: Bytes, kind: KindCore, least: 1 << 20, of: peak, fills: true, peak: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Memory.Total })},
		{name: mallocedMemory, group: MemoryGroup, unit: Bytes, kind: KindCore, least: 1 << 20, of: mean, fills: true},
		{name: residentMemory, group: MemoryGroup, unit: Bytes, kind: KindCore, least: 1 << 20, of: mean, fills: true},
		{name: sessions, group: ConnectionsGroup, unit: Connections, kind: KindSessions, least: 50, of: mean, fills: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Conns.Sessions })},
		{name: "connections held outside the session table", group: ConnectionsGroup, unit: Connections, kind: KindConnsHeld, least: 20, of: mean,
			each: one(held)},
		{name: "memory per connection", group: ConnectionsGroup, unit: Bytes, kind: KindConnMemory, least: 256, of: mean,
			each: connMemory},
		{name: "reassembler data", group: ConnectionsGroup, unit: Bytes, kind: KindReassembler, least: 1 << 16, of: mean,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Reassembly })},
		{name: signatures, group: MemoryGroup, unit: Bytes, least: 1 << 20, of: mean, fills: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Matcher.Mem })},
		{name: allTimers, group: TimersGroup, unit: Timers, kind: KindTimers, least: 100, of: mean, fills: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Timers.Current })},
		{name: "timer", group: TimersGroup, unit: Timers, kind: KindTimers, least: 20, of: mean, fills: true, absentIsZero: true,
			each: timers},
		{name: "DNS cache", group: DNSGroup, unit: Entries, kind: KindDNSCache, least: 1000, of: mean, fills: true,
			each: one(dnsCache)},
		{name: "pending in", group: QueuesGroup, unit: Messages, kind: KindBacklogIn, least: 100, of: floor,
			each: threads(func(t *parse.Thread) uint64 { return t.PendingIn })},
		{name: "pending out", group: QueuesGroup, unit: Messages, kind: KindBacklogOut, least: 100, of: floor,
			each: threads(func(t *parse.Thread) uint64 { return t.PendingOut })},
		{name: globalsSize, group: TablesGroup, unit: Bytes, least: 1 << 17, of: mean, fills: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Globals.Size })},
		{name: restOfGlobals, group: TablesGroup, unit: Bytes, kind: KindGlobals, least: 1 << 17, of: mean, each: unlistedGlobals},
		{name: "global", group: TablesGroup, unit: Bytes, kind: KindScriptTable, least: 1 << 16, of: mean, fills: true,
			each: globals},
		{name: namedTable, group: TablesGroup, unit: Entries, kind: KindScriptTable, least: 100, of: mean, fills: true,
			each: tables},
		{name: unnamedTable, group: TablesGroup, unit: Entries, kind: KindScriptTable, least: 100, of: mean, fills: true},
		{name: tableEntries, group: TablesGroup, unit: Entries, kind: KindScriptTable, least: 100, of: mean, fills: true,
			each: one(func(s *parse.Snapshot) parse.Opt[uint64] { return s.Globals.EntriesRecursive })},
	}
}

const (
	totalMemory    = "memory (total)"
	mallocedMemory = "memory (malloced)"
	residentMemory = "memory (resident)"
	sessions       = "sessions"
	signatures     = "signature states (a cache)"
	allTimers      = "timers"
	globalsSize    = "size of all globals"
	tableEntries   = "entries of all tables"
	namedTable     = "table"
	unnamedTable   = "unnamed table"
	restOfGlobals  = "size of globals that are not listed"
	intelStore     = "Intel::data_store"
)

func one(field func(*parse.Snapshot) parse.Opt[uint64]) func(*parse.Snapshot, func(string, float64)) {
	return func(s *parse.Snapshot, add func(string, float64)) {
		if f := field(s); f.Measured {
			add("", float64(f.Value))
		}
	}
}

// held are the connections that scripts or timers keep, although the session table has dropped
// them.
func held(s *parse.Snapshot) parse.Opt[uint64] {
	c := &s.Conns
	if !c.Current.Measured || !c.Sessions.Measured {
		return parse.Opt[uint64]{}
	}
	return parse.Opt[uint64]{Value: c.Current.Value - min(c.Current.Value, c.Sessions.Value), Measured: true}
}

func dnsCache(s *parse.Snapshot) parse.Opt[uint64] {
	d := &s.DNS
	return parse.Opt[uint64]{
		Value:    d.CachedHosts.Value + d.CachedAddrs.Value,
		Measured: d.CachedHosts.Measured && d.CachedAddrs.Measured,
	}
}

// unlistedGlobals is the size of all globals but those that have a line.
func unlistedGlobals(s *parse.Snapshot, add func(string, float64)) {
	if !s.Globals.Size.Measured {
		return
	}
	rest := float64(s.Globals.Size.Value)
	for i := range s.Globals.List {
		rest -= float64(s.Globals.List[i].Size.Value)
	}
	add("", max(0, rest))
}

// connMemory is the mean size of a connection; that of a handful says nothing.
func connMemory(s *parse.Snapshot, add func(string, float64)) {
	if s.Conns.Avg.Measured && s.Conns.Current.Value >= 10 {
		add("", s.Conns.Avg.Value)
	}
}

func timers(s *parse.Snapshot, add func(string, float64)) {
	for _, t := range s.Timers.ByName {
		add(t.Name, float64(t.Pending))
	}
}

// globals are those that are no tables: records, patterns.
func globals(s *parse.Snapshot, add func(string, float64)) {
	for i := range s.Globals.List {
		if g := &s.Globals.List[i]; g.Name != "" && !g.Entries.Measured && g.Size.Measured {
			add(g.Name, float64(g.Size.Value))
		}
	}
}

func tables(s *parse.Snapshot, add func(string, float64)) {
	for i := range s.Globals.List {
		if g := &s.Globals.List[i]; g.Name != "" && g.EntriesRecursive.Measured {
			add(g.Name, float64(g.EntriesRecursive.Value))
		}
	}
}

func threads(field func(*parse.Thread) uint64) func(*parse.Snapshot, func(string, float64)) {
	return func(s *parse.Snapshot, add func(string, float64)) {
		for i := range s.Threads.List {
			t := &s.Threads.List[i]
			add(threadName(t.Name), float64(field(t)))
		}
	}
}

// threadName gives all threads that run a command one name: each has a new one.
func threadName(name string) string {
	if strings.HasSuffix(name, execReader) {
		return execReader
	}
	return name
}

const execReader = "|/Input::READER_RAW"
