package source

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"bro_exporter/parse"
)

// stream parses what comes from in, which it closes, in a goroutine of its own. That one may
// outlive the call while it waits for a pipe into which nobody writes.
func (l Log) stream(ctx context.Context, in io.ReadCloser, yield yield) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &stream{ctx: ctx, full: make(chan *batch), free: make(chan *batch, 1), batch: &batch{}}
	s.free <- &batch{}
	go func() {
		defer func() { _ = in.Close() }()
		defer close(s.full)
		s.parse(counted{in, l.OnRead}, l.Path)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b, ok := <-s.full:
			if !ok {
				return ctx.Err()
			}
			if !b.deliver(0, yield) {
				return nil
			}
			if b.err != nil {
				return b.err
			}
			b.reset()
			s.free <- b
		}
	}
}

// stream is an io.Reader of the log's text: before it waits for more of it, it hands over what
// was found so far.
type stream struct {
	ctx        context.Context
	in         io.Reader
	lines      int // that were read
	full, free chan *batch
	batch      *batch // what was found since the last one was handed over
}

func (s *stream) parse(in io.Reader, name string) {
	var err error
	if s.in, err = decompressed(in); err == nil {
		r := parse.NewReader(s, name)
		for r.Scan() {
			s.batch.add(r.Record(), 0)
		}
		err = r.Err()
	}
	if err != nil {
		s.batch.err = fmt.Errorf("%s:%d: reading broke off here: %w", name, s.lines+1, err)
	}
	s.handOver()
}

// Read implements io.Reader.
func (s *stream) Read(b []byte) (int, error) {
	if !s.handOver() {
		return 0, s.ctx.Err()
	}
	n, err := s.in.Read(b)
	s.lines += bytes.Count(b[:n], []byte("\n"))
	return n, err
}

// handOver returns false when nobody wants more.
func (s *stream) handOver() bool {
	if len(s.batch.items) == 0 && s.batch.err == nil {
		return s.ctx.Err() == nil
	}
	select {
	case <-s.ctx.Done():
		return false
	case s.full <- s.batch:
		s.batch = <-s.free
		return true
	}
}
