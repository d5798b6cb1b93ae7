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
)

const (
	// maxUnread is how much of a file is read at one look. With more, reading starts anew from
	// the file's end: only the newest state matters.
	maxUnread = 16 << 20
	// smallFile is how long a file may be to be read from its beginning.
	smallFile = 1 << 20
	// maxLine is how long a line may be. A file whose last bytes hold none is not a log.
	maxLine = 1 << 20
	// keyLen is how many of the bytes read last tell a file from another one of the same name
	// and inode: they hold a time stamp in microseconds and counters, or all of a first block,
	// of which the stamp is 0.
	keyLen = 8 << 10
	// quiet is how long nothing must be written behind a block that does not say how long it
	// is, and given up how long behind one that is clearly not complete.
	quiet   = time.Second
	givenUp = 10 * time.Second
)

var (
	errNotRegular = errors.New("not a regular file: name the prof.log itself")
	errNoLines    = errors.New("the last MiB holds no newline: this is not a prof.log")
)

// anew is why reading starts anew, from the newest blocks of a file. It is an error only if it
// comes again and again.
type anew string

const (
	replaced   anew = "replaced"   // another file has the name
	truncated  anew = "truncated"  // the file is shorter than what was read of it
	rewritten  anew = "rewritten"  // what was read is no longer there
	incomplete anew = "incomplete" // less was delivered than the file has
	behind     anew = "behind"     // the file grew by more than is worth reading
)

func (a anew) Error() string { return "the file changes while it is read: " + string(a) }

// maxBackoff is how many looks at a file are left out, at most, when it cannot be read.
const maxBackoff = 15

// follower follows one prof.log. Its look is called at intervals; nothing is kept open and
// nothing runs between two looks, so there is nothing that a rename, a lost directory or an
// unmounted disk could leave stuck.
type follower struct {
	path   string
	log    *slog.Logger
	limits Limits
	anews  *prometheus.CounterVec // by reason

	info    fs.FileInfo // of the file that is being read, nil before
	grown   time.Time   // when it was last seen to have changed
	offset  int64       // up to which it has been read
	key     []byte      // the bytes before offset
	asm     *parse.Assembler
	waiting bool // asm holds a block that is not shown yet

	live    *liveProcess
	sampled time.Time // when live was asked for

	state    state
	unparsed uint64 // by assemblers before asm
	file     fileHealth
	failing  string // the last error that was logged
	failures int    // since the file could last be read
	pause    int    // looks to leave out
	shown    *view  // by the last look
}

func newFollower(path string, limits Limits, anews *prometheus.CounterVec, log *slog.Logger) *follower {
	return &follower{
		path:   path,
		log:    log.With("path", path),
		limits: limits,
		anews:  anews,
		asm:    parse.NewAssembler(path),
		file:   fileHealth{since: time.Now()},
	}
}

// look reads what is new in the file and returns what is to be seen of its process now.
func (f *follower) look(now time.Time) *view {
	if f.pause > 0 {
		f.pause--
		return f.shown
	}
	err := f.read(now)
	f.file.present = !errors.Is(err, fs.ErrNotExist)
	f.file.readable = err == nil
	switch {
	case err == nil:
		f.failing, f.failures = "", 0
	case !f.file.present:
		// No error: a process that has not started has no prof.log yet.
		f.leave()
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
	v := &view{path: f.path, file: file, live: f.live}
	if file.readable {
		v.newest, v.expensive, v.comm = f.state.newest, f.state.expensive, f.state.comm
		v.releases, v.started = f.state.releases, f.state.started
	}
	return v
}

// leave drops what the file held. The next read begins with the newest blocks there are.
func (f *follower) leave() {
	f.unparsed += f.asm.Unparsed()
	f.asm = parse.NewAssembler(f.path)
	f.info, f.offset, f.key, f.waiting = nil, 0, nil, false
	f.state.leave()
}

// read reads what is new, from the newest blocks on if the file is not the one it was.
func (f *follower) read(now time.Time) error {
	const tries = 3
	var err error
	for range tries {
		err = f.readOnce(now)
		var why anew
		if !errors.As(err, &why) {
			return err
		}
		f.anews.WithLabelValues(string(why)).Inc()
		f.log.Info("Reading prof.log anew", "reason", string(why))
		f.leave()
	}
	return err
}

func (f *follower) readOnce(now time.Time) error {
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
	state := f.state
	if err := f.readLines(&state, file, info); err != nil {
		f.leave()
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

// readLines reads to the end of the file, which was seen as info, and adds the blocks that are
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
			state.add(newDigest(r.Clone(), f.limits))
		case *parse.SyntaxError:
			f.log.Debug("Cannot read a line", "err", r)
		}
	}
}

// show adds the blocks of which the end is not known, as soon as they are complete.
func (f *follower) show(state *state, now time.Time) {
	if !f.waiting {
		return
	}
	blocks := f.asm.Pending()
	f.waiting = false
	for i, block := range blocks {
		if last := i == len(blocks)-1; last && !f.settled(block, state, now) {
			f.waiting = true
			return
		}
		state.add(newDigest(block, f.limits))
	}
}

// settled says that the newest block is not half written. A whole one is not; but one of 2.0,
// which does not say how many lines it has, may be. What is left of a process that died while it
// wrote is better than nothing.
func (f *follower) settled(block *parse.Snapshot, state *state, now time.Time) bool {
	idle := now.Sub(f.grown)
	if block.Whole() {
		return block.Threads.Current.Measured || idle >= quiet
	}
	return state.newest == nil && idle >= givenUp
}
