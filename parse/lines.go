package parse

import "bytes"

// The lines of a snapshot, in the order of the log. Each function takes the fields behind its
// keyword, in the order of Bro's format strings; a field that is absent was not written. Most lines never
// come here: keyword.go reads those that look as a known release writes them.

// memory: "total=243816K total_adj=948K malloced: 0K"
func (s *Snapshot) memory(t *text) {
	m := &s.Memory
	t.taken(m.fields(t.b, t.i))
	for t.more() {
		t.kib("total=", &m.Total)
		t.kib("total_adj=", &m.TotalAdj)
		if t.word("malloced:") {
			t.kib("", &m.Malloced)
		}
	}
	// From 5.2 on malloced is always 0K, and so it is under jemalloc.
	if m.Malloced.Value == 0 {
		m.Malloced = Opt[uint64]{}
	}
	// A total below the first one, or a first one over 4 GiB, does not fit total_adj's 32 bits.
	if m.TotalAdj.Value > m.Total.Value || s.First && m.TotalAdj.Value != 0 {
		m.TotalAdj = Opt[uint64]{}
	}
}

// runtime: "user+sys=53.2 user=44.6 sys=8.6 real=631.1"
func (s *Snapshot) runtime(t *text) {
	r := &s.Runtime
	for t.more() {
		t.decimal("user+sys=", &r.UserSys)
		t.decimal("user=", &r.User)
		t.decimal("sys=", &r.Sys)
		t.decimal("real=", &r.Real)
	}
}

// conns: "total=14 current=9/9 ext=0 mem=48488K avg=5387.6 table=50K connvals=35K", or
// "tcp=7/8 udp=2/6 icmp=0/0"
func (s *Snapshot) conns(t *text) {
	c := &s.Conns
	for t.more() {
		t.uint("total=", &c.Total)
		t.pair("current=", &c.Current, &c.Sessions)
		t.uint("ext=", &c.Ext)
		t.bytesK("mem=", &c.Mem)
		t.decimal("avg=", &c.Avg)
		t.kib("table=", &c.Table)
		t.kib("connvals=", &c.ConnVals)
		t.pair("tcp=", &c.TCP.Current, &c.TCP.Max)
		t.pair("udp=", &c.UDP.Current, &c.UDP.Max)
		t.pair("icmp=", &c.ICMP.Current, &c.ICMP.Max)
	}
	s.connsRead()
}

// connsRead tells releases apart when a line is read. So do the functions below with such a name.
func (s *Snapshot) connsRead() {
	switch c := &s.Conns; {
	case c.Ext.Measured:
		s.writtenBy(ConnsExt)
	case c.ConnVals.Measured:
		s.writtenBy(ConnsSizes.and(connsWithoutExt))
	case c.Total.Measured:
		s.writtenBy(connsWithoutSizes)
	}
}

const tcpHeader = "        Inact.  Syn.    SA      Part.   Est.    Fin.    Rst."

var tcpLabels = [NumTCPStates]string{"Inact.", "Syn.", "SA", "Part.", "Est.", "Fin.", "Rst."}

const (
	tcpCell       = 8 // bytes, left-aligned, blank for zero
	tcpRow        = tcpCell * int(1+NumTCPStates)
	noConnections = "        "
)

// matrixRow takes what follows "TCP-States:" in a line of the matrix: the label and its cells
// in their columns. The cells of a matrix whose header has lost its columns have lost theirs.
func (p *parser) matrixRow(t *text) {
	if !t.end() && t.b[t.i] == ' ' {
		p.matrixHeader(t)
		return
	}
	row := t.b[t.i:min(len(t.b), t.i+tcpRow)]
	row, _, _ = bytes.Cut(row, []byte("\n"))
	complete := !t.cut || t.i+len(row) < len(t.b)
	for state, label := range tcpLabels {
		if !t.literal(label) {
			continue
		}
		if p.columns && complete {
			p.matrixCells(t, state, row)
		}
		return
	}
}

func (p *parser) matrixHeader(t *text) {
	if p.columns = t.literal(tcpHeader); p.columns {
		return
	}
	for _, label := range tcpLabels {
		t.word(label)
	}
}

func (p *parser) matrixCells(t *text, state int, row []byte) {
	t.i += len(row) - len(tcpLabels[state])
	cells := &p.snapshot.TCPStates.Cells[state]
	*cells = [NumTCPStates]int64{}
	row = row[min(len(row), tcpCell):]
	for k := range cells {
		b := row[:min(len(row), tcpCell)]
		row = row[len(b):]
		if string(b) == noConnections {
			continue
		}
		cell := text{b: b}
		if cell.skipBlanks(); cell.end() {
			continue
		}
		n, positive, ok := cell.number()
		if cell.skipBlanks(); !ok || !cell.end() {
			t.err = "not a row of TCP states"
			return
		}
		if cells[k] = int64(n); !positive {
			cells[k] = -int64(n)
		}
	}
	p.addState(state)
}

// addState notes that a row of the matrix is read.
func (p *parser) addState(state int) {
	p.states |= 1 << state
	p.snapshot.TCPStates.Measured = p.states == 1<<NumTCPStates-1
}

// matcher: "matchers=2 dfa_states=40 ncomputed=150 mem=62K avg_nfa_states=1", or from 2.5 on
// "matchers=11 nfa_states=466 dfa_states=11 ncomputed=0 mem=29K"
func (s *Snapshot) matcher(t *text) {
	m := &s.Matcher
	for t.more() {
		t.uint("matchers=", &m.Matchers)
		t.uint("nfa_states=", &m.NFAStates)
		t.uint("dfa_states=", &m.DFAStates)
		t.uint("ncomputed=", &m.Computed)
		t.kib("mem=", &m.Mem)
		t.uint("avg_nfa_states=", &m.AvgNFAStates)
	}
	s.matcherRead()
}

func (s *Snapshot) matcherRead() {
	m := &s.Matcher
	s.Expensive = true
	if m.NFAStates.Measured {
		s.writtenBy(NFAStates)
	}
	if m.AvgNFAStates.Measured {
		s.writtenBy(AvgNFAStates)
	}
}

// noLag is less than the lag of a timer queue before its first timer has run, in seconds: it counts
// from 1970.
const noLag = 1e8

// timers: "current=36 max=47 mem=2K lag=0.05s"
func (s *Snapshot) timers(t *text) {
	for t.more() {
		t.uint("current=", &s.Timers.Current)
		t.uint("max=", &s.Timers.Max)
		t.kib("mem=", &s.Timers.Mem)
		t.signed("lag=", "s", &s.Timers.Lag)
	}
	s.timersRead()
}

func (s *Snapshot) timersRead() {
	if s.Timers.Lag.Value > noLag {
		s.Timers.Lag = Opt[float64]{}
	}
	if s.Timers.Mem.Measured {
		s.writtenBy(TimersMem)
	} else {
		s.writtenBy(timersWithoutMem)
	}
}

// dns: "requests=1596 succesful=1596 failed=0 pending=0 cached_hosts=0 cached_addrs=1207"
func (s *Snapshot) dns(t *text) {
	d := &s.DNS
	for t.more() {
		t.uint("requests=", &d.Requests)
		if t.uint("succesful=", &d.Successful) {
			s.writtenBy(SuccesfulSpelling)
		}
		if t.uint("successful=", &d.Successful) {
			s.writtenBy(SuccessfulSpelling)
		}
		t.uint("failed=", &d.Failed)
		t.uint("pending=", &d.Pending)
		t.uint("cached_hosts=", &d.CachedHosts)
		t.uint("cached_addrs=", &d.CachedAddrs)
	}
}

// triggers: "total=4900 pending=0"
func (s *Snapshot) triggers(t *text) {
	for t.more() {
		t.uint("total=", &s.Triggers.Total)
		t.uint("pending=", &s.Triggers.Pending)
	}
}

// threads: "current=12"
func (s *Snapshot) threads(t *text) {
	for t.more() {
		t.uint("current=", &s.Threads.Current)
	}
	s.writtenBy(ThreadLines)
}

// comm: "peers=0 stores=1 pending_queries=0 events_in=0 ... ids_out=0 ", or in 2.4 and 2.5
// "peers=0 stores=0 store_queries=0 ... reports=0" and lines of dequeued messages
func (s *Snapshot) comm(t *text) {
	c := &s.Comm
	t.taken(c.fields(t.b, t.i-1))
	for t.more() {
		t.uint("peers=", &c.Peers)
		t.uint("stores=", &c.Stores)
		t.uint("pending_queries=", &c.PendingQueries)
		t.uint("events_in=", &c.EventsIn)
		t.uint("events_out=", &c.EventsOut)
		t.uint("logs_in=", &c.LogsIn)
		t.uint("logs_out=", &c.LogsOut)
		t.uint("ids_in=", &c.IDsIn)
		t.uint("ids_out=", &c.IDsOut)
		if !c.PendingQueries.Measured {
			s.commDeltas(t)
		}
	}
	// A Comm line that may go on is left out: its numbers are shown together.
	if t.cut && !c.IDsOut.Measured && t.i >= t.lastLine {
		*c = Comm{}
		return
	}
	if c.PendingQueries.Measured {
		s.writtenBy(CommCounters)
	}
}

// commDeltas: "store_queries=0 store_responses=0 ...", which 2.4 and 2.5 count from one snapshot to
// the next. They are left out.
func (s *Snapshot) commDeltas(t *text) {
	for _, key := range [...]string{"store_queries=", "store_responses=", "outgoing_conn_status=", "incoming_conn_status=", "reports="} {
		if t.uint(key, &Opt[uint64]{}) {
			s.writtenBy(CommDeltas)
		}
	}
}

// dequeued takes a line below Comm in 2.4 and 2.5: "    worker-1  events dequeued=7".
func (t *text) dequeued() bool {
	line, _, _ := bytes.Cut(t.rest(), []byte("\n"))
	for _, kind := range []string{" prints dequeued=", " events dequeued=", " logs dequeued="} {
		if bytes.Contains(line, []byte(kind)) {
			t.skipLine()
			return true
		}
	}
	return false
}

// reassembler: "4K"
func (s *Snapshot) reassembler(t *text) {
	t.kib("", &s.Reassembly)
	t.skipFields()
	s.writtenBy(ReassemblerSize)
}

// globalSizes takes what follows the number in "Global_sizes > 100k: 0K" and "Global_sizes total: 9K".
func (s *Snapshot) globalSizes(t *text) {
	t.skipFields()
	s.Expensive = true
	s.writtenBy(GlobalSizes)
}

// tableEntries: "8327/8564"
func (s *Snapshot) tableEntries(t *text) {
	t.pair("", &s.Globals.Entries, &s.Globals.EntriesRecursive)
	t.skipFields()
	s.Expensive = true
}

// timer takes "ProfileTimer = 1". Where its nine blanks are lost, only the name tells that it
// is a timer.
func (p *parser) timer(t *text, indent int) bool {
	start := t.i
	t.skipWord()
	name := t.b[start:t.i]
	if (indent == timerIndent || bytes.HasSuffix(name, []byte("Timer"))) && t.word("=") {
		t.skipBlanks()
		if n, measured, ok := t.number(); ok && measured && (t.end() || blank(t.b[t.i])) {
			p.addTimer(name, n)
			return true
		}
		if t.err != "" {
			return true
		}
	}
	t.i = start
	return false
}

func (p *parser) addTimer(name []byte, n uint64) {
	list := &p.snapshot.Timers.ByName
	*list = longer(*list)
	t := &(*list)[len(*list)-1]
	if t.Pending = n; t.Name != string(name) {
		t.Name = p.names.get(name)
	}
}

// table takes "34/102 entries".
func (p *parser) table(t *text) bool {
	g, ok := t.entries("")
	if ok {
		p.addTable(g)
	}
	return ok
}

func (p *parser) addTable(g Global) {
	p.addGlobal(nil, g)
	p.snapshot.writtenBy(UnnamedTables)
}

// global takes "Weird::actions = 35K (163/163 entries)", "Intel::data_store = 1352K" or a script's
// "Leak::conns_seen = (734 entries)". Where its sixteen blanks are lost, only a name with :: is a
// global's.
func (p *parser) global(t *text, indent int) bool {
	start := t.i
	t.skipWord()
	name := t.b[start:t.i]
	if (indent == globalIndent || bytes.Contains(name, []byte("::"))) && t.word("=") {
		if g, ok := t.namedTable(); ok {
			p.addGlobal(name, g)
			return true
		}
		var g Global
		t.kib("", &g.Size)
		if t.err != "" {
			return true
		}
		if g.Size.Measured {
			if e, ok := t.entries("("); ok && t.literal(")") {
				g.Entries, g.EntriesRecursive = e.Entries, e.EntriesRecursive
			}
			p.addGlobal(name, g)
			return true
		}
	}
	t.i = start
	return false
}

// entries takes "351/351 entries" behind open.
func (t *text) entries(open string) (g Global, ok bool) {
	start := t.i
	if t.word(open) && !t.end() && digit(t.b[t.i]) {
		t.pair("", &g.Entries, &g.EntriesRecursive)
		if t.err == "" && t.word("entries") {
			return g, true
		}
		t.err = ""
	}
	t.i = start
	return Global{}, false
}

func (p *parser) addGlobal(name []byte, g Global) {
	list := &p.snapshot.Globals.List
	*list = longer(*list)
	last := &(*list)[len(*list)-1]
	if g.Name = last.Name; g.Name != string(name) {
		g.Name = p.names.get(name)
	}
	*last = g
	p.snapshot.Expensive = true
}
