// Package replay plays prof.logs: it writes them again as the processes wrote them that they are
// from, line by line and block by block, with the time stamps of today.
//
// Of a release since 2.6 the Comm line lacks its newline, so a process writes it together with the
// separator of its next block. A process that starts truncates its prof.log in place.
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

// Block is what a process writes at one time: the lines of a block and, before its separator, what
// was left of the block before.
type Block struct {
	Text string
	// Time is the block's time stamp, packet time in Unix seconds: 0 before the first packet.
	Time float64
	// First says that a process has just started: the text holds its command line.
	First bool

	stamp string // of the block, as in its text
}

// maxBlock is how long a block may get, in bytes; what is longer is no prof.log and taken apart.
const maxBlock = 32 << 20

// Split reads a prof.log and yields what its process wrote, in order. An error of reading comes
// last, behind what was read.
func Split(log io.Reader) iter.Seq2[Block, error] {
	return func(yield func(Block, error) bool) {
		lines := bufio.NewReaderSize(log, 64<<10)
		var text []byte
		begun := false // the block's Memory line was met
		for {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				line, err = longLine(lines, line)
			}
			if _, separates := parse.Separator(bytes.TrimSuffix(line, []byte("\n"))); separates && begun || len(text) > maxBlock {
				if !yield(newBlock(text), nil) {
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

func end(text []byte, err error, yield func(Block, error) bool) {
	if len(text) > 0 && !yield(newBlock(text), nil) {
		return
	}
	if !errors.Is(err, io.EOF) {
		yield(Block{}, err)
	}
}

// longLine returns a line that begins with begin and is too long for the buffer, or as much of it
// as a block may have.
func longLine(lines *bufio.Reader, begin []byte) ([]byte, error) {
	line := bytes.Clone(begin)
	for len(line) < maxBlock {
		more, err := lines.ReadSlice('\n')
		line = append(line, more...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
	return line, nil
}

// is says that a line begins with a time stamp and then with keyword.
func is(line []byte, keyword string) bool {
	n := parse.Stamp(line)
	return n > 0 && bytes.HasPrefix(line[n:], []byte(keyword))
}

func newBlock(text []byte) Block {
	b := Block{Text: string(text)}
	for line := range bytes.Lines(text) {
		switch {
		case is(line, " Command line:"):
			b.First = true
		case is(line, " Memory: "):
			b.stamp = string(line[:parse.Stamp(line)])
			b.Time, _ = strconv.ParseFloat(b.stamp, 64)
		}
	}
	return b
}

// own returns the block's text without what the block before has left.
func (b Block) own() string {
	line, _, _ := bytes.Cut([]byte(b.Text), []byte("\n"))
	start, _ := parse.Separator(line)
	return b.Text[start:]
}

// stampOf returns a time, in Unix microseconds, as a time stamp of the log.
func stampOf(micros int64) string { return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6) }
