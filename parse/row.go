package parse

import (
	"bytes"
	"math"
	"math/bits"
)

// Nearly all lines of a log are complete, stand on a line of their own, and look as every release
// writes them. Such rows are read here, from the left and in one go, without the ceremony that a
// record of any text needs. A row that looks any different is left to the rules for all text, which
// would read these the same.
//
// What is compared with the text is cut into literals of at most eight bytes where it stands
// between numbers: the compiler compares those with one load and no call.

const minRow = timerIndent + 1 // bytes of a row, from behind its time stamp on

// rows takes the rows that come next: lines that begin with the stamp, from b[next] on, as the first
// one does, but none behind b[last]. It returns where the last one begins, where it ends, and how
// many there are.
func (p *parser) rows(b []byte, next, last int, stamp []byte) (row, end, lines int) {
	for end = next; end <= last; lines++ {
		i := end + len(stamp)
		var to int
		fields, releases := false, Releases{}
		switch {
		case b[i+keywordIndent] == ' ' && b[i+threadIndent] != ' ':
			to = p.threadRow(b, i)
		case b[i+keywordIndent] == ' ':
			to = p.indentedRow(b, i, stamp)
		case string(b[i:i+len(" Comm:")]) == " Comm:":
			to = p.commRow(b, i+len(" Comm:"), stamp)
		default:
			fields, releases = true, p.snapshot.Releases
			to = p.keywordRow(b, i)
		}
		if to < 0 {
			return row, end, lines
		}
		follows := rowFollows(b, to+1, stamp)
		if fields && !follows && !stampAt(b, to+1) {
			// More fields may stand on the next line, and tell another release.
			p.snapshot.Releases = releases
			return row, end, lines
		}
		row, end = end, to+1
		if !follows {
			return row, end, lines + 1
		}
	}
	return row, end, lines
}

// indentedRow takes the row of a timer or a global by the blanks before its name.
func (p *parser) indentedRow(b []byte, i int, stamp []byte) int {
	if string(b[i:i+8]) != "        " {
		return nowhere
	}
	if b[i+timerIndent] != ' ' && b[i+timerIndent-1] == ' ' {
		return p.timerRow(b, i)
	}
	return p.globalRow(b, i, stamp)
}

// stampAt reports whether a time stamp begins at b[i].
func stampAt(b []byte, i int) bool {
	n := stampLen(b[i:])
	return n > 0 && i+n < len(b)
}

// threadRow takes "   conn/Log::WRITER_ASCII     in=41 out=20 pending=0/1 (#queue r/w: ...)". The
// name ends before the first " in=" with which the rest of the line is a thread's; reading the line
// from the right gives the same then.
func (p *parser) threadRow(b []byte, i int) int {
	threads := p.snapshot.Threads.List
	n := len(threads)
	if n == cap(threads) {
		return nowhere
	}
	if b[i+threadIndent-1] != ' ' {
		return nowhere
	}
	i += threadIndent
	th := &threads[:n+1][n]
	numbers := nowhere
	if !p.lines {
		numbers = behindThread(th.Name, b, i)
	}
	if numbers < 0 {
		name, behind := p.otherThread(b, i)
		if behind < 0 {
			return nowhere
		}
		p.displaced, th.Name, numbers = th.Name, name, behind
	}
	end := th.numbers(b, numbers)
	if end >= 0 {
		p.snapshot.Threads.List = threads[:n+1]
	}
	return end
}

// otherThread reads the name of a thread and the "in=" after it. It first tries names that the snapshot before
// had near this place, in case a thread has come or gone.
func (p *parser) otherThread(b []byte, i int) (name string, end int) {
	if p.lines {
		return p.threadName(b, i)
	}
	all := p.snapshot.Threads.List
	if next := len(all) + 1; next < cap(all) {
		name = all[:next+1][next].Name
		if end = behindThread(name, b, i); end >= 0 {
			return name, end
		}
	}
	if end = behindThread(p.displaced, b, i); end >= 0 {
		return p.displaced, end
	}
	return p.threadName(b, i)
}

// behindThread returns where the numbers of the thread begin, if b[i] begins its name.
func behindThread(name string, b []byte, i int) int {
	return behind("in=", b, behindBlanks(b, behindName(name, b, i)))
}

// threadName takes the name of a thread and the "in=" behind it.
func (p *parser) threadName(b []byte, i int) (name string, end int) {
	width := beforeIn(b[i:min(len(b), i+maxNameLen)])
	if width < 0 {
		return "", nowhere
	}
	text := b[i : i+width]
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	if bytes.IndexByte(text, '\n') >= 0 || len(text) > 0 && blank(text[len(text)-1]) {
		return "", nowhere
	}
	return p.names.get(text), i + width + len(" in=")
}

// beforeIn returns where the first " in=" begins. Few names contain "=", but blanks follow all of them.
func beforeIn(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], '=')
		if i < 0 {
			return nowhere
		}
		if i += from; i >= len(" in") && string(b[i-len(" in"):i]) == " in" {
			return i - len(" in")
		}
		from = i + 1
	}
}

// behindName returns where the name ends that begins at b[i]; nowhere if it does not, or is long.
func behindName(name string, b []byte, i int) int {
	if len(name) > maxNameLen {
		return nowhere
	}
	return behind(name, b, i)
}

// behindBlanks returns where the blanks end that begin at b[i]; nowhere if none do.
func behindBlanks(b []byte, i int) int {
	j := uint(i)
	for j < uint(len(b)) && b[j] == ' ' {
		j++
	}
	if int(j) == i {
		return nowhere
	}
	return int(j)
}

// timerRow takes "         TableValTimer = 36". Text that begins with a digit may be a time stamp or
// a table.
func (p *parser) timerRow(b []byte, i int) int {
	timers := p.snapshot.Timers.ByName
	n := len(timers)
	if n == cap(timers) {
		return nowhere
	}
	t := &timers[:n+1][n]
	i += timerIndent
	number := behind(" = ", b, behindName(t.Name, b, i))
	if number < 0 || digit(b[i]) {
		name := word(b, i)
		if number = behind(" = ", b, i+len(name)); number < 0 || digit(b[i]) {
			return nowhere
		}
		t.Name = p.names.get(name)
	}
	pending, i := numberAt(b, number)
	end := lineEnds(b, i)
	if end >= 0 {
		t.Pending = pending
		p.snapshot.Timers.ByName = timers[:n+1]
	}
	return end
}

// word returns what stands at b[i] up to the next blank.
func word(b []byte, i int) []byte {
	for end := i; end < len(b) && end-i < maxNameLen; end++ {
		if blank(b[end]) {
			return b[i:end]
		}
	}
	return nil
}

// globalRow takes "                34/102 entries", or what the releases up to 5.0 write,
// "                Weird::actions = 35K (163/163 entries)".
func (p *parser) globalRow(b []byte, i int, stamp []byte) int {
	if i+globalIndent >= len(b) || string(b[i+8:i+globalIndent]) != "        " || b[i+globalIndent] == ' ' {
		return nowhere
	}
	i += globalIndent
	if digit(b[i]) {
		return p.tableRow(b, i)
	}
	globals := p.snapshot.Globals.List
	n := len(globals)
	if n == cap(globals) {
		return nowhere
	}
	g := &globals[:n+1][n]
	number := behind(" = ", b, behindName(g.Name, b, i))
	if number < 0 || g.Name == "" {
		name := word(b, i)
		if number = behind(" = ", b, i+len(name)); number < 0 {
			return nowhere
		}
		g.Name = p.names.get(name)
	}
	size, i := numberAt(b, number)
	i = behind("K", b, i)
	if size >= wrappedKiB {
		return nowhere
	}
	*g = Global{Name: g.Name, Size: Opt[uint64]{Value: size * 1024, Measured: true}}
	end := lineEnds(b, i)
	if end >= 0 && !rowFollows(b, end+1, stamp) {
		return nowhere // its entries may stand on the next line
	}
	if end < 0 {
		g.Entries.Value, i = numberAt(b, behind(" (", b, i))
		g.EntriesRecursive.Value, i = numberAt(b, behind("/", b, i))
		g.Entries.Measured, g.EntriesRecursive.Measured = true, true
		end = lineEnds(b, behind(")", b, behind(" entries", b, i)))
	}
	if end >= 0 {
		p.snapshot.Globals.List = globals[:n+1]
		p.snapshot.Expensive = true
	}
	return end
}

// tableRow takes "34/102 entries".
func (p *parser) tableRow(b []byte, i int) int {
	n, i := numberAt(b, i)
	m, i := numberAt(b, behind("/", b, i))
	end := lineEnds(b, behind(" entries", b, i))
	if end >= 0 {
		list := longer(p.snapshot.Globals.List)
		list[len(list)-1] = Global{Entries: Opt[uint64]{Value: n, Measured: true}, EntriesRecursive: Opt[uint64]{Value: m, Measured: true}}
		p.snapshot.Globals.List = list
		p.snapshot.Expensive = true
		p.snapshot.writtenBy(UnnamedTables)
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
		return nowhere
	}
	row := (*[tcpRow]byte)(b[i:end])
	if row[0] == ' ' {
		return p.headerRow(b, i)
	}
	state := bits.OnesCount8(p.states)
	if !p.columns || state == len(tcpLabels) || b[end] != '\n' || string(row[:tcpCell]) != tcpCells[tcpCell*state:][:tcpCell] {
		return nowhere
	}
	cells := &p.snapshot.TCPStates.Cells[state]
	*cells = [NumTCPStates]int64{}
	for k := range cells {
		cell := row[tcpCell*(k+1) : tcpCell*(k+2)]
		if string(cell) == noConnections {
			continue
		}
		n, last := numberAt(cell, 0)
		if last < 0 || string(cell[last:]) != noConnections[last:] {
			return nowhere
		}
		cells[k] = int64(n)
	}
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

// nowhere is the place of what was not found. It stays below zero when a length is added to it.
const nowhere = math.MinInt / 2

// lineEnds returns i if a line ends there, else nowhere.
func lineEnds(b []byte, i int) int {
	if uint(i) >= uint(len(b)) || b[i] != '\n' {
		return nowhere
	}
	return i
}

// behind returns where s ends that begins at b[i]; nowhere if it does not.
func behind(s string, b []byte, i int) int {
	end := i + len(s)
	if uint(end) > uint(len(b)) || string(b[i:end]) != s {
		return nowhere
	}
	return end
}

// behindTwo returns where the literal s+t ends that begins at b[i]. The compiler compares up to eight bytes without
// a call.
func behindTwo(s, t string, b []byte, i int) int { return behind(t, b, behind(s, b, i)) }

// numberAt returns the number that begins at b[i], and where it ends; nowhere if there is none that
// surely fits.
func numberAt(b []byte, i int) (n uint64, end int) {
	start := uint(i)
	j := start
	for j < uint(len(b)) && digit(b[j]) {
		n = n*10 + uint64(b[j]-'0')
		j++
	}
	if j-start-1 >= maxDigits {
		return 0, nowhere
	}
	return n, int(j)
}
