package parse

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Recent is what Latest finds at the end of a prof.log.
type Recent struct {
	// Newest is the last snapshot, whole or not; nil if there is none.
	Newest *Snapshot
	// Expensive is the newest snapshot of the same process that is expensive and whole; nil if
	// there is none, or none within the last 34 MiB.
	Expensive *Snapshot
	// Start is an offset from which the file holds both, and the snapshot before Newest. Read on
	// from there.
	Start int64
}

// farthest is how far back Latest looks: two of the longest snapshots.
const farthest = 2*maxSnapshot + 2*maxRecord

// Latest finds the newest snapshots of the process that is writing the prof.log r of size bytes. It
// reads from the end, so its time depends on how far back they are, not on the size. Its error is
// one of reading r.
func Latest(r io.ReaderAt, size int64) (Recent, error) {
	return latest(r, size, 60<<10)
}

func latest(r io.ReaderAt, size, window int64) (Recent, error) {
	for ; ; window *= 2 {
		start := max(0, size-min(window, farthest))
		recent, done, err := latestFrom(r, start, size)
		if err != nil {
			return Recent{}, fmt.Errorf("reading the last %d bytes: %w", size-start, err)
		}
		if done || start == 0 || window >= farthest {
			return recent, nil
		}
	}
}

// latestFrom finds the newest snapshots between start and size. It is done when looking farther
// back would not help.
func latestFrom(r io.ReaderAt, start, size int64) (recent Recent, done bool, err error) {
	from := start
	if start > 0 {
		if from, err = behindSeparator(r, start, size); err != nil {
			return Recent{}, false, err
		}
	}
	var previous *Snapshot
	begins := false // the process's first snapshot was met
	in := NewReader(io.NewSectionReader(r, from, size-from), "")
	for in.Scan() {
		s, ok := in.Record().(*Snapshot)
		if !ok {
			continue
		}
		s = s.Clone()
		s.Offset += from
		s.Line = 0
		// What stands before the first snapshot behind a separator is not known.
		if previous != nil || from == 0 {
			begins = recent.add(previous, s) || begins
		}
		previous = s
	}
	if err := in.Err(); err != nil {
		return Recent{}, false, err
	}
	return recent, recent.Newest != nil && (recent.Expensive != nil || begins), nil
}

// add takes the snapshot that follows previous, and reports whether it is its process's first.
func (r *Recent) add(previous, s *Snapshot) (begins bool) {
	begins = previous == nil || previous.Restarted(s)
	if begins {
		*r = Recent{}
		previous = s
	}
	r.Newest = s
	if s.Expensive && s.Whole() {
		r.Expensive = s
	}
	if r.Start = previous.Offset; r.Expensive != nil {
		r.Start = min(r.Start, r.Expensive.Offset)
	}
	return begins
}

// NextSnapshot returns where the next snapshot begins in the prof.log r, at start or behind it; size
// if none does. It finds only snapshots right behind a separator, on a line of their own. Reading may
// begin there, in the middle of a file: the snapshots from the second on are the same as when the
// file is read from its beginning.
func NextSnapshot(r io.ReaderAt, start, size int64) (int64, error) {
	lines := separators{in: bufio.NewReaderSize(io.NewSectionReader(r, start, size-start), 64<<10), at: start}
	for lines.next() {
		b, _ := lines.in.Peek(maxStampSeconds + len(".000000 Memory: ")) // what keeps it from reading, next meets again
		if n := stampLen(b); n > 0 && bytes.HasPrefix(b[n:], []byte(" Memory: ")) {
			return lines.at, nil
		}
	}
	return size, lines.err
}

// behindSeparator returns where the line behind the first separator between start and size
// begins; size if there is none.
func behindSeparator(r io.ReaderAt, start, size int64) (int64, error) {
	lines := separators{in: bufio.NewReaderSize(io.NewSectionReader(r, start, size-start), 64<<10), at: start}
	if lines.next() {
		return lines.at, nil
	}
	return size, lines.err
}

// separators finds one separator after the other.
type separators struct {
	in  *bufio.Reader
	at  int64 // where in goes on: behind the separator
	err error // that ended reading before the end
}

// next advances behind the next separator, and reports whether there is one.
func (s *separators) next() bool {
	var tail []byte
	for {
		line, err := s.in.ReadSlice('\n')
		s.at += int64(len(line))
		line, _ = bytes.CutSuffix(line, []byte("\n"))
		tail = append(tail, lastBytes(line)...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			tail = lastBytes(tail)
			continue
		case err != nil:
			if err != io.EOF {
				s.err = err
			}
			return false
		}
		if _, ok := separator(lastBytes(tail)); ok {
			return true
		}
		tail = tail[:0]
	}
}
