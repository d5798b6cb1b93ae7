package parse

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// Record is what a prof.log is read as: a *Snapshot or a *SyntaxError.
type Record interface{ isRecord() }

func (*Snapshot) isRecord()    {}
func (*SyntaxError) isRecord() {}

// SyntaxError is a line that a rule knows but cannot read. The rest of its snapshot is read as
// if the value were not there.
type SyntaxError struct {
	File string
	Line int // counted from 1 where reading began
	Msg  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// parser turns records into Snapshots.
type parser struct {
	name     string
	names    names
	unparsed uint64
	unknown  uint64 // fields
	work     int    // see text

	open     *Snapshot // the newest snapshot, nil before the first
	snapshot *Snapshot // where lines go: open up to the separator behind it, then scrap
	scrap    *Snapshot
	states   uint8 // rows of the snapshot's TCP matrix that were read
	// columns reports whether the last header of a TCP matrix stood in its columns.
	columns bool
	// first reports whether a command line was read since the last snapshot began.
	first bool

	// lines reports whether a thread's name held a newline.
	lines bool
	// displaced is the name of the thread that stood in this place in the snapshot before, if another has
	// come instead.
	displaced string

	ready queue
	free  []*Snapshot
}

func newParser(name string) *parser {
	p := &parser{name: name, names: newNames(), scrap: &Snapshot{}}
	p.snapshot = p.scrap
	return p
}

const (
	keywordIndent = 1 // blanks behind the time stamp
	threadIndent  = 3
	timerIndent   = 9
	globalIndent  = 16
)

// record is a line that begins with a time stamp, and the lines behind it that do not: they continue
// a name, a command line, or text that somebody has wrapped. At the beginning of a file, or behind a
// separator, a line without a stamp is a record by itself.
type record struct {
	text
	stamped bool
	head    int   // length of the first line
	line    int   // number of the line in which b[counted] stands
	offset  int64 // of b in the input

	counted  int  // newlines before b[counted] are counted in line
	noThread bool // no thread's line ends behind the cursor
}

// record takes a record. It reads what follows the fields of a line as the next record: Comm has no
// newline, and text that has lost all its newlines looks no different.
func (p *parser) record(r *record) {
	p.limit(r.offset, r.line)
	t := &r.text
	for stamped := r.stamped; !t.end(); stamped = t.stamp() {
		start, blanks := t.i, 0
		if stamped {
			blanks = t.indent()
		}
		known := blanks == threadIndent && p.threadLine(r)
		if !known && stamped && t.stampFollows() {
			continue
		}
		known = known || p.rule(r, start, blanks)
		if !known || t.glued() {
			t.skipLine()
			p.unparsed++
		}
		p.unknown += t.unknown
		t.unknown = 0
		if t.err != "" {
			p.fail(r.lineOf(start), t.err)
			t.err = ""
		}
	}
	p.work += t.work
}

// limit bounds a snapshot, and what stands outside of all snapshots. The next record is at offset.
func (p *parser) limit(offset int64, line int) {
	if p.snapshot == p.scrap || offset-p.open.Offset > maxSnapshot {
		p.scrapSnapshot(line)
	}
}

func (p *parser) scrapSnapshot(line int) {
	if s := p.scrap; p.snapshot == s {
		s.Timers.ByName, s.Threads.List, s.Globals.List = emptied(s.Timers.ByName), emptied(s.Threads.List), emptied(s.Globals.List)
		return
	}
	p.fail(line, "a snapshot longer than 16 MiB: the rest of it is left out")
	p.separator()
}

// lineOf returns the number of the line of r.b[i]. From call to call, i grows or falls by no more
// than a time stamp.
func (r *record) lineOf(i int) int {
	if i < r.counted {
		return r.line - bytes.Count(r.b[i:r.counted], []byte("\n"))
	}
	r.line += bytes.Count(r.b[r.counted:i], []byte("\n"))
	r.work += i - r.counted
	r.counted = i
	return r.line
}

func (p *parser) fail(line int, msg string) {
	p.unparsed++
	p.ready.push(&SyntaxError{File: p.name, Line: line, Msg: msg})
}

// maxSnapshot is how much of a snapshot is read, in bytes: 100,000 threads need 13 MiB.
const maxSnapshot = 16 << 20

// rule takes a line from behind its time stamp, which ends at start, and the blanks.
func (p *parser) rule(r *record, start, blanks int) bool {
	t := &r.text
	if blanks == keywordIndent {
		if t.literal("Memory: ") {
			p.begin(r, start)
			p.snapshot.memory(t)
			return true
		}
		if p.keyword(t) || p.otherKeyword(t) {
			return true
		}
	}
	return p.table(t) || p.timer(t, blanks) || p.global(t, blanks) || p.threadInText(t) || t.dequeued()
}

// keyword takes a line of fields by its first word, all but Memory.
func (p *parser) keyword(t *text) bool {
	if t.end() {
		return false
	}
	s := p.snapshot
	switch t.b[t.i] {
	case 'C':
		return s.connsOrComm(t)
	case 'T':
		return s.timersOrThreads(t)
	case 'R':
		switch {
		case t.literal("Run-time: "):
			s.runtime(t)
		case t.literal("RuleMatcher: "):
			s.matcher(t)
		default:
			return false
		}
	case 'D':
		if !t.literal("DNS_Mgr: ") {
			return false
		}
		s.dns(t)
	case 'G':
		switch {
		case t.literal("Global_sizes > 100k: 0K"):
			s.globalSizes(t)
		case t.literal("Global_sizes total:"):
			t.kib("", &s.Globals.Size)
			s.globalSizes(t)
		default:
			return false
		}
	default:
		return false
	}
	return true
}

func (s *Snapshot) connsOrComm(t *text) bool {
	switch {
	case t.literal("Conns: "):
		s.conns(t)
	case t.literal("Connections expired due to inactivity:"):
		t.uint("", &s.Conns.Expired)
		t.skipFields()
	case t.literal("Comm: "):
		s.comm(t)
	default:
		return false
	}
	return true
}

func (s *Snapshot) timersOrThreads(t *text) bool {
	switch {
	case t.literal("Timers: "):
		s.timers(t)
	case t.literal("Triggers: "):
		s.triggers(t)
	case t.literal("Threads: "):
		s.threads(t)
	case t.literal("Total reassembler data:"):
		s.reassembler(t)
	case t.literal("Total number of table entries:"):
		s.tableEntries(t)
	default:
		return false
	}
	return true
}

// otherKeyword takes a line without fields by its first word.
func (p *parser) otherKeyword(t *text) bool {
	switch {
	case t.literal("TCP-States:"):
		p.matrixRow(t)
	case t.literal("ConnCompressor: "):
		p.snapshot.writtenBy(ConnCompressorLine)
		t.skipLine()
	case t.literal("segment-"):
		p.snapshot.writtenBy(SegmentLines)
		t.skipLine()
	case t.literal(dashes):
		p.separator()
	case t.literal("Command line:"):
		p.first = true
		p.commandLine(t)
	default:
		return false
	}
	return true
}

// commandLine takes the arguments of a process, which may hold newlines: all up to the
// separator behind them, or to the end of the record.
func (p *parser) commandLine(t *text) {
	head, _, found := bytes.Cut(t.rest(), []byte(" "+dashes))
	if !found {
		t.i = len(t.b)
		return
	}
	stamp, ok := separator(t.b[t.i : t.i+len(head)+1+len(dashes)])
	if !ok {
		t.i += len(head)
		return
	}
	t.i += stamp
}

// separator closes the open snapshot for further lines. It stays the newest until the next begins.
func (p *parser) separator() { p.snapshot = p.scrap }

// begin hands out the open snapshot and opens the next: the time stamp of its Memory line ends at
// r.b[end].
func (p *parser) begin(r *record, end int) {
	start := end
	for start > 0 && !blank(r.b[start-1]) {
		start--
	}
	p.withoutComm()
	p.close()
	p.open = p.take()
	p.snapshot = p.open
	p.open.Time = stampValue(r.b[start:end])
	p.open.Line = r.lineOf(start)
	p.open.Offset = r.offset + int64(start)
	p.open.First = p.first
	p.first = false
	p.states = 0
	p.columns = false
}

// withoutComm narrows the releases of an open snapshot without a Comm line, when its process has
// gone on to the next snapshot: from 2.6 on there would be one.
func (p *parser) withoutComm() {
	if p.open == nil || p.first || p.snapshot == p.open || !p.open.Comm.Empty() {
		return
	}
	if r := p.open.Releases.and(withoutComm); !r.none() {
		p.open.Releases = r
	}
}

// close hands out the open snapshot.
func (p *parser) close() {
	s := p.open
	if s == nil {
		return
	}
	p.open, p.snapshot = nil, p.scrap
	if !s.Expensive {
		// A cheap snapshot prints mem=0K avg=0.0 table=0K connvals=0K: not measured.
		s.Conns.Mem = Opt[uint64]{}
		s.Conns.Avg = Opt[float64]{}
		s.Conns.Table = Opt[uint64]{}
		s.Conns.ConnVals = Opt[uint64]{}
	}
	s.nameTables()
	p.ready.push(s)
}

func (p *parser) take() *Snapshot {
	last := len(p.free) - 1
	if last < 0 {
		p.free = append(p.free, &Snapshot{})
		last = 0
	}
	s := p.free[last]
	p.free = p.free[:last]
	return s
}

// queue holds records that are read, in order. One record of the text may be many.
type queue struct {
	records []Record
	next    int
}

func (q *queue) push(r Record) { q.records = append(q.records, r) }

func (q *queue) empty() bool { return q.next == len(q.records) }

func (q *queue) pop() Record {
	r := q.records[q.next]
	q.records[q.next] = nil
	if q.next++; q.empty() {
		q.records, q.next = q.records[:0], 0
	}
	return r
}

// fork returns a parser that goes on where p is and leaves p alone, but for the names that it keeps.
func (p *parser) fork() *parser {
	f := *p
	f.ready, f.free = queue{}, nil
	f.scrap = &Snapshot{}
	if p.open != nil {
		f.open = p.open.Clone()
	}
	if f.snapshot = f.scrap; p.snapshot == p.open && p.open != nil {
		f.snapshot = f.open
	}
	return &f
}

// names keeps one string for each name that returns in every snapshot. It forgets a name when another one
// with the same hash comes. Where all names are new, a map would cost twice as much.
type names struct {
	hash *crc32.Table
	kept *[maxNames]string
}

const maxNames, maxNameLen = 256, 256

func newNames() names {
	return names{hash: crc32.MakeTable(crc32.Castagnoli), kept: new([maxNames]string)}
}

func (n names) get(name []byte) string {
	if len(name) > maxNameLen {
		return string(name)
	}
	kept := &n.kept[crc32.Checksum(name, n.hash)%maxNames]
	if *kept != string(name) {
		*kept = string(name)
	}
	return *kept
}

// longer returns list with one more element, which holds what an earlier snapshot had there: most
// likely the same name.
func longer[T any](list []T) []T {
	if n := len(list); n < cap(list) {
		return list[:n+1]
	}
	var v T
	return append(list, v)
}
