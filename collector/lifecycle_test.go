package collector

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/internal/spooltest"
	"bro_exporter/spool"
)

// Each test is a row of what happens in a spool directory over the months.

// byProcess returns the series that are read from snapshots, by process.
func byProcess(all map[string]float64) map[string]map[string]float64 {
	processes := map[string]map[string]float64{}
	for k, v := range all {
		name, labels, _ := strings.Cut(k, " ")
		fromFile := strings.HasPrefix(name, "bro_prof_") && !strings.HasSuffix(name, "_timestamp_seconds")
		_, process, _ := strings.Cut(" "+labels, " process=")
		process, _, _ = strings.Cut(process, " ")
		if fromFile || name == "bro_up" {
			continue
		}
		if processes[process] == nil {
			processes[process] = map[string]float64{}
		}
		processes[process][k] = v
	}
	return processes
}

// of returns the series of one process that are read from snapshots.
func of(all map[string]float64, process string) map[string]float64 { return byProcess(all)[process] }

// matches waits until what is exposed of a process is what a plain reading of its file gives: all
// of it, and nothing else.
func (w *watch) matches(n *spooltest.Node) {
	w.t.Helper()
	c, err := New(Config{Patterns: []spool.Pattern{{Name: n.Name, Glob: n.Path()}}})
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Poll() != 1 {
		w.t.Fatalf("cannot read %s", n.Path())
	}
	plain := &watch{t: w.t, registry: registryOf(c)}
	want := of(plain.series(), n.Name)
	if len(want) < 50 {
		w.t.Fatalf("%s gives only %d series", n.Path(), len(want))
	}
	w.until("what a plain reading gives of "+n.Name, func(all map[string]float64) bool {
		return all["bro_up process="+n.Name] == 1 && maps.Equal(of(all, n.Name), want)
	})
}

// isDown waits until nothing of a process is exposed but that it is down.
func (w *watch) isDown(process string) {
	w.t.Helper()
	w.until(process+" is down, and nothing else of it", func(all map[string]float64) bool {
		up, known := all["bro_up process="+process]
		return known && up == 0 && len(of(all, process)) == 0
	})
}

func logsOf(t *testing.T, path ...string) []spooltest.Log {
	t.Helper()
	var logs []spooltest.Log
	for _, p := range path {
		logs = append(logs, spooltest.Load(t, p))
	}
	return logs
}

func TestNothingThereAtStart(t *testing.T) {
	spool := spooltest.New(t)
	w := follow(t, Config{Patterns: patterns(filepath.Join(spool.Dir, "later", "*", "prof.log"))})
	if n := len(w.series()); n != 0 {
		t.Fatalf("%d series of nothing", n)
	}
	spool.Dir = filepath.Join(spool.Dir, "later")
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(2)
	w.matches(worker)
}

func TestNodesComeAndGo(t *testing.T) {
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11/live/prof.log", "3.0.14/live/prof.log")
	first, second := spool.Node("worker-1"), spool.Node("worker-2")
	first.Start(logs[0])
	first.Write(3)
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), ForgetAfter: 1500 * time.Millisecond})
	w.matches(first)
	second.Start(logs[1])
	second.Write(4)
	w.matches(second)
	if err := os.RemoveAll(first.Dir); err != nil {
		t.Fatal(err)
	}
	w.isDown("worker-1")
	w.matches(second)
	w.until("worker-1 is forgotten", func(all map[string]float64) bool {
		_, known := all["bro_up process=worker-1"]
		return !known
	})
	first = spool.Node("worker-1")
	first.Start(logs[0])
	first.Write(2)
	w.matches(first)
}

func TestZeekctlRestart(t *testing.T) {
	for name, kept := range map[string]bool{"old directory kept": true, "old directory removed": false} {
		t.Run(name, func(t *testing.T) { zeekctlRestart(t, kept) })
	}
}

func zeekctlRestart(t *testing.T, kept bool) {
	t.Helper()
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11-cluster/worker-1/prof.log", "7.0.11-cluster/worker-2/prof.log")
	worker := spool.Node("worker-1")
	worker.Start(logs[0])
	worker.Write(6)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(worker)
	for restarts := 1.0; restarts <= 3; restarts++ {
		old := spool.Terminate(worker)
		if !kept {
			if err := os.RemoveAll(old); err != nil {
				t.Fatal(err)
			}
		}
		w.isDown("worker-1")
		worker.Start(logs[int(restarts)%2])
		worker.Write(int(2 * restarts))
		w.matches(worker)
		w.await(map[string]float64{"bro_prof_restarts_total process=worker-1": restarts})
	}
}

// A process that is started by hand or by systemd truncates its prof.log and writes on, so fast
// that nobody may have seen it short.
func TestTruncatedInPlace(t *testing.T) {
	for _, test := range []struct{ before, after int }{{before: 8, after: 3}, {before: 3, after: 8}, {before: 5, after: 5}, {before: 1, after: 1}} {
		t.Run(fmt.Sprintf("%d to %d", test.before, test.after), func(t *testing.T) { truncatedInPlace(t, test.before, test.after) })
	}
}

func truncatedInPlace(t *testing.T, before, after int) {
	t.Helper()
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11/restart/prof.run1.log", "7.0.11/restart/prof.run2.log")
	worker := spool.Node("worker-1")
	worker.Start(logs[0])
	worker.Write(before)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(worker)
	worker.Start(logs[1])
	worker.Write(after)
	w.matches(worker)
	w.await(map[string]float64{"bro_prof_restarts_total process=worker-1": 1})
	worker.Start(logs[1])
	w.until("the values of the old process are gone", func(all map[string]float64) bool {
		return len(of(all, "worker-1")) == 0
	})
}

// The process goes on writing where it was, behind a hole.
func TestCopyTruncate(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(6)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(worker)
	if err := os.Truncate(worker.Path(), 0); err != nil {
		t.Fatal(err)
	}
	worker.Write(2)
	w.matches(worker)
	// The hole is no line, and the process is the same.
	w.await(map[string]float64{"bro_prof_unparsed_lines_total process=worker-1": 0, "bro_prof_restarts_total process=worker-1": 0})
}

func TestRenamedAndMadeAgain(t *testing.T) {
	spool := spooltest.New(t)
	logs := logsOf(t, "2.3.2/restart/prof.run1.log", "2.3.2/restart/prof.run3.log")
	worker := spool.Node("worker-1")
	worker.Start(logs[0])
	worker.Write(4)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(worker)
	if err := os.Rename(worker.Path(), worker.Path()+".1"); err != nil {
		t.Fatal(err)
	}
	w.isDown("worker-1")
	worker.Start(logs[1])
	worker.Write(5)
	w.matches(worker)
}

func TestReplacedByOtherThings(t *testing.T) {
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11/restart/prof.run1.log", "7.0.11/live/prof.log")
	worker, neighbour := spool.Node("worker-1"), spool.Node("worker-2")
	neighbour.Start(logs[1])
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	for what, replace := range map[string]func() error{
		"a file for the directory": func() error {
			if err := os.RemoveAll(worker.Dir); err != nil {
				return err
			}
			return os.WriteFile(worker.Dir, []byte("x"), 0o644)
		},
		"a directory":            func() error { return os.Mkdir(worker.Path(), 0o755) },
		"a FIFO":                 func() error { return syscall.Mkfifo(worker.Path(), 0o644) },
		"/dev/zero":              func() error { return os.Symlink("/dev/zero", worker.Path()) },
		"a link to itself":       func() error { return os.Symlink("prof.log", worker.Path()) },
		"1 GiB without newline":  func() error { return hole(worker.Path(), 1<<30) },
		"a socket in the making": func() error { return syscall.Mknod(worker.Path(), syscall.S_IFSOCK|0o644, 0) },
	} {
		if err := os.RemoveAll(worker.Dir); err != nil {
			t.Fatal(err)
		}
		worker = spool.Node("worker-1")
		worker.Start(logs[0])
		worker.Write(2)
		w.matches(worker)
		errors := w.series()["bro_prof_read_errors_total process=worker-1"]
		if err := os.RemoveAll(worker.Path()); err != nil {
			t.Fatal(err)
		}
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		w.isDown("worker-1")
		w.until("read errors are counted: "+what, func(all map[string]float64) bool {
			return all["bro_prof_read_errors_total process=worker-1"] > errors
		})
		neighbour.Write(1)
		w.matches(neighbour)
	}
}

// hole makes a file of n bytes that holds nothing.
func hole(path string, n int64) error {
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		return err
	}
	return os.Truncate(path, n)
}

func TestStoppedGrowing(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(3)
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), StaleAfter: 2 * time.Second})
	w.matches(worker)
	w.await(map[string]float64{"bro_up process=worker-1": 0})
	if len(of(w.series(), "worker-1")) == 0 {
		t.Error("the last values of a process that is silent are what is wanted of it")
	}
	worker.Write(1)
	w.await(map[string]float64{"bro_up process=worker-1": 1})
}

func TestTwoRoots(t *testing.T) {
	one, two := spooltest.New(t), spooltest.New(t)
	logs := logsOf(t, "7.0.11-cluster/worker-1/prof.log", "7.0.11-cluster/worker-2/prof.log")
	a, b := one.Node("worker-1"), two.Node("worker-1")
	a.Start(logs[0])
	a.Write(3)
	w := follow(t, Config{Patterns: patterns(one.Pattern(), two.Pattern()), ForgetAfter: time.Nanosecond})
	a.Name = filepath.Join(filepath.Base(one.Dir), "worker-1")
	b.Name = filepath.Join(filepath.Base(two.Dir), "worker-1")
	w.matches(a)
	b.Start(logs[1])
	b.Write(4)
	w.matches(a)
	w.matches(b)
	// A process keeps its name when its namesake is gone for good.
	if err := os.RemoveAll(b.Dir); err != nil {
		t.Fatal(err)
	}
	w.until("the other is forgotten", func(all map[string]float64) bool {
		_, known := all["bro_up process="+b.Name]
		return !known
	})
	w.matches(a)
}

// The usual spool directory belongs to zeek:zeek and nobody else may enter it.
func TestUnreadableDirectory(t *testing.T) {
	spool := spooltest.New(t)
	asNobody(t, spool.Dir)
	open, closed := spool.Node("worker-1"), spool.Node("worker-2")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	open.Start(log)
	closed.Start(log)
	open.Write(2)
	closed.Write(3)
	if err := os.Chmod(closed.Dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(closed.Dir, 0o755) })
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(open)
	w.isDown("worker-2")
	self := prometheus.NewPedanticRegistry()
	self.MustRegister(w.collector.Self()...)
	own := (&watch{t: t, registry: self}).series()
	if n := own["bro_exporter_unreadable_directories"]; n != 1 {
		t.Errorf("%v unreadable directories", n)
	}
	if n := own["bro_exporter_pattern_matches pattern="+spool.Pattern()]; n != 1 {
		t.Errorf("the pattern matches %v prof.logs", n)
	}
	status := w.collector.Status()
	if dirs := status.Found.Unreadable(); len(dirs) != 1 || dirs[0].Path != closed.Dir {
		t.Errorf("unreadable: %v", dirs)
	}
	if p := status.Processes[1]; p.State != Unreadable || !strings.Contains(p.Err, "run the exporter as a user who may read it") {
		t.Errorf("%+v", p)
	}
	if err := os.Chmod(closed.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	w.matches(closed)
}

func TestGarbage(t *testing.T) {
	spool := spooltest.New(t)
	bad, good := spool.Node("worker-1"), spool.Node("worker-2")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	bad.Start(log)
	good.Start(log)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	for i := range 20 {
		bad.WriteText(strings.Repeat("no log at all \xff\x00 = / : in=\n", 100*i))
		good.Write(1)
	}
	w.matches(good)
	bad.Write(1)
	w.await(map[string]float64{newestTime + "worker-1": log.Time(0), "bro_prof_unparsed_lines_total process=worker-1": 19_000})
}

// A field that only a newer release writes is counted, and harms no other.
func TestUnknownField(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	worker.WriteText(strings.Replace(worker.Next(), " max=", " later=3 max=", 1))
	w.matches(worker)
	worker.WriteText(strings.Replace(worker.Next(), " max=", " later=4 max=", 1))
	w.await(map[string]float64{"bro_prof_unknown_fields_total process=worker-1": 2, "bro_prof_unparsed_lines_total process=worker-1": 0})
}

// Many nodes that write all the time: the newest snapshot of each shows, again and again.
func TestManyNodes(t *testing.T) {
	const nodes, rounds = 256, 4
	spool := spooltest.New(t)
	log := spooltest.Load(t, "7.0.11/pcap/prof.log")[60:]
	var all []*spooltest.Node
	for i := range nodes {
		n := spool.Node("worker-" + string(rune('a'+i/16)) + string(rune('a'+i%16)))
		n.Start(log)
		all = append(all, n)
	}
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), PollInterval: 200 * time.Millisecond, Topics: []Topic{memoryTopic()}})
	for range rounds {
		want := map[string]float64{}
		for _, n := range all {
			want[newestTime+n.Name] = n.Write(1)
		}
		w.await(want)
	}
	missed := map[string]float64{}
	for _, n := range all {
		missed["bro_prof_snapshots_total process="+n.Name] = rounds
	}
	w.await(missed)
}

// What a process names itself must not take more memory than a bound, whatever it names.
func TestHostileNames(t *testing.T) {
	const bound = 64 << 20
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	worker.Start(spooltest.Load(t, "7.0.11/live/prof.log"))
	worker.Write(2)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.matches(worker)
	before := heap()
	sum := 0.0
	for round := range 3 {
		stamp := hostileSnapshot(worker, round)
		sum = 100_000 + 3
		w.await(map[string]float64{
			newestTime + "worker-1":                                         stamp,
			"bro_threads process=worker-1":                                  100_003,
			"bro_prof_dropped_series collector=threads process=worker-1":    99_503,
			"bro_thread_messages_in_total process=worker-1 thread=other":    99_503,
			"bro_thread_messages_pending_in process=worker-1 thread=busy/x": 7,
		})
	}
	all, total := w.series(), 0.0
	threads := 0
	for k, v := range all {
		if strings.HasPrefix(k, "bro_thread_messages_in_total ") {
			threads++
			total += v
		}
	}
	if threads != 501 || total != sum {
		t.Errorf("%d threads with %v messages, want 501 with %v", threads, total, sum)
	}
	grown := int64(heap()) - int64(before)
	t.Logf("%d KiB held for a hostile process", grown>>10)
	if grown > bound {
		t.Errorf("%d MiB held for one process", grown>>20)
	}
}

// hostileSnapshot writes a snapshot with 100,000 threads of different names, names that are invalid
// or look like other lines, and a line of more than a MiB.
func hostileSnapshot(n *spooltest.Node, round int) (stamp float64) {
	const tail = " in=1 out=1 pending=0/0 (#queue r/w: in=1/1 out=1/1)\n"
	at := 1795370000 + round
	s := strconv.Itoa(at) + ".000000"
	var b strings.Builder
	b.WriteString("\n" + s + " ------------------------\n" + s + " Memory: total=5K total_adj=0K malloced: 0K\n")
	b.WriteString(s + " Triggers: total=0 pending=0\n" + s + " Threads: current=100003\n")
	for i := range 100_000 {
		b.WriteString(s + "   tmp" + strconv.Itoa(i) + strconv.Itoa(round) + "/Input::READER_RAW" + tail)
	}
	b.WriteString(s + "   \xff\xfe 1.000000 Memory: total=9K/Log::WRITER_ASCII" + tail)
	b.WriteString(s + "   busy/x in=1 out=1 pending=7/0 (#queue r/w: in=1/1 out=1/1)\n")
	b.WriteString(s + "   for i in 1; do x; done |/Input::READER_RAW" + tail)
	b.WriteString(s + "   " + strings.Repeat("n", 1<<20) + "/Log::WRITER_ASCII" + tail)
	n.WriteText(b.String())
	return float64(at)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
