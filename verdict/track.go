package verdict

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/collector"
	"bro_exporter/parse"
)

const (
	// pieceSize is how much of a log is read at a time.
	pieceSize = 512 << 10
	// keyLen is how many of the bytes read last tell a file from another one of the same name and
	// inode: they hold a time stamp in microseconds and counters, or all of a first snapshot, of
	// which the stamp is 0.
	keyLen = 8 << 10
	// quiet is how long nothing must be written behind a snapshot until it counts although the next
	// one has not begun.
	quiet = time.Minute
	// patience is how long to wait for a file to be read before it is left alone.
	patience = 2 * time.Second
)

var errNotRegular = errors.New("not a regular file")

// track is the analysis of one prof.log.
type track struct {
	path string

	// Only the goroutine that runs all analyses uses these.
	status  collector.Process // when it was last asked for
	info    fs.FileInfo       // of the file that is read, nil before
	read    int64             // up to which it has been read
	resume  int64             // where the newest snapshot that was added begins
	key     []byte            // the bytes before read
	asm     *parse.Assembler  // of the text from base on; nil when all of it was taken
	base    int64
	any     bool // a snapshot was added
	settled bool // all of the file counts, also what nothing follows
	hanging chan piece
	pause   time.Time // before which the file is not read again
	judged  int       // snapshots that the verdict rests on
	next    time.Time // when to judge
	growth  float64   // of memory, bytes an hour, when it was judged
	rooms   []Room    // that it grew in then

	mu        sync.Mutex // of the analysis
	process   *analyze.Process
	snapshots int

	verdict atomic.Pointer[Verdict] // nil before the first
}

func newTrack(path string) *track {
	t := &track{path: path}
	t.reset()
	return t
}

// reset begins again with the first byte.
func (t *track) reset() {
	t.info, t.read, t.resume, t.base, t.key, t.asm, t.any, t.settled = nil, 0, 0, 0, nil, nil, false, false
	t.mu.Lock()
	t.process, t.snapshots = analyze.New(time.Time{}, time.Time{}), 0
	t.mu.Unlock()
	t.judged = 0
	t.verdict.Store(nil)
}

// late reports whether much of the file is not read yet, and can be.
func (t *track) late() bool { return t.status.Size-t.read > pieceSize && t.hanging == nil }

// due reports whether there is anything to read.
func (t *track) due(now time.Time) bool {
	switch {
	case t.status.State == collector.Waiting, t.status.State == collector.Unreadable, now.Before(t.pause):
		return false
	case t.info == nil || t.status.Size != t.read:
		return true
	case !t.status.Modified.Equal(t.info.ModTime()):
		return true
	default:
		return !t.settled && now.Sub(t.status.Modified) >= quiet
	}
}

// piece is a part of a file.
type piece struct {
	info  fs.FileInfo
	from  int64
	bytes []byte
	err   error
}

// load reads what it can of n bytes of a file from an offset on.
func load(path string, from, n int64) piece {
	// A FIFO in the file's place must not hold us up.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return piece{err: err}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return piece{err: err}
	}
	if !info.Mode().IsRegular() {
		return piece{err: errNotRegular}
	}
	b := make([]byte, max(0, min(n, info.Size()-from)))
	got, err := file.ReadAt(b, from)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return piece{info, from, b[:got], err}
}

// fetch loads the next piece. It returns false if the file hangs.
func (t *track) fetch() (p piece, ok bool) {
	if t.hanging == nil {
		from := t.read - int64(len(t.key))
		if t.asm == nil {
			from = min(from, t.resume)
		}
		t.hanging = make(chan piece, 1)
		go func(loaded chan<- piece) { loaded <- load(t.path, from, t.read-from+pieceSize) }(t.hanging)
	} else {
		select {
		case p = <-t.hanging:
			t.hanging = nil
			return p, true
		default:
			return piece{}, false
		}
	}
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case p = <-t.hanging:
		t.hanging = nil
		return p, true
	case <-timeout.C:
		return piece{}, false
	}
}

// take reads the next piece of the file and adds its snapshots.
func (t *track) take(now time.Time) error {
	p, ok := t.fetch()
	switch {
	case !ok:
		return nil
	case p.err != nil:
		return p.err
	case t.replaced(p):
		t.reset()
		return nil
	}
	before := t.snapshots
	t.mu.Lock()
	defer t.mu.Unlock()
	t.feed(p)
	end := t.read >= p.info.Size()
	if t.settled = end && now.Sub(p.info.ModTime()) >= quiet; t.settled {
		for _, s := range t.asm.Pending() {
			t.add(s)
		}
	}
	if end && t.read-t.resume <= pieceSize {
		t.asm = nil
	}
	if live := t.status.Live; end && live != nil && t.snapshots > before && now.Sub(p.info.ModTime()) < quiet {
		t.process.AddResident(live.Resident)
	}
	return nil
}

// replaced reports whether p is of another file than the one that was read so far.
func (t *track) replaced(p piece) bool {
	if t.info == nil {
		return false
	}
	start := t.read - int64(len(t.key)) - p.from
	return !os.SameFile(t.info, p.info) || int64(len(p.bytes)) < t.read-p.from || !bytes.Equal(p.bytes[start:t.read-p.from], t.key)
}

// feed adds the snapshots that p completes.
func (t *track) feed(p piece) {
	if t.asm == nil {
		t.asm, t.base = parse.NewAssembler(t.path), t.resume
		_, _ = t.asm.Write(p.bytes[t.resume-p.from : t.read-p.from])
	}
	unread := p.bytes[t.read-p.from:]
	_, _ = t.asm.Write(unread)
	t.info, t.read = p.info, t.read+int64(len(unread))
	t.key = bytes.Clone(p.bytes[max(0, len(p.bytes)-keyLen):])
	for t.asm.Scan() {
		if s, ok := t.asm.Record().(*parse.Snapshot); ok {
			t.add(s)
		}
	}
}

// add adds a snapshot that asm has assembled. The first of them may be known.
func (t *track) add(s *parse.Snapshot) {
	if at := t.base + s.Offset; !t.any || at > t.resume {
		t.process.Add(s)
		t.resume, t.any = at, true
		t.snapshots++
	}
}

// report returns what the analysis has found so far.
func (t *track) report(name string) analyze.Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.process.Report(name, t.path)
}
