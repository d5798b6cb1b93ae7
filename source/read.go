package source

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"bro_exporter/parse"
)

// pieceSize is how many bytes of a large file one goroutine parses at a time: about 300 blocks.
const pieceSize = 2 << 20

// Blocks reads the log from its beginning to its end and yields its blocks in order. A block is
// overwritten when the next one is asked for. An error comes without a block:
// a *parse.SyntaxError is a line that could not be read, and reading goes on; any other is the
// last, and says in which line the log broke, after all blocks before it.
//
// A large file is parsed by as many goroutines as there are processors, and memory is bounded
// whatever the size. When ctx is done, reading ends with its error.
func (l Log) Blocks(ctx context.Context) iter.Seq2[*parse.Snapshot, error] {
	return func(yield func(*parse.Snapshot, error) bool) {
		if err := l.read(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

// yield takes a block or an error, and says whether more are wanted.
type yield = func(*parse.Snapshot, error) bool

func (l Log) read(ctx context.Context, yield yield) error {
	if l.stdin != nil {
		return l.stream(ctx, io.NopCloser(l.stdin), yield)
	}
	file, err := os.Open(l.Path)
	if err != nil {
		return explained(err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return explained(err)
	}
	if !info.Mode().IsRegular() || info.Size() < 2*pieceSize || compressed(file) {
		return l.stream(ctx, file, yield)
	}
	defer file.Close()
	return l.pieces(ctx, file, info.Size(), pieceSize, yield)
}

// Newest returns the newest block of the log, nil if it has none. In a file it is looked for
// from the end, which takes no longer for a large one, but its Line is not known then: it is
// always 0. What is compressed or piped is read from its beginning.
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
	for block, err := range l.Blocks(ctx) {
		if syntax := (*parse.SyntaxError)(nil); errors.As(err, &syntax) {
			continue
		}
		if err != nil {
			return newest, err
		}
		if newest == nil {
			newest = &parse.Snapshot{}
		}
		block.CopyTo(newest)
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

// compressed goes by the first bytes: names tell lies.
func compressed(file io.ReaderAt) bool {
	magic := make([]byte, len(gzipMagic))
	n, _ := file.ReadAt(magic, 0)
	return string(magic[:n]) == gzipMagic
}

// decompressed returns what in holds, which may be compressed.
func decompressed(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(in, 64<<10)
	// What keeps these bytes from being read is met again by who reads on.
	if magic, _ := buffered.Peek(len(gzipMagic)); string(magic) != gzipMagic {
		return buffered, nil
	}
	return gzip.NewReader(buffered)
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
