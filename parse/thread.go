package parse

import "bytes"

// A thread's name may hold anything, so its line is read from the right:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)

// threadLine takes the thread whose line begins at the cursor: all up to the end of the line
// is its name, numbers, and a closing parenthesis. A name may hold newlines, so where the line
// ends otherwise the next one is tried. The record's first line ends at head.
func (p *parser) threadLine(t *text, head int) bool {
	end := head
	if head <= t.i {
		end = lineEnd(t.b, t.i)
	}
	for {
		last := end
		for last > t.i && blank(t.b[last-1]) {
			last--
		}
		name := p.thread(t, last)
		if name == tooLarge {
			t.i = last
			t.err = "a thread with a number too large for 64 bits"
		}
		if name != noThread {
			return true
		}
		if end == len(t.b) {
			return false
		}
		end = lineEnd(t.b, end+1)
	}
}

// threadInText takes the first thread behind the cursor in text that has lost its line breaks,
// before the next time stamp or the end of the next line.
func (p *parser) threadInText(t *text) bool {
	newlines := 0
	for i := t.i; i < len(t.b); i++ {
		c := t.b[i]
		if c == ')' && p.thread(t, i+1) >= 0 {
			return true
		}
		if c == '\n' {
			newlines++
		}
		if newlines > 1 || blank(c) && stampLen(t.b[i+1:]) > 0 {
			return false
		}
	}
	return false
}

const (
	noThread = -1
	tooLarge = -2
)

// thread takes the thread between the cursor and end and returns the length of its name,
// noThread or tooLarge.
func (p *parser) thread(t *text, end int) int {
	b := t.b[t.i:end]
	if len(b) == 0 || b[len(b)-1] != ')' {
		return noThread
	}
	list := &p.block.Threads.List
	*list = longer(*list)
	th := &(*list)[len(*list)-1]
	name := th.queues(b)
	if name == noThread && bytes.IndexByte(b, '\n') >= 0 {
		b = bytes.Join(bytes.Fields(b), []byte(" "))
		name = th.queues(b)
	}
	if name < 0 {
		*list = (*list)[:len(*list)-1]
		return name
	}
	for name > 0 && blank(b[name-1]) {
		name--
	}
	t.i = end
	if th.Name != string(b[:name]) {
		th.Name = p.names.get(b[:name])
	}
	return name
}

// queues reads the line b of a thread but for its name and returns where that ends, noThread
// or tooLarge. Its texts are cut to eight bytes: the compiler compares more by a call.
func (th *Thread) queues(b []byte) int {
	i := len(b) - 1
	th.OutWrites, i = numberBefore(b, i)
	i = before("/", b, i)
	th.OutReads, i = numberBefore(b, i)
	i = before(" out=", b, i)
	th.InWrites, i = numberBefore(b, i)
	i = before("/", b, i)
	th.InReads, i = numberBefore(b, i)
	i = before("r/w: in=", b, i)
	i = before(" ", b, i)
	i = before(" (#queue", b, i)
	th.PendingOut, i = numberBefore(b, i)
	i = before("/", b, i)
	th.PendingIn, i = numberBefore(b, i)
	i = before("pending=", b, i)
	i = before(" ", b, i)
	th.Out, i = numberBefore(b, i)
	i = before(" out=", b, i)
	th.In, i = numberBefore(b, i)
	return before(" in=", b, i)
}

// before returns where s begins that ends before b[i].
func before(s string, b []byte, i int) int {
	if i < len(s) || string(b[i-len(s):i]) != s {
		return min(i, noThread)
	}
	return i - len(s)
}

// numberBefore returns the number that ends before b[i] and where it begins.
func numberBefore(b []byte, i int) (n uint64, start int) {
	if i < 0 || i > len(b) {
		return 0, min(i, noThread)
	}
	unit := uint64(1)
	for start = i; start > 0; start-- {
		c := b[start-1] - '0'
		if c > 9 {
			break
		}
		n += uint64(c) * unit
		unit *= 10
	}
	if start == i {
		return 0, noThread
	}
	if i-start > maxDigits {
		return 0, tooLarge
	}
	return n, start
}
