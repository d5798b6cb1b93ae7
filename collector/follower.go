package collector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nxadm/tail"
	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/parse"
	"bro_exporter/spool"
)

const (
	// maxUnread is how much of a file is read at one look. With more, reading starts again from
	// the file's end: only the newest state matters.
	maxUnread = 16 << 20
	// smallFile is how long a file may be to be read from its beginning.
	smallFile = 1 << 20
	// maxLine is how long a line may be. A file whose last bytes hold none is not a log.
	maxLine = 1 << 20
	// keyLen is how many of the bytes read last tell a file from another one of the same name
	// and inode: they hold a time stamp in microseconds and counters, or all of a first snapshot,
	// of which the stamp is 0.
	keyLen = 8 << 10
	// quiet is how long nothing must be written behind a snapshot that does not say how long it
	// is, and given up how long behind one that is clearly not complete.
	quiet   = time.Second
	givenUp = 10 * time.Second
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
	incomplete resync = "incomplete" // less was delivered than the file has
	behind     resync = "behind"     // the file grew by more than is worth reading
)

func (r resync) Error() string { return "the file changes while it is read: " + string(r) }

// maxBackoff is how many looks at a file are left out, at most, when it cannot be read.
const maxBackoff = 15

// follower follows one prof.log. Its look is called at intervals; nothing is kept open and
// nothing runs between two looks, so there is nothing that a rename, a lost directory or an
// unmounted disk could leave stuck.
type follower struct {
	process  string
	path     string
	observer Observer // nobody if nil
	log      *slog.Logger
	limits   Limits
	resyncs  *prometheus.CounterVec // by reason

	info    fs.FileInfo // of the file that is being read, nil before
	grown   time.Time   // when it was last seen to have changed
	offset  int64       // up to which it has been read
	base    int64       // where asm began to read
	key     []byte      // the bytes before offset
	asm     *parse.Assembler
	waiting bool // asm holds a snapshot that is not shown yet

	live    *LiveProcess
	sampled time.Time // when live was asked for

	state    state
	unparsed uint64 // by assemblers before asm
	file     fileHealth
	failing  string // the last error that was logged
	failures int    // since the file could last be read
	pause    int    // looks to leave out
	shown    *view  // by the last look
}

func newFollower(file spool.File, config Config, resyncs *prometheus.CounterVec) *follower {
	path := file.Path
	return &follower{
		process:  file.Process,
		path:     path,
		observer: config.Observer,
		log:      config.Logger.With("path", path),
		limits:   config.Limits,
		resyncs:  resyncs,
		asm:      parse.NewAssembler(path),
		file:     fileHealth{since: time.Now()},
	}
}

// look reads what is new in the file and returns what is to be seen of its process now.
func (f *follower) poll(now time.Time) *view {
	if f.pause > 0 {
		f.pause--
		return f.shown
	}
	err := f.readWithRetry(now)
	f.file.polled = true
	f.file.present = !errors.Is(err, fs.ErrNotExist)
	f.file.readable = err == nil
	switch {
	case err == nil:
		f.failing, f.failures = "", 0
	case !f.file.present:
		// No error: a process that has not started has no prof.log yet.
		f.reset()
	default:
		f.fail(err)
	}
	if now.Sub(f.sampled) >= processInterval {
		f.live, f.sampled = findProcess(filepath.Dir(f.path)), now
	}
	f.shown = f.view()
	return f.shown
}

// fail counts an error, logs it once, and backs off.
func (f *follower) fail(err error) {
	f.file.readErrors++
	f.pause = min(f.failures, maxBackoff)
	f.failures++
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: run the exporter as a user who may read it, such as the one Zeek runs as", err)
	}
	if f.failing != err.Error() {
		f.failing = err.Error()
		f.log.Warn("Cannot read prof.log; trying again", "err", err)
	}
}

func (f *follower) view() *view {
	file := f.file
	file.snapshots, file.restarts = f.state.snapshots, f.state.restarts
	file.unparsed = f.unparsed + f.asm.Unparsed()
	v := &view{path: f.path, file: file, live: f.live, err: f.failing}
	if file.readable {
		v.newest, v.expensive, v.comm = f.state.newest, f.state.expensive, f.state.comm
		v.releases, v.started, v.cpu = f.state.releases, f.state.started, f.state.cpu
	}
	return v
}

// leave drops what the file held. The next read begins with the newest snapshots there are.
func (f *follower) reset() {
	f.unparsed += f.asm.Unparsed()
	f.asm = parse.NewAssembler(f.path)
	f.info, f.offset, f.base, f.key, f.waiting = nil, 0, 0, nil, false
	f.state.reset()
}

// read reads what is new, from the newest snapshots on if the file is not the one it was.
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
		f.log.Info("Reading prof.log again from its newest snapshots", "reason", string(why))
		f.reset()
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
	if f.info != nil && os.SameFile(f.info, info) && f.info.Size() == info.Size() && f.info.ModTime().Equal(info.ModTime()) {
		f.show(&f.state, now)
		return nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	return f.readFile(file, info, now)
}

// readFile reads what is new in file. What it reads counts only if the file is the same
// afterwards: a process that starts truncates its prof.log and writes on at once.
func (f *follower) readFile(file *os.File, info fs.FileInfo, now time.Time) error {
	if err := f.check(file, info); err != nil {
		return err
	}
	if err := f.locate(file, info.Size()); err != nil {
		return err
	}
	if f.info == nil {
		f.base = f.offset
		if f.observer != nil {
			f.observer.Begin(f.process, f.path, f.base)
		}
	}
	state := f.state
	if err := f.readLines(&state, file, info); err != nil {
		f.reset()
		return err
	}
	if f.grown = now; f.info == nil {
		f.grown = info.ModTime()
	}
	f.info, f.state, f.waiting = info, state, true
	f.show(&f.state, now)
	f.state.date(info.ModTime())
	return nil
}

// check says why file is not the one that has been read up to offset, if it is not.
func (f *follower) check(file *os.File, info fs.FileInfo) error {
	opened, err := file.Stat()
	if err != nil {
		return err
	}
	before := f.info
	if before == nil {
		before = info
	}
	if !os.SameFile(before, info) {
		return replaced
	}
	return same(file, info, opened, f.offset, f.key)
}

// same says why file, which was seen as info before, and as now later, is not the one that has
// key before offset.
func same(file io.ReaderAt, info, now fs.FileInfo, offset int64, key []byte) error {
	if !os.SameFile(info, now) {
		return replaced
	}
	if now.Size() < offset {
		return truncated
	}
	b := make([]byte, len(key))
	if _, err := file.ReadAt(b, offset-int64(len(key))); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Equal(b, key) {
		return rewritten
	}
	return nil
}

// locate sets the offset at which to begin with a file that is new, or has grown by more than
// is worth reading.
func (f *follower) locate(file io.ReaderAt, size int64) error {
	if f.info != nil && size-f.offset > maxUnread {
		return behind
	}
	if size-f.offset > maxLine && !endsInLines(file, size) {
		return errNoLines
	}
	if f.info != nil || size <= smallFile {
		return nil
	}
	recent, err := parse.Latest(file, size)
	if err != nil {
		return err
	}
	if f.offset = size; recent.Newest != nil {
		f.offset = recent.Start
	}
	return nil
}

func endsInLines(file io.ReaderAt, size int64) bool {
	end := make([]byte, maxLine)
	n, _ := file.ReadAt(end, size-maxLine)
	return bytes.IndexByte(end[:n], '\n') >= 0
}

// readLines reads to the end of the file, which was seen as info, and adds the snapshots that are
// complete to state. It fails if what it was given is not all, or may be of another file.
func (f *follower) readLines(state *state, file io.ReaderAt, info fs.FileInfo) error {
	offset, key := f.offset, bytes.Clone(f.key)
	if err := f.deliver(state); err != nil {
		return err
	}
	if f.offset < info.Size() {
		return incomplete
	}
	after, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	return same(file, info, after, offset, key)
}

func (f *follower) deliver(state *state) error {
	t, err := tail.TailFile(f.path, tail.Config{
		Location:  &tail.SeekInfo{Offset: f.offset},
		MustExist: true,
		Logger:    tail.DiscardingLogger,
	})
	if err != nil {
		return err
	}
	for line := range t.Lines {
		text := line.Text
		// The last line may lack its newline: it is not written to its end, or it is Comm.
		if line.SeekInfo.Offset > f.offset+int64(len(text)) {
			text += "\n"
		}
		f.feed(text, state)
	}
	return t.Wait()
}

func (f *follower) feed(text string, state *state) {
	f.offset += int64(len(text))
	f.key = append(f.key, text[max(0, len(text)-keyLen):]...)
	if len(f.key) > 2*keyLen {
		f.key = append(f.key[:0], f.key[len(f.key)-keyLen:]...)
	}
	io.WriteString(f.asm, text)
	for f.asm.Scan() {
		switch r := f.asm.Record().(type) {
		case *parse.Snapshot:
			r.Offset += f.base
			if f.observer != nil {
				f.observer.Add(f.process, f.path, r)
			}
			state.add(newDigest(r.Clone(), f.limits))
		case *parse.SyntaxError:
			f.log.Debug("Cannot read a line", "err", r)
		}
	}
}

// show adds the snapshots of which the end is not known, as soon as they are complete.
func (f *follower) show(state *state, now time.Time) {
	if !f.waiting {
		return
	}
	snapshots := f.asm.Pending()
	f.waiting = false
	for i, snapshot := range snapshots {
		snapshot.Offset += f.base
		if last := i == len(snapshots)-1; last && !f.settled(snapshot, state, now) {
			f.waiting = true
			return
		}
		state.add(newDigest(snapshot, f.limits))
	}
}

// settled says that the newest snapshot is not half written. A whole one is not; but one of 2.0,
// which does not say how many lines it has, may be. What is left of a process that died while it
// wrote is better than nothing.
func (f *follower) settled(snapshot *parse.Snapshot, state *state, now time.Time) bool {
	idle := now.Sub(f.grown)
	if snapshot.Whole() {
		return snapshot.Threads.Current.Measured || idle >= quiet
	}
	return state.newest == nil && idle >= givenUp
}
