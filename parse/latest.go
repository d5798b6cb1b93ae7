package parse

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Recent is what Latest finds at the end of a prof.log.
type Recent struct {
	// Newest is the last block, whole or not; nil if there is none.
	Newest *Snapshot
	// Expensive is the newest block of the same process that is expensive; nil if there is
	// none, or none near.
	Expensive *Snapshot
	// Start is an offset from which on the file holds both, for who wants to read on.
	Start int64
}

const (
	// farEnough is how far back Latest looks for an expensive block, if nearBlocks blocks are
	// not longer: with the default of 20 blocks, one is within 120 KiB of the end.
	farEnough  = 4 << 20
	nearBlocks = 64
	// farthest is how far back it looks for anything: two of the longest blocks.
	farthest = 2*maxBlock + 2*maxRecord
)

// Latest finds the newest blocks of the process that is writing the prof.log r of size bytes,
// from its end: the time it takes depends on how far back they are, not on the size. Its
// error is one of reading r.
func Latest(r io.ReaderAt, size int64) (Recent, error) {
	return latest(r, size, 64<<10)
}

func latest(r io.ReaderAt, size, window int64) (Recent, error) {
	for ; ; window *= 4 {
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

// latestFrom finds the newest blocks between start and size. It is done when looking farther
// back would not help.
func latestFrom(r io.ReaderAt, start, size int64) (recent Recent, done bool, err error) {
	from := start
	if start > 0 {
		if from, err = behindSeparator(r, start, size); err != nil {
			return Recent{}, false, err
		}
	}
	blocks, begins := 0, false
	var previous *Snapshot
	in := NewReader(io.NewSectionReader(r, from, size-from), "")
	for in.Scan() {
		s, ok := in.Record().(*Snapshot)
		if !ok {
			continue
		}
		s = s.Clone()
		s.Offset += from
		s.Line = 0
		blocks++
		restarted := previous != nil && previous.Restarted(s)
		switch {
		case previous == nil && from > 0:
			// What stands before the first block behind a separator is not known.
		case previous == nil || restarted:
			recent, begins = Recent{Newest: s, Start: s.Offset}, true
		default:
			recent.Newest = s
			if recent.Expensive == nil {
				recent.Start = previous.Offset
			}
		}
		if recent.Newest == s && s.Expensive {
			recent.Expensive, recent.Start = s, s.Offset
		}
		previous = s
	}
	if err := in.Err(); err != nil || recent.Newest == nil {
		return recent, false, err
	}
	far := size-start >= farEnough && blocks >= nearBlocks
	return recent, recent.Expensive != nil || begins || far, nil
}

// behindSeparator returns where the line behind the first separator between start and size
// begins; size if there is none.
func behindSeparator(r io.ReaderAt, start, size int64) (int64, error) {
	lines := bufio.NewReaderSize(io.NewSectionReader(r, start, size-start), 64<<10)
	var tail []byte
	for at := start; ; {
		line, err := lines.ReadSlice('\n')
		at += int64(len(line))
		line, _ = bytes.CutSuffix(line, []byte("\n"))
		tail = lastBytes(append(tail, line...))
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF:
			return size, nil
		case err != nil:
			return 0, err
		}
		if _, ok := separator(tail); ok {
			return at, nil
		}
		tail = tail[:0]
	}
}
