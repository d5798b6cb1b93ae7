package logs

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync"

	"bro_exporter/parse"
)

// pieceSize is how many bytes of a large file one goroutine parses at a time: about 80 snapshots. Text and
// snapshots of a few such pieces fit into the processors' caches.
const pieceSize = 512 << 10

// largeSize is how many bytes make a file large. Several goroutines save less on a smaller one than the
// memory of their pieces costs.
const largeSize = 16 * pieceSize

// Snapshots reads the log from its beginning to its end and yields its snapshots in order. A
// snapshot is overwritten when the next one is asked for; Clone it to keep it. An error comes without
// a snapshot: a *parse.SyntaxError is a line that could not be read, and reading goes on; any other
// is the last, and tells in which line the log broke, after all snapshots before it.
//
// A large file is parsed by as many goroutines as there are processors, and memory is bounded
// whatever the size. When ctx is done, reading ends with its error.
func (l Log) Snapshots(ctx context.Context) iter.Seq2[*parse.Snapshot, error] {
	var used sync.Pool
	keep := func(s *parse.Snapshot) *parse.Snapshot {
		kept, _ := used.Get().(*parse.Snapshot)
		if kept == nil {
			kept = &parse.Snapshot{}
		}
		kept.CopyFrom(s)
		return kept
	}
	return func(yield func(*parse.Snapshot, error) bool) {
		for s, err := range Map(ctx, l, keep) {
			if !yield(s, err) {
				return
			}
			if s != nil {
				used.Put(s)
			}
		}
	}
}

// Map yields what convert makes of each snapshot, in the order of Snapshots. Use it for work that takes
// longer than parsing: the goroutines that parse call convert, several at once and in any order. A
// snapshot is overwritten when convert has returned.
func Map[T any](ctx context.Context, l Log, convert func(*parse.Snapshot) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := reader[T]{ctx: ctx, log: l, convert: convert, yield: yield}
		if err := r.read(); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// reader reads a log.
type reader[T any] struct {
	ctx     context.Context
	log     Log
	convert func(*parse.Snapshot) T
	yield   func(T, error) bool
}

func (r *reader[T]) read() error {
	if r.log.stdin != nil {
		return r.stream(io.NopCloser(r.log.stdin))
	}
	file, err := openWithin(r.ctx, r.log.Path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return explained(err)
	}
	if !info.Mode().IsRegular() || info.Size() < largeSize || compressed(file) {
		return r.stream(file)
	}
	defer file.Close()
	return r.pieces(file, info.Size(), pieceSize)
}

// openWithin opens a file unless ctx is done before. A named pipe cannot be opened before somebody
// writes into it; a goroutine is left waiting for that.
func openWithin(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		file *os.File
		err  error
	}
	done := make(chan opened)
	go func() {
		file, err := os.Open(path)
		if !send(ctx, done, opened{file: file, err: err}) && err == nil {
			file.Close()
		}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case o := <-done:
		if o.err != nil {
			return nil, explained(o.err)
		}
		return o.file, nil
	}
}

// batch is what was found in a part of a log, in order.
type batch[T any] struct {
	items []item[T]
	err   error // that ended reading behind the items
}

// item is one or the other.
type item[T any] struct {
	snapshot T
	fault    *parse.SyntaxError
}

// add takes a record of a text that begins at offset, and the number of lines before that.
func (r *reader[T]) add(b *batch[T], record parse.Record, offset int64, lines int) {
	switch rec := record.(type) {
	case *parse.SyntaxError:
		rec.Line += lines
		b.items = append(b.items, item[T]{fault: rec})
	case *parse.Snapshot:
		rec.Line += lines
		rec.Offset += offset
		b.items = append(b.items, item[T]{snapshot: r.convert(rec)})
	}
}

// deliver yields what is in b, and returns false if no more is wanted.
func (r *reader[T]) deliver(b *batch[T]) bool {
	for _, item := range b.items {
		var err error
		if item.fault != nil {
			err = item.fault
		}
		if !r.yield(item.snapshot, err) {
			return false
		}
	}
	return true
}

// brokeOff wraps the error that ended reading behind that many lines.
func brokeOff(log Log, lines int, err error) error {
	return fmt.Errorf("%s:%d: reading broke off here: %w", log.Path, lines+1, err)
}

// Open opens the log's text, decompressed, at its beginning. Standard input can be opened only once.
func (l Log) Open() (io.ReadCloser, error) {
	if l.stdin != nil {
		text, err := decompressed(l.stdin)
		return io.NopCloser(text), err
	}
	file, err := os.Open(l.Path)
	if err != nil {
		return nil, explained(err)
	}
	text, err := decompressed(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", l.Path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{Reader: text, Closer: file}, nil
}

// IsStdin reports whether the log is standard input.
func (l Log) IsStdin() bool { return l.stdin != nil }

// Newest returns the newest snapshot of the log, nil if it has none. It searches a file from its end,
// which takes no longer for a large one; it reads a compressed or piped log from the beginning. Line
// is always 0.
func (l Log) Newest(ctx context.Context) (*parse.Snapshot, error) {
	newest, err := l.newest(ctx)
	if newest != nil {
		newest.Line = 0
	}
	return newest, err
}

func (l Log) newest(ctx context.Context) (*parse.Snapshot, error) {
	if file := l.seekable(); file != nil {
		defer file.Close()
		recent, err := parse.Latest(file, l.Size)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.Path, err)
		}
		return recent.Newest, nil
	}
	var newest *parse.Snapshot
	for snapshot, err := range l.Snapshots(ctx) {
		if syntax := (*parse.SyntaxError)(nil); errors.As(err, &syntax) {
			continue
		}
		if err != nil {
			return newest, err
		}
		if newest == nil {
			newest = &parse.Snapshot{}
		}
		newest.CopyFrom(snapshot)
	}
	return newest, nil
}

// seekable returns the log's file, opened, if it can be read from its end.
func (l Log) seekable() *os.File {
	if l.Size == 0 || l.stdin != nil {
		return nil
	}
	file, err := os.Open(l.Path)
	if err != nil {
		return nil // reading it from its beginning says why
	}
	if compressed(file) {
		file.Close()
		return nil
	}
	return file
}

const gzipMagic = "\x1f\x8b"

// compressed looks at the first bytes: names lie.
func compressed(file io.ReaderAt) bool {
	magic := make([]byte, len(gzipMagic))
	n, _ := file.ReadAt(magic, 0)
	return string(magic[:n]) == gzipMagic
}

// decompressed returns what in holds, which may be compressed.
func decompressed(in io.Reader) (io.Reader, error) {
	counted := &byteCounter{in: in}
	buffered := bufio.NewReaderSize(counted, 64<<10)
	// An error comes again when reading goes on.
	if magic, _ := buffered.Peek(len(gzipMagic)); string(magic) != gzipMagic {
		return buffered, nil
	}
	text, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	return &inflated{text: text, compressed: counted}, nil
}

// A prof.log is 10 to 40 times as large as its compressed form. A file that grows far more was made to
// cost time: a megabyte can hold a gigabyte of newlines.
const (
	maxInflation = 250      // bytes of text for each compressed byte
	anyInflation = 64 << 20 // bytes of text that may be any number of times larger
)

var errInflated = fmt.Errorf("over %d times as large as its compressed file, which no prof.log is: decompress it yourself to read it all the same", maxInflation)

// inflated is a text that ends with an error once it is far larger than its compressed form.
type inflated struct {
	text       io.Reader
	n          int64
	compressed *byteCounter
}

// Read implements io.Reader.
func (i *inflated) Read(b []byte) (int, error) {
	n, err := i.text.Read(b)
	i.n += int64(n)
	if i.n > anyInflation && i.n > maxInflation*i.compressed.n {
		return n, errInflated
	}
	return n, err
}

// byteCounter counts the bytes that are read from it.
type byteCounter struct {
	in io.Reader
	n  int64
}

// Read implements io.Reader.
func (c *byteCounter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	return n, err
}

// counted tells OnRead what is read from it.
type counted struct {
	io.Reader
	onRead func(n int)
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if c.onRead != nil {
		c.onRead(n)
	}
	return n, err
}
