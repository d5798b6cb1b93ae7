package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"bro_exporter/parse"
)

// pieces parses a file of size bytes in pieces of at least step bytes, with all processors.
//
// A piece begins with a block behind a separator, where a parser may begin. What stood before
// that block is not known there: it may be the first of a process. So the piece before reads on
// until it has that block whole, and its own piece leaves it out.
func (l Log) pieces(ctx context.Context, file io.ReaderAt, size, step int64, yield yield) error {
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	s := &splitter{ctx: ctx, log: l, file: file, size: size, todo: make(chan *piece)}
	s.inOrder = make(chan *piece, runtime.GOMAXPROCS(0))
	running.Go(func() { s.split(step) })
	for range runtime.GOMAXPROCS(0) {
		running.Go(s.work)
	}
	lines := 0
	for p := range s.inOrder {
		for b := range p.found {
			if !b.deliver(lines, yield) {
				return nil
			}
			if b.err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s:%d: reading broke off here: %w", l.Path, lines+p.lines+1, b.err)
			}
			b.reset()
			s.batches.Put(b)
		}
		if ctx.Err() != nil {
			return ctx.Err() // the piece may not be complete
		}
		lines += p.lines
	}
	return ctx.Err()
}

type splitter struct {
	ctx     context.Context
	log     Log
	file    io.ReaderAt
	size    int64
	todo    chan *piece // for whoever has time
	inOrder chan *piece // for who delivers what was found
	batches sync.Pool
}

// piece is a part of a file. What was found in it comes in few batches, most often in one.
type piece struct {
	from, to int64
	found    chan *batch
	lines    int // may be read when found has been closed, or has brought an error
}

// split makes pieces, but not many more than are being parsed.
func (s *splitter) split(step int64) {
	defer close(s.inOrder)
	defer close(s.todo)
	for from := int64(0); from < s.size; {
		to, err := parse.NextBlock(s.file, from+step, s.size)
		if err != nil {
			to = s.size // who parses it meets the same error, and says where
		}
		p := &piece{from: from, to: to, found: make(chan *batch, 1)}
		if !send(s.ctx, s.inOrder, p) || !send(s.ctx, s.todo, p) {
			close(p.found)
			return
		}
		from = to
	}
}

// send returns false if ctx was done before v was taken.
func send[T any](ctx context.Context, to chan<- T, v T) bool {
	select {
	case <-ctx.Done():
		return false
	case to <- v:
		return true
	}
}

func (s *splitter) work() {
	for p := range s.todo {
		s.parse(p)
	}
}

// maxBatch is how many records a batch may hold: where there is no block to begin with, a piece
// may be as large as the file.
const maxBatch = 1024

func (s *splitter) parse(p *piece) {
	defer close(p.found)
	text := &section{ctx: s.ctx, piece: p, onRead: s.log.OnRead, rest: io.NewSectionReader(s.file, p.from, s.size-p.from)}
	r := parse.NewReader(text, s.log.Path)
	found := s.newBatch()
	known := p.from == 0 // what stood before the next block
	end := false
	for !end && r.Scan() {
		block, isBlock := r.Record().(*parse.Snapshot)
		end = isBlock && p.from+block.Offset >= p.to
		if known {
			found.add(r.Record(), p.from)
		}
		known = known || isBlock
		if len(found.items) == maxBatch {
			if !send(s.ctx, p.found, found) {
				return
			}
			found = s.newBatch()
		}
	}
	if !end { // else the next piece meets the error, if there is one
		found.err = r.Err()
	}
	send(s.ctx, p.found, found)
}

func (s *splitter) newBatch() *batch {
	if b, ok := s.batches.Get().(*batch); ok {
		return b
	}
	return &batch{}
}

// section reads a piece and what follows, and counts what belongs to the piece.
type section struct {
	ctx    context.Context
	piece  *piece
	at     int64 // in the piece
	onRead func(n int)
	rest   io.Reader
}

// Read implements io.Reader.
func (s *section) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.rest.Read(b)
	own := int(min(int64(n), max(0, s.piece.to-s.piece.from-s.at)))
	s.at += int64(n)
	s.piece.lines += bytes.Count(b[:own], []byte("\n"))
	if s.onRead != nil {
		s.onRead(own)
	}
	return n, err
}
