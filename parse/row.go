package parse

import (
	"bytes"
	"math/bits"
)

// Most lines of a snapshot are rows of a list or of the TCP matrix, and nearly all of those are what
// they were in the snapshot before, but for their numbers. Such rows are read here, from the left
// and in one go. A row that looks any different is left to the rules for all text, which would
// read these the same.

const (
	minRow = timerIndent + 1 // bytes of a row, from behind its time stamp on
	maxRow = 4096            // rows of a list whose beginnings are kept
)

// head is what a thread's line begins with, up to its numbers: "   dns/Log::WRITER_ASCII     in=".
type head struct{ text, name string }

// row takes the row that begins at b[i], behind its time stamp, and returns where its line ends;
// -1 if there is none.
func (p *parser) row(b []byte, i int) int {
	switch {
	case b[i+keywordIndent] != ' ':
		return p.stateRow(b, i)
	case b[i+threadIndent] != ' ':
		return p.threadRow(b, i)
	case b[i+timerIndent] != ' ':
		return p.timerRow(b, i)
	}
	return p.tableRow(b, i)
}

// threadRow takes a thread that begins like the one at its place in the snapshot before. No matter
// what its name is, reading the line from the right gives the same.
func (p *parser) threadRow(b []byte, i int) int {
	threads := p.snapshot.Threads.List
	n := len(threads)
	if n >= len(p.heads) || n == cap(threads) {
		return -1
	}
	h := &p.heads[n]
	numbers := i + len(h.text)
	if numbers > len(b) || string(b[i:numbers]) != h.text {
		return -1
	}
	th := &threads[:n+1][n]
	end := th.numbers(b, numbers)
	if end >= 0 {
		th.Name = h.name
		p.snapshot.Threads.List = threads[:n+1]
	}
	return end
}

// keepHead keeps what the line of the newest thread begins with, for the next snapshot.
func (p *parser) keepHead(text []byte) {
	n := len(p.snapshot.Threads.List) - 1
	if n >= maxRow || len(text) > maxNameLen || bytes.IndexByte(text, '\n') >= 0 {
		return
	}
	for len(p.heads) <= n {
		p.heads = append(p.heads, head{})
	}
	if p.heads[n].text != string(text) {
		s := p.names.get(text)
		p.heads[n] = head{s, trimmed(s[threadIndent : len(s)-len(" in=")])}
	}
}

// timerRow takes "         TableValTimer = 36" if that is the name of the timer at its place in
// an earlier snapshot. Text that begins with a digit may be a time stamp or a table.
func (p *parser) timerRow(b []byte, i int) int {
	timers := p.snapshot.Timers.ByName
	n := len(timers)
	if n == cap(timers) || digit(b[i+timerIndent]) {
		return -1
	}
	t := &timers[:n+1][n]
	if len(t.Name) > maxNameLen {
		return -1
	}
	i = behind("        ", b, i)
	i = behind(" ", b, i)
	i = behind(t.Name, b, i)
	i = behind(" = ", b, i)
	pending, i := numberAt(b, i)
	end := lineEnds(b, i)
	if end >= 0 {
		t.Pending = pending
		p.snapshot.Timers.ByName = timers[:n+1]
	}
	return end
}

// tableRow takes "                34/102 entries".
func (p *parser) tableRow(b []byte, i int) int {
	i = behind("        ", b, i)
	i = behind("        ", b, i)
	n, i := numberAt(b, i)
	i = behind("/", b, i)
	m, i := numberAt(b, i)
	i = behind(" entries", b, i)
	end := lineEnds(b, i)
	if end >= 0 {
		p.addTable(Global{Entries: Opt[uint64]{n, true}, EntriesRecursive: Opt[uint64]{m, true}})
	}
	return end
}

// tcpCells are the labels of the TCP matrix in the order of its rows, each in its cell.
const tcpCells = "Inact.  Syn.    SA      Part.   Est.    Fin.    Rst.    "

// stateRow takes a row of the TCP matrix that is complete, in its columns and in its turn.
func (p *parser) stateRow(b []byte, i int) int {
	i = behind(" TCP-Sta", b, i)
	i = behind("tes:", b, i)
	end := i + tcpRow
	if i < 0 || end >= len(b) {
		return -1
	}
	row := (*[tcpRow]byte)(b[i:end])
	if row[0] == ' ' {
		return p.headerRow(b, i)
	}
	state := bits.OnesCount8(p.rows)
	if !p.columns || state == len(tcpLabels) || b[end] != '\n' || string(row[:tcpCell]) != tcpCells[tcpCell*state:][:tcpCell] {
		return -1
	}
	var cells [NumTCPStates]int64
	for k := range cells {
		cell := row[tcpCell*(k+1) : tcpCell*(k+2)]
		if string(cell) == noConnections {
			continue
		}
		n, last := numberAt(cell, 0)
		if last < 0 || string(cell[last:]) != noConnections[last:] {
			return -1
		}
		cells[k] = int64(n)
	}
	p.snapshot.TCPStates.Cells[state] = cells
	p.addState(state)
	return end
}

func (p *parser) headerRow(b []byte, i int) int {
	end := lineEnds(b, behind(tcpHeader, b, i))
	if end >= 0 {
		p.columns = true
	}
	return end
}

// numbers reads the numbers of a thread's line, from b[i] on, and returns where the line ends.
func (th *Thread) numbers(b []byte, i int) int {
	th.In, i = numberAt(b, i)
	i = behind(" out=", b, i)
	th.Out, i = numberAt(b, i)
	i = behind(" pending", b, i)
	i = behind("=", b, i)
	th.PendingIn, i = numberAt(b, i)
	i = behind("/", b, i)
	th.PendingOut, i = numberAt(b, i)
	i = behind(" (#queue", b, i)
	i = behind(" r/w: in", b, i)
	i = behind("=", b, i)
	th.InReads, i = numberAt(b, i)
	i = behind("/", b, i)
	th.InWrites, i = numberAt(b, i)
	i = behind(" out=", b, i)
	th.OutReads, i = numberAt(b, i)
	i = behind("/", b, i)
	th.OutWrites, i = numberAt(b, i)
	i = behind(")", b, i)
	return lineEnds(b, i)
}

// lineEnds returns i if a line ends there, else -1.
func lineEnds(b []byte, i int) int {
	if i < 0 || i >= len(b) || b[i] != '\n' {
		return -1
	}
	return i
}

// behind returns where s ends that begins at b[i]; -1 if it does not, or if i is -1.
func behind(s string, b []byte, i int) int {
	if i < 0 || i > len(b)-len(s) || string(b[i:i+len(s)]) != s {
		return -1
	}
	return i + len(s)
}

// numberAt returns the number that begins at b[i], and where it ends; -1 if there is none that
// surely fits, or if i is -1.
func numberAt(b []byte, i int) (n uint64, end int) {
	start := uint(i)
	j := start
	for j < uint(len(b)) && digit(b[j]) {
		n = n*10 + uint64(b[j]-'0')
		j++
	}
	if j-start-1 >= maxDigits {
		return 0, -1
	}
	return n, int(j)
}

func trimmed(s string) string {
	for len(s) > 0 && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
