package backfill

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
)

// series is one series and those of its points that are in memory.
type series struct {
	name   string // with its labels, as in the output
	points []point
}

type point struct {
	at    int64 // milliseconds
	value float64
}

// maxPoints is how many points are kept in memory: 32 MiB.
const maxPoints = 2 << 20

// spill is a temporary file of runs: of each series that has points in memory when a run is written
// their number and the points, of one that has none 0, in the order of the output. A series that
// appears later is behind the others of its metric; so a run also says how many series each
// metric had.
type spill struct {
	file *os.File // nil before the first run
	end  int64
	runs []*runReader
	most int // points in memory, if not maxPoints: for tests
}

func (h *History) spillIfFull() error {
	most := maxPoints
	if h.spilled.most > 0 {
		most = h.spilled.most
	}
	if h.points < most {
		return nil
	}
	if err := h.spill(); err != nil {
		return fmt.Errorf("cannot keep what does not fit into memory, set TMPDIR to a directory with more room: %w", err)
	}
	return nil
}

// spill writes all points in memory as a run.
func (h *History) spill() error {
	s := &h.spilled
	if s.file == nil {
		file, err := os.CreateTemp("", "proftool-backfill-*")
		if err != nil {
			return err
		}
		s.file = file
		// Without a name it goes away with the process, whatever ends that.
		_ = os.Remove(file.Name())
	}
	to := bufio.NewWriterSize(io.NewOffsetWriter(s.file, s.end), 256<<10)
	run := &runReader{begin: s.end}
	for _, list := range h.series {
		run.series = append(run.series, len(list))
		for _, series := range list {
			s.end += series.spill(to)
		}
	}
	run.end = s.end
	s.runs = append(s.runs, run)
	h.points = 0
	return to.Flush()
}

const pointSize = 16

// spill writes the points, forgets them, and returns how many bytes they took. Errors are those of
// to.Flush.
func (s *series) spill(to *bufio.Writer) int64 {
	b := binary.LittleEndian.AppendUint64(to.AvailableBuffer(), uint64(len(s.points)))
	_, _ = to.Write(b)
	for _, p := range s.points {
		b := binary.LittleEndian.AppendUint64(to.AvailableBuffer(), uint64(p.at))
		_, _ = to.Write(binary.LittleEndian.AppendUint64(b, math.Float64bits(p.value)))
	}
	size := int64(8 + pointSize*len(s.points))
	s.points = s.points[:0]
	return size
}

// runReader reads a run from its begin to its end.
type runReader struct {
	begin, end int64
	series     []int // of each metric
	in         *bufio.Reader
}

func (s *spill) rewind() {
	for _, run := range s.runs {
		run.in = bufio.NewReaderSize(io.NewSectionReader(s.file, run.begin, run.end-run.begin), 16<<10)
	}
}

// points calls each with the points of the next series, which is number i of its metric.
func (r *runReader) points(metric, i int, each func(point)) error {
	if i >= r.series[metric] {
		return nil
	}
	var b [pointSize]byte
	if _, err := io.ReadFull(r.in, b[:8]); err != nil {
		return err
	}
	for range binary.LittleEndian.Uint64(b[:8]) {
		if _, err := io.ReadFull(r.in, b[:]); err != nil {
			return err
		}
		each(point{int64(binary.LittleEndian.Uint64(b[:8])), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))})
	}
	return nil
}

// Close removes the temporary file, if there is one.
func (h *History) Close() error {
	if h.spilled.file == nil {
		return nil
	}
	return h.spilled.file.Close()
}
