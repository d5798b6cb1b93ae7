package backfill

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// sorter brings points, which come by time, into the order of the output: by metric, series and time.
// A run holds what came while memory was filled: for each series its number, which tells it in all
// runs, its name and its points.
type sorter struct {
	series [][]*series // of each metric, those with points in memory
	size   int         // of those in memory, about, in bytes
	number int         // of series so far
	file   *os.File    // of runs, nil before the first
	end    int64
	runs   []*runReader
	most   int // bytes in memory, if not maxSize: for tests
}

// maxSize is about how many bytes of series are kept in memory.
const maxSize = 32 << 20

// series is one series and those of its points that are in memory.
type series struct {
	metric, number int
	name           string // with its labels, as in the output
	labels         []string
	seen           *string // the first label as it came last, to know the same slice again
	points         []byte  // see add
	last           point   // of those
}

// seriesSize is about how many bytes a series takes besides its name and points.
const seriesSize = 256

func (s *sorter) init(metrics int) { s.series = make([][]*series, metrics) }

func (s *sorter) newSeries(metric int, name string, labels []string) *series {
	s.number++
	return &series{metric: metric, number: s.number, name: name, labels: slices.Clone(labels)}
}

// Beyond this, not every whole number is a float64.
const exact = 1 << 53

// has reports whether the series has these labels.
func (s *series) has(labels []string) bool {
	if len(labels) == 0 {
		return len(s.labels) == 0
	}
	if s.seen == &labels[0] && len(labels) == len(s.labels) {
		return true
	}
	if !slices.Equal(s.labels, labels) {
		return false
	}
	s.seen = &labels[0]
	return true
}

// The kinds of a point, in the lowest bits of its first number.
const (
	unchanged = iota // the value of the point before
	whole            // a whole number: its difference from the last one follows
	fraction         // a float64 follows
	kindBits  = 2
)

// maxPoint is the largest number of bytes in a point.
const maxPoint = 2 * binary.MaxVarintLen64

// add adds a point. Its first number holds its kind and the change of its time step, in milliseconds. A point
// of a real log takes 2 to 3 bytes.
func (s *series) add(to *sorter, at int64, value float64) {
	if len(s.points) == 0 {
		to.series[s.metric] = append(to.series[s.metric], s)
		to.size += seriesSize + len(s.name)
		s.last = point{}
	}
	if cap(s.points)-len(s.points) < maxPoint {
		s.points = slices.Grow(s.points, max(maxPoint, len(s.points)))
	}
	n := len(s.points)
	b := s.points[n : n+maxPoint]
	last := &s.last
	since := at - last.at
	head := zigzag(since-last.since) << kindBits
	last.at, last.since = at, since
	var size int
	switch number := int64(value); {
	case value == last.value:
		size = binary.PutUvarint(b, head) // unchanged
	case value == float64(number) && number < exact && number > -exact:
		size = binary.PutUvarint(b, head|whole)
		size += binary.PutUvarint(b[size:], zigzag(number-last.whole))
		last.whole = number
	default:
		size = binary.PutUvarint(b, head|fraction)
		binary.LittleEndian.PutUint64(b[size:], math.Float64bits(value))
		size += 8
	}
	last.value = value
	s.points = s.points[:n+size]
	to.size += size
}

// point is a point decoded with the help of those before it.
type point struct {
	at, since int64 // in milliseconds
	value     float64
	whole     int64 // the last value that was a whole number
}

// next reads the point that follows p in b, and returns the bytes after it.
func (p *point) next(b []byte) (rest []byte, changed bool, err error) {
	head, n := binary.Uvarint(b)
	if n <= 0 {
		return nil, false, io.ErrUnexpectedEOF
	}
	b = b[n:]
	p.since += unzigzag(head >> kindBits)
	p.at += p.since
	switch head & (1<<kindBits - 1) {
	case unchanged:
		return b, false, nil
	case whole:
		change, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false, io.ErrUnexpectedEOF
		}
		p.whole += unzigzag(change)
		p.value = float64(p.whole)
		return b[n:], true, nil
	}
	if len(b) < 8 {
		return nil, false, io.ErrUnexpectedEOF
	}
	p.value = math.Float64frombits(binary.LittleEndian.Uint64(b))
	return b[8:], true, nil
}

// zigzag makes small numbers of small ones of either sign.
func zigzag(n int64) uint64   { return uint64(n<<1) ^ uint64(n>>63) }
func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

func (s *sorter) spillIfFull() error {
	if s.size < cmp.Or(s.most, maxSize) {
		return nil
	}
	if err := s.spill(); err != nil {
		return fmt.Errorf("cannot keep what does not fit into memory, set TMPDIR to a directory with more room: %w", err)
	}
	return nil
}

// spill writes all points in memory to the file, as a run.
func (s *sorter) spill() error {
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
	size := s.write(to)
	s.runs = append(s.runs, &runReader{section: io.NewSectionReader(s.file, s.end, size)})
	s.end += size
	return to.Flush()
}

// write writes all series with points in memory, forgets the points, and returns how many bytes it has
// written. Errors are those of to.Flush.
func (s *sorter) write(to *bufio.Writer) (size int64) {
	for _, series := range s.inMemory() {
		b := to.AvailableBuffer()
		for _, n := range []int{series.metric, series.number, len(series.name), len(series.points)} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		_, _ = to.Write(b)
		_, _ = to.WriteString(series.name)
		_, _ = to.Write(series.points)
		size += int64(len(b) + len(series.name) + len(series.points))
		series.points = shrunk(series.points)
	}
	for metric, list := range s.series {
		clear(list)
		s.series[metric] = list[:0]
	}
	s.size = 0
	return size
}

// inMemory returns the series with points in memory, in the order of the output.
func (s *sorter) inMemory() []*series {
	for _, list := range s.series {
		slices.SortFunc(list, func(a, b *series) int { return cmp.Compare(a.number, b.number) })
	}
	return slices.Concat(s.series...)
}

// shrunk returns b without its content, and without its memory if that is large.
func shrunk(b []byte) []byte {
	if cap(b) > 64<<10 {
		return nil
	}
	return b[:0]
}

// finish returns all runs, rewound: those in the file, and what is in memory.
func (s *sorter) finish() ([]*runReader, error) {
	runs := append(slices.Clone(s.runs), &runReader{memory: s.inMemory()})
	for _, run := range runs {
		if run.section != nil {
			_, _ = run.section.Seek(0, io.SeekStart)
			run.in = bufio.NewReaderSize(run.section, 16<<10)
		}
		if err := run.next(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// runReader reads a run. Its head is the next series.
type runReader struct {
	section        *io.SectionReader // of the file, nil if the run is in memory
	in             *bufio.Reader
	memory         []*series // that are next
	metric, number int       // of the head; number is 0 at the end
	name, points   []byte
}

// next reads the next head.
func (r *runReader) next() error {
	if r.section == nil {
		r.nextInMemory()
		return nil
	}
	var fields [4]int
	for i := range fields {
		n, err := binary.ReadUvarint(r.in)
		if errors.Is(err, io.EOF) && i == 0 {
			r.number = 0
			return nil
		}
		if err != nil {
			return err
		}
		fields[i] = int(n)
	}
	r.metric, r.number = fields[0], fields[1]
	r.name = slices.Grow(r.name[:0], fields[2])[:fields[2]]
	r.points = slices.Grow(r.points[:0], fields[3])[:fields[3]]
	if _, err := io.ReadFull(r.in, r.name); err != nil {
		return err
	}
	_, err := io.ReadFull(r.in, r.points)
	return err
}

func (r *runReader) nextInMemory() {
	if len(r.memory) == 0 {
		r.number = 0
		return
	}
	next := r.memory[0]
	r.memory = r.memory[1:]
	r.metric, r.number, r.points = next.metric, next.number, next.points
	r.name = append(r.name[:0], next.name...)
}

// least returns the least number of a metric's series that are heads of runs, 0 if there is none.
func least(runs []*runReader, metric int) int {
	number := 0
	for _, r := range runs {
		if r.number != 0 && r.metric == metric && (number == 0 || r.number < number) {
			number = r.number
		}
	}
	return number
}
