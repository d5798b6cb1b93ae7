package logs

import (
	"bytes"
	"context"
	"io"

	"bro_exporter/parse"
)

// stream parses what comes from in, and closes it, in a goroutine of its own. The goroutine may
// outlive the call while it waits for a pipe into which nobody writes.
func (r *reader[T]) stream(in io.ReadCloser) error {
	ctx, stop := context.WithCancel(r.ctx)
	defer stop()
	s := &stream[T]{reader: r, ctx: ctx, full: make(chan batch[T])}
	go func() {
		defer func() { _ = in.Close() }()
		defer close(s.full)
		s.parse(counted{Reader: in, onRead: r.log.OnRead})
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b, ok := <-s.full:
			switch {
			case !ok:
				return ctx.Err()
			case !r.deliver(&b):
				return nil
			case b.err != nil:
				return b.err
			}
		}
	}
}

// stream is an io.Reader of the log's text: before it waits for more, it hands over what was found so
// far.
type stream[T any] struct {
	*reader[T]
	ctx   context.Context
	in    io.Reader
	lines int // that were read
	full  chan batch[T]
	found batch[T] // since the last one was handed over
}

func (s *stream[T]) parse(in io.Reader) {
	var err error
	if s.in, err = decompressed(in); err == nil {
		r := parse.NewReader(s, s.log.Path)
		for r.Scan() {
			s.add(&s.found, r.Record(), 0, 0)
		}
		err = r.Err()
	}
	if err != nil {
		s.found.err = brokeOff(s.log, s.lines, err)
	}
	s.handOver()
}

// Read implements io.Reader.
func (s *stream[T]) Read(b []byte) (int, error) {
	if !s.handOver() {
		return 0, s.ctx.Err()
	}
	n, err := s.in.Read(b)
	s.lines += bytes.Count(b[:n], []byte("\n"))
	return n, err
}

// handOver returns false when nobody wants more.
func (s *stream[T]) handOver() bool {
	if len(s.found.items) == 0 && s.found.err == nil {
		return s.ctx.Err() == nil
	}
	found := s.found
	s.found = batch[T]{}
	return send(s.ctx, s.full, found)
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
