package parse

import "io"

// Reader reads the snapshots of a prof.log in the manner of bufio.Scanner:
//
//	r := parse.NewReader(f, "prof.log")
//	for r.Scan() {
//		switch rec := r.Record().(type) {
//		case *parse.Snapshot:
//		case *parse.SyntaxError:
//		}
//	}
//	if err := r.Err(); err != nil {
//	}
type Reader struct {
	asm Assembler
	src io.Reader
	err error
	eof bool
	// finished reports whether what was read before the end is parsed.
	finished bool
}

const readSize = 128 << 10

// NewReader returns a Reader of src; errors call it name.
func NewReader(src io.Reader, name string) *Reader {
	return &Reader{asm: *NewAssembler(name), src: src}
}

// NewReaderOf returns a Reader of text, and then of src. Errors call it name. The Reader owns text and
// overwrites it.
func NewReaderOf(text []byte, src io.Reader, name string) *Reader {
	r := NewReader(src, name)
	r.asm.buf = text
	return r
}

// Scan advances to the next record. It returns false at the end of the input, behind the
// newest snapshot, or when reading fails; then the snapshots read so far have been handed out too.
func (r *Reader) Scan() bool {
	for !r.asm.Scan() {
		switch {
		case r.finished:
			return false
		case r.eof:
			r.finished = true
			r.asm.finish()
		default:
			r.fill()
		}
	}
	return true
}

// Record returns what Scan advanced to. A Snapshot is overwritten by the next call of Scan;
// Clone it to keep it.
func (r *Reader) Record() Record { return r.asm.Record() }

// Err returns the error that ended reading, nil at the end of the input.
func (r *Reader) Err() error { return r.err }

// Unparsed returns how many lines no rule knew or could read so far.
func (r *Reader) Unparsed() uint64 { return r.asm.Unparsed() }

// UnknownFields returns how many fields were skipped so far because no rule knows them: a newer
// release writes them.
func (r *Reader) UnknownFields() uint64 { return r.asm.UnknownFields() }

func (r *Reader) fill() {
	a := &r.asm
	a.room(readSize)
	if cap(a.buf)-len(a.buf) < readSize {
		a.buf = append(make([]byte, 0, 2*cap(a.buf)+2*readSize), a.buf...)
	}
	n, err := r.src.Read(a.buf[len(a.buf):cap(a.buf)])
	a.buf = a.buf[:len(a.buf)+n]
	if err != nil {
		r.eof = true
		if err != io.EOF {
			r.err = err
		}
	}
}
