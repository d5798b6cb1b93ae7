package parse

import "bytes"

// Assembler reads a prof.log that arrives in pieces, cut anywhere, as a growing file does:
//
//	a := parse.NewAssembler("worker-1/prof.log")
//	for piece := range pieces {
//		a.Write(piece)
//		for a.Scan() {
//			switch r := a.Record().(type) {
//			case *parse.Snapshot:    // a snapshot that is complete: the next one has begun
//			case *parse.SyntaxError: // a line that could not be read
//			}
//		}
//		newest := a.Pending() // what is behind those, as far as it is written
//	}
type Assembler struct {
	p       *parser
	current Record

	buf      []byte
	record   int   // where in buf the record begins that is not parsed yet
	head     int   // where in buf the record's first line ends
	indent   int   // length of the record's time stamp and the blanks before it, 0 without
	line     int   // where in buf the line begins that is not complete yet
	searched int   // no newline stands between line and here
	offset   int64 // of buf[0] in the input
	lines    int   // lines before buf[line]
	// recordLine is the number of the record's first line.
	recordLine int
	// row reports whether the record's first line is a row, and parsed already.
	row bool
	// overlong reports whether the line began before buf[line], and that part was thrown away.
	overlong bool
	// pending is what Pending has found when the input ended at pendingEnd.
	pending    []*Snapshot
	pendingEnd int64
	// stamp is the last time stamp that began a line: most lines begin with the same.
	stamp []byte
}

// maxRecord is how long a record may get, in bytes: a longer line is skipped, and a record of
// more lines is taken apart.
const maxRecord = 1 << 20

// NewAssembler returns an Assembler. Errors call its prof.log name.
func NewAssembler(name string) *Assembler {
	return &Assembler{p: newParser(name), recordLine: 1}
}

// Write adds the bytes that follow those written before. It never fails.
func (a *Assembler) Write(b []byte) (int, error) {
	a.room(len(b))
	a.buf = append(a.buf, b...)
	return len(b), nil
}

// Shrink gives back the memory that a long line or a burst of Writes has taken. Call it when
// nothing more comes for a while.
func (a *Assembler) Shrink() {
	const small = 8 << 10
	a.drop(a.record)
	if cap(a.buf) > small && cap(a.buf) > 2*len(a.buf) {
		a.buf = append(make([]byte, 0, max(small, len(a.buf))), a.buf...)
	}
}

// room makes room for n more bytes behind buf, by dropping those that are parsed first.
func (a *Assembler) room(n int) {
	if a.record > 0 && cap(a.buf)-len(a.buf) < n {
		a.drop(a.record)
	}
}

func (a *Assembler) drop(n int) {
	a.buf = append(a.buf[:0], a.buf[n:]...)
	a.offset += int64(n)
	a.record = max(0, a.record-n)
	a.head = max(0, a.head-n)
	a.line = max(0, a.line-n)
	a.searched = max(0, a.searched-n)
}

// Scan advances to the next record. It returns false when more bytes are needed.
func (a *Assembler) Scan() bool {
	if s, ok := a.current.(*Snapshot); ok {
		s.reset()
		a.p.free = append(a.p.free, s)
	}
	a.current = nil
	for a.p.ready.empty() {
		if !a.step() && a.p.ready.empty() {
			return false
		}
	}
	a.current = a.p.ready.pop()
	a.pending, a.pendingEnd = nil, 0
	return true
}

// Record returns what Scan advanced to. A Snapshot is overwritten by the next call of Scan;
// Clone it to keep it.
func (a *Assembler) Record() Record { return a.current }

// Unparsed returns how many lines no rule knew or could read so far.
func (a *Assembler) Unparsed() uint64 { return a.p.unparsed }

// UnknownFields returns how many fields were skipped so far because no rule knows them: a newer
// release writes them.
func (a *Assembler) UnknownFields() uint64 { return a.p.unknown }

// Pending returns the snapshots that Scan has not handed out, as they would be if nothing followed:
// the newest and, if an incomplete line begins that one, the one before. What is written later
// is not lost by asking. The text of a Comm line counts even though its newline is missing; a
// number that may go on does not.
//
// Until something is written, Pending returns the same Snapshots again.
func (a *Assembler) Pending() []*Snapshot {
	if end := a.offset + int64(len(a.buf)); a.pendingEnd != end {
		a.pending, a.pendingEnd = a.parsePending(), end
	}
	return a.pending
}

func (a *Assembler) parsePending() (snapshots []*Snapshot) {
	if a.p.open == nil && a.record == len(a.buf) {
		return nil
	}
	f := *a
	f.p = a.p.fork()
	f.stamp = bytes.Clone(a.stamp)
	f.finish()
	a.p.work = f.p.work
	for _, r := range f.p.ready.records {
		if s, ok := r.(*Snapshot); ok {
			snapshots = append(snapshots, s.Clone())
		}
	}
	return snapshots
}

// step takes the rows that come next and the line behind them. It returns false if that is not
// complete.
func (a *Assembler) step() bool {
	indent := a.takeRows()
	a.skipBlankLines()
	rest := a.buf[a.line:]
	n := a.newline()
	if n < 0 {
		if len(rest) > maxRecord {
			a.shorten()
		}
		return false
	}
	a.lines++
	if a.overlong || n > maxRecord {
		a.leaveOut(rest[:n])
		return true
	}
	a.takeLine(rest[:n], indent)
	return true
}

// skipBlankLines skips the empty lines that come next, unless they continue a record.
func (a *Assembler) skipBlankLines() {
	if a.indent > 0 || a.overlong || a.line == len(a.buf) || a.buf[a.line] != '\n' {
		return
	}
	a.endRecord()
	next := a.line
	for next < len(a.buf) && a.buf[next] == '\n' {
		next++
	}
	a.lines += next - a.line
	a.behind(next)
}

// newline returns the length of the line that comes next, -1 if it is not complete. What was
// searched before is not searched again.
func (a *Assembler) newline() int {
	from := max(a.line, a.searched)
	n := bytes.IndexByte(a.buf[from:], '\n')
	if n < 0 {
		a.p.work += len(a.buf) - from
		a.searched = len(a.buf)
		return -1
	}
	a.p.work += n
	return from + n - a.line
}

// takeLine takes a line and the length of its time stamp, if that is known.
func (a *Assembler) takeLine(line []byte, indent int) {
	next := a.line + len(line) + 1
	if indent == 0 {
		indent = a.stamped(line)
	}
	if indent > 0 || a.indent == 0 || a.line-a.record > maxRecord {
		a.endRecord()
		a.startRecord(indent, len(line))
	}
	if dashed(line) {
		if start, ends := separator(line); ends {
			a.parse(a.line+start, false)
			a.p.separator()
			a.behind(next)
			return
		}
	}
	a.line = next
}

// takeRows takes the rows that come next, as long as they have the time stamp of the line before.
// What continues the last is read later, like text behind any other record. It returns the length
// of the next line's time stamp if that is known by then, else 0.
func (a *Assembler) takeRows() (indent int) {
	if !rowFollows(a.buf, a.line, a.stamp) {
		return 0
	}
	a.endRecord()
	if a.p.snapshot == a.p.scrap {
		return len(a.stamp)
	}
	last := int(a.p.open.Offset + maxSnapshot - a.offset)
	row, next, lines := a.p.rows(a.buf, a.line, last, a.stamp)
	if lines > 0 {
		a.lines += lines
		a.line = row
		a.startRecord(len(a.stamp), next-1-row)
		a.row = true
		a.line = next
	}
	if !rowFollows(a.buf, next, a.stamp) {
		return 0
	}
	return len(a.stamp)
}

// rowFollows reports whether the line at b[i] begins with the stamp and a blank, and may be a row.
func rowFollows(b []byte, i int, stamp []byte) bool {
	n := len(stamp)
	return n > 0 && len(b)-i >= n+minRow && b[i+n] == ' ' && sameStamp(b[i:i+n], stamp)
}

// sameStamp compares two time stamps. Most have 17 bytes, and 16 are compared without a call.
func sameStamp(a, b []byte) bool {
	if len(a) != 17 || len(b) != 17 {
		return bytes.Equal(a, b)
	}
	return *(*[16]byte)(a) == *(*[16]byte)(b) && a[16] == b[16]
}

// stamped returns the length of the time stamp that a line begins with, and of the blanks or
// the hole of NULs before it; 0 if there is none.
func (a *Assembler) stamped(line []byte) int {
	i := 0
	for i < len(line) && blank(line[i]) {
		i++
	}
	n := stampLen(line[i:])
	if n == 0 {
		return 0
	}
	a.stamp = append(a.stamp[:0], line[i:i+n]...)
	return i + n
}

// endRecord parses the record before the current line.
func (a *Assembler) endRecord() {
	parsed := a.row && a.line == a.head+1
	if a.line > a.record && !parsed {
		a.parse(a.line-1, false)
	}
	a.record = a.line
}

// startRecord begins a record with the current line.
func (a *Assembler) startRecord(indent, length int) {
	a.record, a.head, a.indent, a.recordLine = a.line, a.line+length, indent, a.lines
	a.row = false
}

// behind goes on at next, where a record begins.
func (a *Assembler) behind(next int) {
	a.record, a.head, a.line = next, next, next
	a.indent, a.recordLine = 0, a.lines+1
	a.row = false
}

// parse parses the record up to end.
func (a *Assembler) parse(end int, cut bool) {
	r := record{
		text:    text{b: a.buf[a.record:end], i: min(a.indent, end-a.record), cut: cut, lastLine: a.line - a.record},
		stamped: a.indent > 0 && end > a.record,
		head:    min(end, a.head) - a.record,
		line:    a.recordLine,
		offset:  a.offset + int64(a.record),
	}
	if a.row {
		r.i = r.head
		r.stamped = r.stamp()
	}
	a.p.record(&r)
}

// leaveOut leaves out a line that is too long.
func (a *Assembler) leaveOut(line []byte) {
	a.skipOverlong()
	if _, ends := separator(line); ends {
		a.p.separator()
	}
	a.behind(a.line + len(line) + 1)
}

// skipOverlong leaves out a line that is longer than a record may be, or its beginning.
func (a *Assembler) skipOverlong() {
	if !a.overlong {
		a.endRecord()
		a.p.fail(a.lines, "a line longer than 1 MiB is left out")
	}
	a.overlong = false
}

// shorten throws away what there is of a line that is too long already, but for what may be the
// beginning of a separator at its end.
func (a *Assembler) shorten() {
	a.lines++
	a.skipOverlong()
	a.lines--
	a.overlong = true
	a.stamp = a.stamp[:0]
	a.drop(len(a.buf) - len(lastBytes(a.buf)))
	a.behind(0)
}

// finish parses what is left when nothing follows, and hands out the newest snapshot.
func (a *Assembler) finish() {
	if !a.overlong {
		rest := a.buf[a.line:]
		a.lines++
		if indent := a.stamped(rest); indent > 0 {
			a.endRecord()
			a.startRecord(indent, len(rest))
		}
		a.parse(len(a.buf), len(rest) > 0)
	}
	a.behind(len(a.buf))
	a.p.close()
}
