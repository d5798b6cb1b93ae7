// Package replay plays prof.logs: it writes them as their processes did, line by line and snapshot by
// snapshot, with the time stamps of today.
//
// From 2.6 on the Comm line lacks its newline, so a process writes it together with the separator of
// its next snapshot. A process that starts truncates its prof.log in place.
package replay

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"bro_exporter/parse"
)

// Snapshot is the text that a process writes at one time: the lines of a snapshot and, before its
// separator, what was left of the snapshot before.
type Snapshot struct {
	Text string
	// Time is the snapshot's time stamp, packet time in Unix seconds: 0 before the first packet.
	Time float64
	// First reports that a process has just started: the text holds its command line.
	First bool

	stamp string // as in the text
}

// maxSize is how long a snapshot may get, in bytes. A longer text is no prof.log and is cut.
const maxSize = 32 << 20

// Split reads a prof.log and yields its snapshots in order. An error of reading comes last, after
// what could be read.
func Split(log io.Reader) iter.Seq2[Snapshot, error] {
	return func(yield func(Snapshot, error) bool) {
		lines := bufio.NewReaderSize(log, 64<<10)
		var text []byte
		begun := false // the snapshot's Memory line has been read
		for {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				line, err = longLine(lines, line)
			}
			if _, separates := parse.Separator(bytes.TrimSuffix(line, []byte("\n"))); separates && begun || len(text) > maxSize {
				if !yield(newSnapshot(text), nil) {
					return
				}
				text, begun = text[:0], false
			}
			text = append(text, line...)
			begun = begun || is(line, " Memory: ")
			if err != nil {
				end(text, err, yield)
				return
			}
		}
	}
}

func end(text []byte, err error, yield func(Snapshot, error) bool) {
	if len(text) > 0 && !yield(newSnapshot(text), nil) {
		return
	}
	if !errors.Is(err, io.EOF) {
		yield(Snapshot{}, err)
	}
}

// longLine returns the line that begins with begin and is too long for the buffer, or as much of it as
// a snapshot may have.
func longLine(lines *bufio.Reader, begin []byte) ([]byte, error) {
	line := bytes.Clone(begin)
	for len(line) < maxSize {
		more, err := lines.ReadSlice('\n')
		line = append(line, more...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
	return line, nil
}

// is reports whether a line begins with a time stamp and keyword.
func is(line []byte, keyword string) bool {
	n := parse.Stamp(line)
	return n > 0 && bytes.HasPrefix(line[n:], []byte(keyword))
}

func newSnapshot(text []byte) Snapshot {
	s := Snapshot{Text: string(text)}
	for line := range bytes.Lines(text) {
		switch {
		case is(line, " Command line:"):
			s.First = true
		case is(line, " Memory: "):
			s.stamp = string(line[:parse.Stamp(line)])
			s.Time, _ = strconv.ParseFloat(s.stamp, 64)
		}
	}
	return s
}

// own returns the text without what was left of the snapshot before.
func (s Snapshot) own() string {
	line, _, _ := bytes.Cut([]byte(s.Text), []byte("\n"))
	start, _ := parse.Separator(line)
	return s.Text[start:]
}

// stampOf returns a time, in Unix microseconds, as a time stamp of the log.
func stampOf(micros int64) string { return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6) }
