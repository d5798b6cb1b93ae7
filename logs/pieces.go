package logs

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"

	"bro_exporter/parse"
)

// pieces parses a file of size bytes in pieces of at least step bytes, with all processors.
//
// A piece begins with a snapshot behind a separator, where a parser may begin. What stood before
// that snapshot is not known there: it may be the first of a process. So the piece before reads on
// until it has that snapshot whole, and its own piece leaves it out.
func (r *reader[T]) pieces(file io.ReaderAt, size, step int64) error {
	ctx, stop := context.WithCancel(r.ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	processors := runtime.GOMAXPROCS(0)
	s := &splitter[T]{reader: r, ctx: ctx, file: file, size: size}
	s.todo, s.inOrder = make(chan *piece[T], processors), make(chan *piece[T], processors)
	running.Go(func() { s.split(step) })
	for range processors {
		running.Go(s.work)
	}
	for p := range s.inOrder {
		for b := range p.found {
			switch {
			case !r.deliver(&b):
				return nil
			case b.err != nil && ctx.Err() == nil:
				return b.err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err() // the piece may not be complete
		}
	}
	return ctx.Err()
}

type splitter[T any] struct {
	*reader[T]
	ctx     context.Context
	file    io.ReaderAt
	size    int64
	todo    chan *piece[T] // for whichever worker has time
	inOrder chan *piece[T] // for delivery
	texts   sync.Pool      // of *[]byte, for the texts of pieces
}

// piece is a part of a file, and the number of lines before it. What was found in it comes in few
// batches, most often in one.
type piece[T any] struct {
	from, to int64
	lines    int
	text     *[]byte // of the piece, as far as it could be read; nil if it is too large
	within   int     // lines of text
	found    chan batch[T]
}

// split makes pieces, but not many more than are being parsed. It reads their text, since a piece's
// line numbers depend on the text of all before: so no byte is read twice.
func (s *splitter[T]) split(step int64) {
	defer close(s.inOrder)
	defer close(s.todo)
	lines := 0
	for from := int64(0); from < s.size; {
		to, err := parse.NextSnapshot(s.file, from+step, s.size)
		if err != nil {
			to = s.size // the worker meets the same error, and reports where
		}
		p := &piece[T]{from: from, to: to, lines: lines, found: make(chan batch[T], 1)}
		if to-from <= 2*step {
			p.text = s.read(from, int(to-from))
			p.within = bytes.Count(*p.text, newline)
			lines += p.within
		}
		if !send(s.ctx, s.inOrder, p) || !send(s.ctx, s.todo, p) {
			close(p.found)
			return
		}
		if to-from > 2*step {
			lines += s.countLines(from, to)
		}
		from = to
	}
}

var newline = []byte("\n")

// read returns n bytes of the file, fewer if they cannot be read.
func (s *splitter[T]) read(from int64, n int) *[]byte {
	text, _ := s.texts.Get().(*[]byte)
	if text == nil {
		text = new([]byte)
	}
	if cap(*text) < n {
		*text = make([]byte, n)
	}
	n, _ = s.file.ReadAt((*text)[:n], from) // the worker meets the same error
	*text = (*text)[:n]
	return text
}

func (s *splitter[T]) countLines(from, to int64) int {
	c := &lineCounter{in: s.section(from, to)}
	_, _ = io.Copy(io.Discard, c) // the worker meets the same error
	return c.lines
}

func (s *splitter[T]) work() {
	for p := range s.todo {
		s.parse(p)
	}
}

// open returns a reader of the text from the piece's beginning to the file's end, and a counter of the lines
// that it reads after p.text.
func (s *splitter[T]) open(p *piece[T]) (*parse.Reader, *lineCounter) {
	if p.text == nil {
		behind := &lineCounter{in: s.section(p.from, s.size)}
		return parse.NewReader(behind, s.log.Path), behind
	}
	from := p.from + int64(len(*p.text))
	behind := &lineCounter{in: shortly{Reader: s.section(from, s.size)}}
	return parse.NewReaderOf(*p.text, behind, s.log.Path), behind
}

// maxBatch is how many records a batch may hold: where there is no snapshot to begin with, a piece
// may be as large as the file.
const maxBatch = 1024

func (s *splitter[T]) parse(p *piece[T]) {
	defer close(p.found)
	r, behind := s.open(p)
	var found batch[T]
	known := p.from == 0 // what stood before the next snapshot
	end := false
	for !end && r.Scan() {
		snapshot, isSnapshot := r.Record().(*parse.Snapshot)
		end = isSnapshot && p.from+snapshot.Offset >= p.to
		if known {
			s.add(&found, r.Record(), p.from, p.lines)
		}
		known = known || isSnapshot
		if len(found.items) == maxBatch {
			if !send(s.ctx, p.found, found) {
				return
			}
			found = batch[T]{}
		}
	}
	// At its end the piece has read ahead: what broke there is the next one's.
	if err := r.Err(); err != nil && !end {
		found.err = brokeOff(s.log, p.lines+p.within+behind.lines, err)
	}
	if p.text != nil {
		s.texts.Put(p.text)
	}
	if s.log.OnRead != nil {
		s.log.OnRead(int(p.to - p.from))
	}
	send(s.ctx, p.found, found)
}

// section returns a part of the file. Reading it ends when it is no longer wanted.
func (s *splitter[T]) section(from, to int64) *section {
	return &section{ctx: s.ctx, SectionReader: io.NewSectionReader(s.file, from, to-from)}
}

type section struct {
	ctx context.Context
	*io.SectionReader
}

// Read implements io.Reader.
func (s *section) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.SectionReader.Read(b)
}

// shortly reads little at a time, where little is wanted.
type shortly struct{ io.Reader }

// Read implements io.Reader.
func (s shortly) Read(b []byte) (int, error) {
	return s.Reader.Read(b[:min(len(b), 16<<10)])
}

// lineCounter counts the lines that are read from it.
type lineCounter struct {
	in    io.Reader
	lines int
}

// Read implements io.Reader.
func (c *lineCounter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.lines += bytes.Count(b[:n], newline)
	return n, err
}
