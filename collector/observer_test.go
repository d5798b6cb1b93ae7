package collector

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
	"bro_exporter/parse"
)

// recorder is an Observer that writes down what it is told.
type recorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *recorder) call(format string, values ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, values...))
}

func (r *recorder) Begin(process, _ string, offset int64) { r.call("begin %s %d", process, offset) }
func (r *recorder) Add(process, _ string, s *parse.Snapshot) {
	r.call("add %s %.6f %d", process, s.Time, s.Offset)
}
func (r *recorder) End(process, _ string) { r.call("end %s", process) }

// all returns the calls. A file that is rewritten while it is read begins more than once.
func (r *recorder) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(slices.Compact(slices.Clone(r.calls)), "\n")
}

// plain returns what an Observer is told of a prof.log that is read at once, up to the snapshot
// that nothing follows.
func plain(t *testing.T, process, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := &recorder{}
	want.Begin(process, path, 0)
	for in := parse.NewReader(file, path); in.Scan(); {
		if s, ok := in.Record().(*parse.Snapshot); ok {
			want.Add(process, path, s)
		}
	}
	return strings.Join(want.calls[:len(want.calls)-1], "\n")
}

func TestObserverSeesEachSnapshotOnce(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	logs := logsOf(t, "7.0.11/restart/prof.run1.log", "7.0.11/restart/prof.run2.log")
	worker.Start(logs[0])
	worker.Write(2)
	got := &recorder{}
	w := follow(t, Config{Patterns: patterns(spool.Pattern()), Observer: got, ForgetAfter: time.Nanosecond})
	for range 4 {
		w.await(map[string]float64{newestTime + "worker-1": worker.Write(1)})
	}
	want := plain(t, "worker-1", worker.Path())
	if all := got.all(); all != want {
		t.Fatalf("got\n%s\nwant\n%s", all, want)
	}
	worker.Start(logs[1])
	worker.Write(3)
	w.matches(worker)
	want += "\n" + plain(t, "worker-1", worker.Path())
	if all := got.all(); all != want {
		t.Fatalf("after a restart: got\n%s\nwant\n%s", all, want)
	}
	if err := os.RemoveAll(worker.Dir); err != nil {
		t.Fatal(err)
	}
	w.until("it is forgotten", func(map[string]float64) bool { return strings.HasSuffix(got.all(), "\nend worker-1") })
}

func TestStatus(t *testing.T) {
	spool := spooltest.New(t)
	good, bad := spool.Node("worker-1"), spool.Node("worker-2")
	log := spooltest.Load(t, "3.0.14/live/prof.log")
	good.Start(log)
	good.Write(4)
	if err := os.Mkdir(bad.Path(), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{Patterns: patterns(spool.Pattern())})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	all := c.Status().Processes
	if len(all) != 2 {
		t.Fatalf("%d processes", len(all))
	}
	if p := all[0]; p.Name != "worker-1" || p.State != Up || p.Newest.Time != log.Time(3) || p.Expensive == nil || p.Snapshots != 4 || p.Err != "" || p.CPU < 0 || p.CPU > 2 {
		t.Errorf("%+v", p)
	}
	if p := all[1]; p.Name != "worker-2" || p.State != Unreadable || p.Newest != nil || p.Err != errNotRegular.Error() || p.CPU != -1 {
		t.Errorf("%+v", p)
	}
}
