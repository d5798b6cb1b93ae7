package parse

import "bytes"

// A thread's name may hold anything, so its line is read from the right:
//
//	conn/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)

// threadLine takes the thread whose line begins at the cursor: all up to the end of the line
// is its name, numbers, and a closing parenthesis. A name may hold newlines, so where the line
// ends otherwise the next one is tried. The record's first line ends at head.
func (p *parser) threadLine(t *text, head int) bool {
	first := head
	if head <= t.i {
		first = lineEnd(t.b, t.i)
	}
	for end := first; ; end = lineEnd(t.b, end+1) {
		last := end
		for last > t.i && blank(t.b[last-1]) {
			last--
		}
		name := p.thread(t.b[t.i:last])
		if name == tooLarge {
			t.err = "a thread with a number too large for 64 bits"
		}
		if name >= 0 && end == first {
			p.keepHead(t.b[t.i-threadIndent : t.i+name+len(" in=")])
		}
		if name != noThread {
			t.i = last
			return true
		}
		if end == len(t.b) {
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
		if c == ')' && p.thread(t.b[t.i:i+1]) >= 0 {
			t.i = i + 1
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

// thread adds the thread that b is and returns the length of its name, noThread or tooLarge.
func (p *parser) thread(b []byte) int {
	if len(b) == 0 || b[len(b)-1] != ')' {
		return noThread
	}
	threads := longer(p.snapshot.Threads.List)
	th := &threads[len(threads)-1]
	end := th.queues(b)
	if end == noThread && bytes.IndexByte(b, '\n') >= 0 {
		b = bytes.Join(bytes.Fields(b), []byte(" "))
		end = th.queues(b)
	}
	if end < 0 {
		p.snapshot.Threads.List = threads[:len(threads)-1]
		return end
	}
	name := b[:end]
	for len(name) > 0 && blank(name[len(name)-1]) {
		name = name[:len(name)-1]
	}
	if th.Name != string(name) {
		th.Name = p.names.get(name)
	}
	p.snapshot.Threads.List = threads
	return end
}

// queues reads the line b of a thread but for its name and returns where that ends, noThread
// or tooLarge.
func (th *Thread) queues(b []byte) int {
	i := len(b) - 1
	th.OutWrites, i = numberBefore(b, i)
	i = before("/", b, i)
	th.OutReads, i = numberBefore(b, i)
	i = before(" out=", b, i)
	th.InWrites, i = numberBefore(b, i)
	i = before("/", b, i)
	th.InReads, i = numberBefore(b, i)
	i = before(" (#queue r/w: in=", b, i)
	th.PendingOut, i = numberBefore(b, i)
	i = before("/", b, i)
	th.PendingIn, i = numberBefore(b, i)
	i = before(" pending=", b, i)
	th.Out, i = numberBefore(b, i)
	i = before(" out=", b, i)
	th.In, i = numberBefore(b, i)
	return before(" in=", b, i)
}

// before returns where s begins that ends before b[i].
func before(s string, b []byte, i int) int {
	if i < 0 {
		return i
	}
	if !bytes.HasSuffix(b[:i], []byte(s)) {
		return noThread
	}
	return i - len(s)
}

// numberBefore returns the number that ends before b[i] and where it begins.
func numberBefore(b []byte, i int) (n uint64, start int) {
	for start = i; start > 0 && digit(b[start-1]); start-- {
	}
	switch {
	case i < 0:
		return 0, i
	case start == i:
		return 0, noThread
	case i-start > maxDigits:
		return 0, tooLarge
	}
	for _, c := range b[start:i] {
		n = n*10 + uint64(c-'0')
	}
	return n, start
}
