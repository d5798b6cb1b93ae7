package parse

import (
	"bytes"
	"strings"
)

// A thread's name may hold anything, so its line is read from the right:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)

// threadLine takes the thread whose line begins at the cursor: a name, and numbers up to the closing
// parenthesis at the end of the line. A name may hold newlines: if a line ends otherwise, the next is
// tried, to the end of the record r.
func (p *parser) threadLine(r *record) bool {
	t := &r.text
	if r.noThread {
		return false
	}
	first := r.head
	if first <= t.i {
		first = t.lineEnd(t.i)
	}
	for start, end := t.i, first; ; start, end = end, t.lineEnd(end+1) {
		last := end
		for last > start && blank(t.b[last-1]) {
			last--
		}
		name := noThread
		if last > start {
			name = p.thread(t, last, end > first)
		}
		if name == tooLarge {
			t.err = "a thread with a number too large for 64 bits"
		}
		if name != noThread {
			t.i = last
			return true
		}
		if end == len(t.b) {
			// Where no thread ends for this name, none ends for one that begins later.
			r.noThread = true
			return false
		}
	}
}

// threadInText takes the first thread behind the cursor in text that has lost its line breaks,
// before the next time stamp or the end of the next line.
func (p *parser) threadInText(t *text) bool {
	newlines := 0
	for i := t.i; i < len(t.b); i++ {
		c := t.b[i]
		if c == ')' && p.thread(t, i+1, newlines > 0) >= 0 {
			t.i = i + 1
			return true
		}
		if c == '\n' {
			newlines++
		}
		if newlines > 1 || blank(c) && stampLen(t.b[i+1:]) > 0 {
			t.work += i - t.i
			return false
		}
	}
	t.work += len(t.b) - t.i
	return false
}

const (
	noThread = -1
	tooLarge = -2
)

// thread adds the thread between the cursor and end, and returns the length of its name, noThread or
// tooLarge. If the text has several lines, somebody may have wrapped it: any blanks count as one.
//
// It is called for many ends, so it looks only at the last bytes before each.
func (p *parser) thread(t *text, end int, lines bool) int {
	b := t.b[t.i:end]
	if len(b) == 0 || b[len(b)-1] != ')' {
		return noThread
	}
	threads := longer(p.snapshot.Threads.List)
	th := &threads[len(threads)-1]
	n, seen := th.queues(b, false)
	wrapped := n == noThread && lines
	if wrapped {
		n, seen = th.queues(b, true)
	}
	t.work += len(b) - seen
	if n < 0 {
		p.snapshot.Threads.List = threads[:len(threads)-1]
		return n
	}
	name := b[:n]
	for len(name) > 0 && blank(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if wrapped {
		name = bytes.Join(bytes.Fields(name), []byte(" "))
	}
	if th.Name != string(name) {
		th.Name = p.names.get(name)
	}
	p.lines = p.lines || lines
	p.snapshot.Threads.List = threads
	return n
}

// queues reads the line b of a thread but for its name and returns where that ends, noThread
// or tooLarge, and how far left it has looked.
func (th *Thread) queues(b []byte, wrapped bool) (end, seen int) {
	r := fromRight{b: b, i: len(b) - 1, wrapped: wrapped}
	th.OutWrites = r.number()
	r.literal("/")
	th.OutReads = r.number()
	r.literal(" out=")
	th.InWrites = r.number()
	r.literal("/")
	th.InReads = r.number()
	r.literal(" in=")
	r.literal(" r/w:")
	r.literal(" (#queue")
	th.PendingOut = r.number()
	r.literal("/")
	th.PendingIn = r.number()
	r.literal(" pending=")
	th.Out = r.number()
	r.literal(" out=")
	th.In = r.number()
	r.literal(" in=")
	if r.failed != 0 {
		return r.failed, r.i
	}
	return r.i, r.i
}

// fromRight is a cursor that moves to the left: its methods take what ends before b[i].
type fromRight struct {
	b       []byte
	i       int
	wrapped bool // any blanks count as the one that a literal begins with
	failed  int  // noThread or tooLarge when something else stood there
}

func (r *fromRight) literal(s string) {
	word, afterBlank := s, false
	if r.wrapped {
		word, afterBlank = strings.CutPrefix(s, " ")
	}
	if r.failed != 0 || !bytes.HasSuffix(r.b[:r.i], []byte(word)) {
		r.fail(noThread)
		return
	}
	r.i -= len(word)
	if !afterBlank {
		return
	}
	start := r.i
	for r.i > 0 && blank(r.b[r.i-1]) {
		r.i--
	}
	if r.i == start {
		r.fail(noThread)
	}
}

func (r *fromRight) fail(reason int) {
	if r.failed == 0 {
		r.failed = reason
	}
}

func (r *fromRight) number() (n uint64) {
	if r.failed != 0 {
		return 0
	}
	start := r.i
	for start > 0 && digit(r.b[start-1]) {
		start--
	}
	digits := r.b[start:r.i]
	r.i = start
	switch {
	case len(digits) == 0:
		r.fail(noThread)
	case len(digits) > maxDigits:
		r.fail(tooLarge)
	default:
		for _, c := range digits {
			n = n*10 + uint64(c-'0')
		}
	}
	return n
}
