package collector

import (
	"bytes"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
	"bro_exporter/spool"
)

// logBuffer is where a Logger writes.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// lines returns the lines that hold text.
func (l *logBuffer) lines(text string) (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// A file that is away for a moment and comes back as it was is no new one.
func TestBlipIsNoRestart(t *testing.T) {
	for name, blip := range map[string]func(t *testing.T, n *spooltest.Node) (back func()){
		"file missing": func(t *testing.T, n *spooltest.Node) func() {
			rename(t, n.Path(), n.Path()+".away")
			return func() { rename(t, n.Path()+".away", n.Path()) }
		},
		"directory missing": func(t *testing.T, n *spooltest.Node) func() {
			rename(t, n.Dir, n.Dir+".away")
			return func() { rename(t, n.Dir+".away", n.Dir) }
		},
		"directory unreadable": func(t *testing.T, n *spooltest.Node) func() {
			chmod(t, n.Dir, 0)
			return func() { chmod(t, n.Dir, 0o755) }
		},
		"another inode": func(t *testing.T, n *spooltest.Node) func() {
			rename(t, n.Path(), n.Path()+".away")
			return func() {
				b, err := os.ReadFile(n.Path() + ".away")
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(n.Path()+".copy", b, 0o644); err != nil {
					t.Fatal(err)
				}
				rename(t, n.Path()+".copy", n.Path())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			spool := spooltest.New(t)
			asNobody(t, spool.Dir)
			worker := spool.Node("worker-1")
			worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
			worker.Write(5)
			w := follow(t, Config{Patterns: patterns(spool.Pattern())})
			w.matches(worker)
			for range 4 {
				back := blip(t, worker)
				w.isDown("worker-1")
				back()
				w.matches(worker)
			}
			all := w.series()
			if n := all["bro_prof_restarts_total process=worker-1"]; n != 0 {
				t.Errorf("%v restarts", n)
			}
			if n := all["bro_prof_snapshots_total process=worker-1"]; n != 5 {
				t.Errorf("%v snapshots of 5", n)
			}
		})
	}
}

// Without file descriptors the exporter can read nothing, and loses nothing.
func TestNoFileDescriptors(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(5)
	log := &logBuffer{}
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), Logger: slog.New(slog.NewTextHandler(log, nil))})
	w.matches(worker)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	allow := func(files uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { allow(limit.Cur) })
	for range 4 {
		allow(0)
		worker.Write(1)
		w.isDown("worker-1")
		allow(limit.Cur)
		w.matches(worker)
	}
	w.await(map[string]float64{"bro_prof_restarts_total process=worker-1": 0, "bro_prof_snapshots_total process=worker-1": 9})
	if lines := log.lines("too many open files"); len(lines) == 0 || len(log.lines("as a user who may")) > 0 {
		t.Errorf("the log:\n%s", strings.Join(lines, ""))
	}
}

// A disk that fails during a read costs no values, and does not count as a restart.
func TestReadError(t *testing.T) {
	f, write := newTestFollower(t, snapshot20)
	now := time.Now()
	f.poll(now.Add(givenUp))
	write(snapshot20)
	unreadable, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unreadable.Close()
	info, err := unreadable.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.check(unreadable, info); err == nil {
		t.Error("no error for the old text")
	}
	if err := f.readFrom(unreadable, info, now); err == nil {
		t.Error("no error for the new text")
	}
	f.poll(now.Add(2 * givenUp))
	v := f.poll(now.Add(3 * givenUp))
	if v.newest == nil || v.file.snapshots != 2 || v.file.restarts != 0 {
		t.Errorf("%d snapshots, %d restarts, newest %v", v.file.snapshots, v.file.restarts, v.newest)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// However a process restarts, the log tells it in one line.
func TestRestartIsOneLine(t *testing.T) {
	for name, restart := range map[string]func(t *testing.T, s *spooltest.Spool, n *spooltest.Node){
		"truncated": func(*testing.T, *spooltest.Spool, *spooltest.Node) {},
		"new inode": func(t *testing.T, _ *spooltest.Spool, n *spooltest.Node) { rename(t, n.Path(), n.Path()+".old") },
		"new directory": func(_ *testing.T, s *spooltest.Spool, n *spooltest.Node) {
			s.Terminate(n)
		},
	} {
		t.Run(name, func(t *testing.T) {
			spool := spooltest.New(t)
			worker := spool.Node("worker-1")
			logs := logsOf(t, "7.0.11/restart/prof.run1.log", "7.0.11/restart/prof.run2.log")
			worker.Start(logs[0])
			worker.Write(4)
			log := &logBuffer{}
			w := follow(t, Config{Patterns: patterns(spool.Pattern()), Logger: slog.New(slog.NewTextHandler(log, nil))})
			w.matches(worker)
			for i := range 3 {
				restart(t, spool, worker)
				worker.Start(logs[(i+1)%2])
				worker.Write(3)
				w.matches(worker)
				w.await(map[string]float64{"bro_prof_restarts_total process=worker-1": float64(i + 1)})
				if lines := log.lines("The process has restarted"); len(lines) != i+1 {
					t.Errorf("%d restarts are told as %q", i+1, lines)
				}
			}
			if lines := log.lines("Read prof.log again"); len(lines) != 0 {
				t.Errorf("also told: %q", lines)
			}
		})
	}
}

// A process that was seen to run and does not any more is down at once.
func TestDeadProcess(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	zeek := program(t, "zeek")
	writePid(t, worker.Dir, strconv.Itoa(zeek.Process.Pid))
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(3)
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), StaleAfter: time.Hour})
	w.until("the process is found", func(all map[string]float64) bool {
		_, found := all["bro_process_start_time_seconds process=worker-1"]
		return found && all["bro_up process=worker-1"] == 1
	})
	zeek.Process.Kill()
	zeek.Wait()
	w.await(map[string]float64{"bro_up process=worker-1": 0})
	if s := w.collector.Status().Processes[0].State; s != Dead {
		t.Errorf("it is %s", s)
	}
	if len(of(w.series(), "worker-1")) == 0 {
		t.Error("the last values of a process that has died are what is wanted of it")
	}
	// Whoever writes the file now, lives.
	worker.Write(1)
	w.await(map[string]float64{"bro_up process=worker-1": 1})
}

// A process in another PID namespace cannot be seen, and that tells nothing.
func TestProcessThatIsNeverSeen(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	zeek := program(t, "zeek")
	zeek.Process.Kill()
	zeek.Wait()
	writePid(t, worker.Dir, strconv.Itoa(zeek.Process.Pid))
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(3)
	c, err := New(Config{Patterns: patterns(spool.Pattern())})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	if s := c.Status().Processes[0].State; s != Up {
		t.Errorf("it is %s", s)
	}
}

// nodesOf returns a Collector that has found the prof.logs of nodes, by process.
func nodesOf(t *testing.T, config Config) (*Collector, map[string]*node) {
	t.Helper()
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	c.discover()
	nodes := map[string]*node{}
	for _, n := range c.nodes {
		nodes[n.follower.process] = n
	}
	return c, nodes
}

// A file that hangs at its first poll is down, and keeps no other one waiting.
func TestHangingFile(t *testing.T) {
	spool := spooltest.New(t)
	for _, name := range []string{"worker-1", "worker-2", "worker-3"} {
		n := spool.Node(name)
		n.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
		n.Write(2)
	}
	c, nodes := nodesOf(t, Config{Patterns: patterns(spool.Pattern())})
	hanging := nodes["worker-2"]
	hanging.take()
	hanging.polled.Store(time.Now().UnixNano())
	var running sync.WaitGroup
	for range 3 {
		c.pollAll(&running)
	}
	running.Wait()
	w := &watch{t: t, registry: registryOf(c)}
	if _, known := w.series()["bro_up process=worker-2"]; known {
		t.Error("a file that has just been found is called down")
	}
	long := time.Now().Add(-2 * patience)
	hanging.found = long
	hanging.polled.Store(long.UnixNano())
	all := w.series()
	for process, up := range map[string]float64{"worker-1": 1, "worker-2": 0, "worker-3": 1} {
		if got, known := all["bro_up process="+process]; got != up || !known {
			t.Errorf("bro_up of %s is %v, %v", process, got, known)
		}
	}
	if p := c.Status().Processes[1]; p.State != Unreadable || p.Err != silent {
		t.Errorf("%+v", p)
	}
}

// A FIFO that has taken a file's place is not waited for.
func TestOpenDoesNotWaitForFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prof.log")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openRegular(path); !errors.Is(err, errNotRegular) {
		t.Errorf("error %v", err)
	}
}

// The clock of the file's server may be wrong. What counts is when the file was seen to change.
func TestModifiedInTheFuture(t *testing.T) {
	for name, offset := range map[string]time.Duration{"ahead": 24 * time.Hour, "behind": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			f, write := newTestFollower(t, snapshot20)
			now := time.Now()
			f.poll(now)
			now = now.Add(time.Second)
			write(snapshot20)
			if err := os.Chtimes(f.path, now.Add(offset), now.Add(offset)); err != nil {
				t.Fatal(err)
			}
			v := f.poll(now)
			if s := v.stateAt(now, time.Minute); s != Up {
				t.Errorf("a file that has just been written to is %s", s)
			}
			now = now.Add(2 * time.Minute)
			if s := f.poll(now).stateAt(now, time.Minute); s != Stale {
				t.Errorf("a file that does not change any more is %s", s)
			}
		})
	}
	f, _ := newTestFollower(t, snapshot20)
	now := time.Now()
	if err := os.Chtimes(f.path, now.Add(time.Hour), now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	f.poll(now)
	now = now.Add(2 * time.Minute)
	if s := f.poll(now).stateAt(now, time.Minute); s != Stale {
		t.Errorf("a file that never changed since it was found is %s", s)
	}
}

// A hole at the end of a file is no text: the process goes on writing where it begins.
func TestHoleAtEnd(t *testing.T) {
	for _, size := range []int64{3_000, 300_000, 3 << 20, 100 << 20} {
		t.Run(strconv.FormatInt(size, 10), func(t *testing.T) {
			spool := spooltest.New(t)
			worker := spool.Node("worker-1")
			log := spooltest.Load(t, "7.0.11/live/prof.log")
			worker.Start(log)
			worker.Write(3)
			w := follow(t, Config{Patterns: patterns(spool.Pattern())})
			w.matches(worker)
			info, err := os.Stat(worker.Path())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(worker.Path(), info.Size()+size); err != nil {
				t.Fatal(err)
			}
			w.await(map[string]float64{"bro_up process=worker-1": 1, newestTime + "worker-1": log.Time(2)})
			for i := 3; i < 6; i++ {
				w.await(map[string]float64{newestTime + "worker-1": worker.Write(1), "bro_up process=worker-1": 1})
			}
			w.await(map[string]float64{"bro_prof_unparsed_lines_total process=worker-1": 0,
				"bro_prof_snapshots_total process=worker-1": 6, "bro_prof_read_errors_total process=worker-1": 0})
			// And so it looks to an exporter that starts now.
			w.matches(worker)
		})
	}
}

// A long line takes memory while it is read, not for good.
func TestLongLinesGiveTheirMemoryBack(t *testing.T) {
	const logs, bound = 4, 1 << 20
	spool := spooltest.New(t)
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	var all []*spooltest.Node
	for i := range logs {
		n := spool.Node("worker-" + strconv.Itoa(i))
		n.Start(log)
		n.Write(1)
		all = append(all, n)
	}
	c, nodes := nodesOf(t, Config{Patterns: patterns(spool.Pattern())})
	poll := func() {
		for _, n := range nodes {
			n.poll()
		}
	}
	poll()
	before := heap()
	for range 4 {
		for _, n := range all {
			n.WriteText(strings.Repeat("x", 15<<20) + "\n")
			n.Write(1)
			poll()
		}
	}
	if grown := int64(heap()) - int64(before); grown > bound {
		t.Errorf("%d MiB are held after long lines in %d logs", grown>>20, logs)
	}
	w := &watch{t: t, registry: registryOf(c)}
	w.await(map[string]float64{newestTime + "worker-3": log.Time(4)})
}

// What the end of a large log tells is read once.
func TestStartReadsLittle(t *testing.T) {
	const size, bound = 1 << 30, 256 << 10
	text := longTail(t, "7.0.11/pcap/prof.log")
	if len(text) < 100<<10 {
		t.Fatalf("the newest expensive snapshot is only %d bytes from the end", len(text))
	}
	path := filepath.Join(t.TempDir(), "prof.log")
	if err := hole(path, size); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(strings.Repeat(text, 1+(2<<20)/len(text))), size); err != nil {
		t.Fatal(err)
	}
	file.Close()
	c, err := New(Config{Patterns: []spool.Pattern{{Name: "worker-1", Glob: path}}})
	if err != nil {
		t.Fatal(err)
	}
	before := bytesRead(t)
	if c.Poll() != 1 {
		t.Fatal("not read")
	}
	read := bytesRead(t) - before
	t.Logf("%d KiB read", read>>10)
	if read > bound {
		t.Errorf("%d bytes read of a log of 1 GiB", read)
	}
	small := filepath.Join(t.TempDir(), "prof.log")
	if err := os.WriteFile(small, []byte(text+text), 0o644); err != nil {
		t.Fatal(err)
	}
	w := &watch{t: t, registry: registryOf(c)}
	plain, err := New(Config{Patterns: []spool.Pattern{{Name: "worker-1", Glob: small}}})
	if err != nil {
		t.Fatal(err)
	}
	plain.Poll()
	want := of((&watch{t: t, registry: registryOf(plain)}).series(), "worker-1")
	if got := of(w.series(), "worker-1"); !maps.Equal(got, want) {
		t.Error("what is exposed is not what the end of the log tells")
	}
}

// longTail returns an expensive snapshot of a log and the 19 cheap ones that come before the next.
func longTail(t testing.TB, log string) string {
	t.Helper()
	var cheap, expensive string
	for _, s := range spooltest.Load(t, log)[100:] {
		if strings.Contains(s.Text, "Total number of table entries") {
			expensive = s.Text
		} else {
			cheap = s.Text
		}
	}
	return expensive + strings.Repeat(cheap, 19)
}

// bytesRead returns how many bytes this process has read from files.
func bytesRead(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "rchar: ")
	number, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
