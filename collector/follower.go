package collector

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nxadm/tail"
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
	"bro_exporter/spool"
)

const (
	// maxUnread is how much of a file a poll reads. If there is more, reading starts again from
	// the file's end: only the newest state matters.
	maxUnread = 16 << 20
	// smallFile is how long a file may be to be read from its beginning.
	smallFile = 1 << 20
	// maxLine is how long a line may be. A file whose last bytes hold none is not a log.
	maxLine = 1 << 20
	// maxTailed is how much the tail library reads: what it reads at once.
	maxTailed = 4 << 10
	// keyLen is how many of the bytes read last tell a file from another one of the same name
	// and inode: they hold a time stamp in microseconds and counters, or all of a first snapshot,
	// whose stamp is 0.
	keyLen = 8 << 10
	// quiet is how long nothing must follow a snapshot that does not tell how long it is, and
	// givenUp how long nothing must follow one that is clearly not complete.
	quiet   = time.Second
	givenUp = 10 * time.Second
	// openInterval is how often an unchanged file is opened: an exporter that may no longer read it should
	// notice before the file goes on.
	openInterval = 15 * time.Second
)

var (
	errNotRegular = errors.New("not a regular file: name the prof.log itself")
	errNoLines    = errors.New("the last MiB holds no newline: this is not a prof.log")
)

// resync is why reading starts again with the newest snapshots of a file. It is an error only if it
// comes again and again.
type resync string

const (
	replaced   resync = "replaced"   // another file has the name
	truncated  resync = "truncated"  // the file is shorter than what was read of it
	rewritten  resync = "rewritten"  // what was read is no longer there
	incomplete resync = "incomplete" // less was read than the file has
	behind     resync = "behind"     // the file grew by more than is worth reading
)

func (r resync) Error() string { return "the file changes while it is read: " + string(r) }

// sameRun reports whether the file goes on, and what was read of it still stands.
func (r resync) sameRun() bool { return r == incomplete || r == behind }

// buffer is memory that a follower needs only while it reads.
type buffer [keyLen]byte

// maxBackoff is how many polls are left out, at most, while a file cannot be read.
const maxBackoff = 15

// follower follows one prof.log. Its poll is called at intervals; nothing is kept open and
// nothing runs between two polls, so there is nothing that a rename, a lost directory or an
// unmounted disk could leave stuck.
type follower struct {
	process string
	path    string
	log     *slog.Logger
	limits  Limits
	resyncs *prometheus.CounterVec // by reason

	info    fs.FileInfo // of the file that is being read, nil before
	opened  time.Time   // when it was last opened
	offset  int64       // up to which it has been read
	base    int64       // where asm began to read
	key     []byte      // the last bytes before offset
	recent  []byte      // those that are not committed yet, while reading
	asm     *parse.Assembler
	waiting bool // asm holds a snapshot that is not shown yet

	buffers *sync.Pool // of *buffer
	live    processFinder

	state    state
	unparsed uint64 // by assemblers before asm
	unknown  uint64 // the same
	file     fileHealth
	failing  string // the last error that was logged
	failures int    // since the file could last be read
	pause    int    // polls to leave out
	why      resync // why the file was read again, until it is logged
	restarts uint64 // that were logged
	shown    *view  // by the last poll
}

func newFollower(file spool.File, config Config, resyncs *prometheus.CounterVec, buffers *sync.Pool) *follower {
	return &follower{
		process: file.Process,
		path:    file.Path,
		log:     config.Logger.With("process", file.Process, "path", file.Path),
		limits:  config.Limits,
		resyncs: resyncs,
		buffers: buffers,
		asm:     parse.NewAssembler(file.Path),
		live:    processFinder{dir: filepath.Dir(file.Path)},
		state:   newState(),
		file:    fileHealth{since: time.Now()},
	}
}

// poll reads what is new in the file and returns what is known of its process now: the same view
// as before if nothing has changed.
func (f *follower) poll(now time.Time) *view {
	if f.pause > 0 {
		f.pause--
	} else {
		f.try(now)
	}
	f.live.update(now)
	if v := f.view(); f.shown == nil || v != *f.shown {
		f.shown = &v
	}
	return f.shown
}

// try reads what is new. What was read before is kept while the file is missing or cannot be read:
// when it comes back, it is most likely the same.
func (f *follower) try(now time.Time) {
	err := f.readWithRetry(now)
	f.file.polled = true
	f.file.present = !errors.Is(err, fs.ErrNotExist)
	f.file.readable = err == nil
	if err == nil || !f.file.present {
		// A missing file is no error: a process that has not started has no prof.log yet.
		f.failing, f.failures = "", 0
		f.tell()
		return
	}
	f.fail(err)
}

// fail counts an error, logs it once, and backs off.
func (f *follower) fail(err error) {
	f.file.readErrors++
	f.pause = min(f.failures, maxBackoff)
	f.failures++
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: %s", err, advice(err))
	}
	if f.failing != err.Error() {
		f.failing = err.Error()
		f.log.Warn("Cannot read prof.log; trying again", "err", err)
	}
}

// tell logs that the process has restarted, in whatever way the file shows it, or that the file
// was read again without that.
func (f *follower) tell() {
	switch {
	case f.state.restarts > f.restarts:
		f.log.Info("The process has restarted", "file", cmp.Or(string(f.why), "continued"))
		f.restarts, f.why = f.state.restarts, ""
	case f.why != "" && f.state.newest != nil:
		f.log.Info("Read prof.log again from its newest snapshots", "reason", string(f.why))
		f.why = ""
	}
}

func (f *follower) view() view {
	file := f.file
	file.snapshots, file.restarts = f.state.snapshots, f.state.restarts
	file.unparsed = f.unparsed + f.asm.Unparsed()
	file.unknown = f.unknown + f.asm.UnknownFields()
	v := view{process: f.process, path: f.path, file: file, err: f.failing, live: f.live.live, dead: f.live.deadSince(file.changed)}
	if file.readable {
		v.newest, v.expensive, v.comm = f.state.newest, f.state.expensive, f.state.comm
		v.releases, v.started, v.cpu = f.state.releases, f.state.started, f.state.cpu
	}
	return v
}

// reset drops what the file held. The next read begins with its newest snapshots.
func (f *follower) reset(why resync) {
	f.unparsed += f.asm.Unparsed()
	f.unknown += f.asm.UnknownFields()
	f.asm = parse.NewAssembler(f.path)
	f.info, f.offset, f.base, f.key, f.waiting = nil, 0, 0, f.key[:0], false
	f.state.reset()
	if !why.sameRun() {
		f.state.counted = nothing
	}
}

// readWithRetry reads what is new, from the newest snapshots on if the file is not the one it was.
func (f *follower) readWithRetry(now time.Time) error {
	const tries = 3
	var err error
	for range tries {
		err = f.readNew(now)
		var why resync
		if !errors.As(err, &why) {
			return err
		}
		f.resyncs.WithLabelValues(string(why)).Inc()
		f.why = why
		f.reset(why)
	}
	return err
}

func (f *follower) readNew(now time.Time) error {
	info, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	f.file.modified, f.file.size = info.ModTime(), info.Size()
	if f.unchanged(info) && f.info.Mode() == info.Mode() && now.Sub(f.opened) < openInterval {
		f.showPending(&f.state, now)
		return nil
	}
	file, info, err := openRegular(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	f.opened = now
	if f.unchanged(info) {
		f.info = info
		f.showPending(&f.state, now)
		return nil
	}
	if err := f.check(file, info); err != nil {
		return err
	}
	// The clock that stamps the file may be another one than ours.
	if f.file.changed = now; f.info == nil && info.ModTime().Before(now) {
		f.file.changed = info.ModTime()
	}
	return f.readFrom(file, info, now)
}

// unchanged reports whether a file is as it was at the last read.
func (f *follower) unchanged(info fs.FileInfo) bool {
	return f.info != nil && os.SameFile(f.info, info) && f.info.Size() == info.Size() && f.info.ModTime().Equal(info.ModTime())
}

// openRegular opens a file that was regular a moment ago. It does not wait for a FIFO that has
// taken its place.
func openRegular(path string) (*os.File, fs.FileInfo, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, info, nil
}

// check returns why file is not the one that has been read up to offset, nil if it is. A file that
// holds the same bytes is the same, even if its inode is not: it comes back from another mount.
func (f *follower) check(file io.ReaderAt, info fs.FileInfo) error {
	if f.info == nil {
		return nil
	}
	err := f.same(file, info.Size(), f.offset)
	if os.SameFile(f.info, info) {
		return err
	}
	// Two first snapshots of a worker, whose stamp is 0, may be equal.
	var differs resync
	if errors.As(err, &differs) || f.state.newest == nil || f.state.newest.Time == 0 {
		return replaced
	}
	return err
}

// same returns why file, which has size bytes, does not hold key before offset; nil if it does.
func (f *follower) same(file io.ReaderAt, size, offset int64) error {
	if size < offset {
		return truncated
	}
	buffer := f.buffers.Get().(*buffer)
	defer f.buffers.Put(buffer)
	b := buffer[:len(f.key)]
	if _, err := file.ReadAt(b, offset-int64(len(b))); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(b, f.key) {
		return rewritten
	}
	return nil
}

// readFrom reads what is new in file. It counts only if the file is the same afterwards: a process
// that starts truncates its prof.log and writes on at once.
func (f *follower) readFrom(file *os.File, info fs.FileInfo, now time.Time) error {
	end, err := dataEnd(file, f.offset, info.Size())
	if err != nil {
		return err
	}
	state := f.state
	src, err := f.locate(file, end, info.Size())
	if err != nil {
		return err
	}
	if f.info == nil {
		f.base = f.offset
	}
	if err := f.readVerified(&state, file, src, end, info.Size()); err != nil {
		f.reset(incomplete)
		return err
	}
	f.info, f.state, f.waiting = info, state, true
	f.showPending(&f.state, now)
	f.state.date(info.ModTime())
	f.asm.Shrink()
	return nil
}

// readVerified is readLines, and fails if what was read before is not there any more.
func (f *follower) readVerified(state *state, file *os.File, src io.ReaderAt, end, size int64) error {
	buffer := f.buffers.Get().(*buffer)
	defer f.buffers.Put(buffer)
	f.recent = buffer[:0]
	offset := f.offset
	if err := f.readLines(state, file, src, end, size); err != nil {
		return err
	}
	after, err := file.Stat()
	if err != nil {
		return err
	}
	if err := f.same(file, after.Size(), offset); err != nil {
		return err
	}
	f.key = lastBytes(f.key, f.recent)
	return nil
}

// lastBytes returns the last keyLen bytes of a and b together, in the memory of a.
func lastBytes(a, b []byte) []byte {
	b = b[max(0, len(b)-keyLen):]
	drop := max(0, len(a)+len(b)-keyLen)
	return append(append(a[:0], a[drop:]...), b...)
}

// locate sets the offset at which to begin with a file that is new, and returns what to read its
// bytes up to end from. The file has size bytes, those from end on being a hole.
func (f *follower) locate(file io.ReaderAt, end, size int64) (io.ReaderAt, error) {
	unread := end - f.offset
	if f.info != nil && unread > maxUnread {
		return nil, behind
	}
	if end == 0 && size > maxLine {
		return nil, errNoLines
	}
	if unread <= smallFile {
		return file, nil
	}
	tail := &ending{file: file, end: end}
	if unread > maxLine && !tail.hasLines() {
		return nil, errNoLines
	}
	if f.info != nil {
		return file, nil
	}
	recent, err := parse.Latest(tail, end)
	if err != nil {
		return nil, err
	}
	if f.offset = end; recent.Newest != nil {
		f.offset = recent.Start
	}
	return tail, nil
}

// readLines reads from offset to end and adds the snapshots that are complete to state. The file
// has size bytes, and those from end on are a hole that is still to be written.
func (f *follower) readLines(state *state, file *os.File, src io.ReaderAt, end, size int64) error {
	if end < size || end-f.offset > maxTailed || src != io.ReaderAt(file) {
		return f.readPieces(state, src, end)
	}
	return f.tailLines(state, file, end)
}

// tailLines lets the tail library read from offset to the end of the file, by the open file's own
// name: its path may be another file's by now.
func (f *follower) tailLines(state *state, file *os.File, end int64) error {
	t, err := tail.TailFile(nameOf(file), tail.Config{
		Location:  &tail.SeekInfo{Offset: f.offset},
		MustExist: true,
		Pipe:      true, // does not ask for its position before each line
		Logger:    tail.DiscardingLogger,
	})
	if err != nil {
		return err
	}
	for line := range t.Lines {
		f.take([]byte(line.Text))
		// The last line may lack its newline: it is not written to its end, or it is Comm.
		if line.SeekInfo.Offset > f.offset {
			f.take([]byte("\n"))
		}
	}
	if err := t.Wait(); err != nil {
		return err
	}
	f.scan(state)
	if f.offset < end {
		return incomplete
	}
	return nil
}

// readPieces reads from offset to end.
func (f *follower) readPieces(state *state, src io.ReaderAt, end int64) error {
	buffer := f.buffers.Get().(*buffer)
	defer f.buffers.Put(buffer)
	for f.offset < end {
		n, err := src.ReadAt(buffer[:min(keyLen, end-f.offset)], f.offset)
		f.take(buffer[:n])
		f.scan(state)
		if err == io.EOF && f.offset < end {
			return incomplete
		}
		if err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}

// take takes the text that follows offset.
func (f *follower) take(text []byte) {
	f.offset += int64(len(text))
	f.recent = lastBytes(f.recent, text)
	f.asm.Write(text)
}

// scan adds the snapshots that are complete to state.
func (f *follower) scan(state *state) {
	for f.asm.Scan() {
		switch r := f.asm.Record().(type) {
		case *parse.Snapshot:
			r.Offset += f.base
			state.add(f.digest(state, r.Clone()))
		case *parse.SyntaxError:
			f.log.Debug("Cannot read a line", "err", r)
		}
	}
}

func (f *follower) digest(state *state, s *parse.Snapshot) *digest {
	if state.newest == nil {
		return newDigest(s, f.limits)
	}
	return digestAfter(state.newest, s, f.limits)
}

// showPending adds the snapshots whose end is not known, as soon as they are complete.
func (f *follower) showPending(state *state, now time.Time) {
	if !f.waiting {
		return
	}
	snapshots := f.asm.Pending()
	f.waiting = false
	for i, s := range snapshots {
		if last := i == len(snapshots)-1; last && !f.settled(s, state, now) {
			f.waiting = true
			return
		}
		s = s.Clone()
		s.Offset += f.base
		state.add(f.digest(state, s))
	}
}

// settled reports whether the newest snapshot is not half written. A whole one is not; but one of
// 2.0, which does not tell how many lines it has, may be. What is left of a process that died while
// it wrote is better than nothing.
func (f *follower) settled(s *parse.Snapshot, state *state, now time.Time) bool {
	idle := now.Sub(f.file.changed)
	if s.Whole() {
		return s.Threads.Current.Measured || idle >= quiet
	}
	return state.newest == nil && idle >= givenUp
}
