package collector

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/spool"
)

func newTestFollower(t *testing.T, text string) (f *follower, write func(string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prof.log")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	write = func(text string) {
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	resyncs := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "x"}, []string{"reason"})
	config := Config{Limits: Limits{Threads: 500, Globals: 500}, Logger: slog.New(slog.DiscardHandler)}
	return newFollower(spool.File{Process: "worker-1", Path: path}, config, resyncs, &sync.Pool{New: func() any { return new(buffer) }}), write
}

const snapshot20 = `1.000000 ------------------------
1.000000 Memory: total=5K total_adj=0K malloced: 5K
1.000000 ConnCompressor: pending=0 pending_in_mem=0 full_conns=0 pending+real=0 mem=0K avg=0.0/0.0
1.000000 Triggers: total=1 pending=0
1.000000         ProfileTimer = 1
`

// A snapshot of 2.0 does not tell how many timers it has.
func TestSnapshotWithoutThreadsWaitsForQuiet(t *testing.T) {
	f, write := newTestFollower(t, snapshot20)
	now := time.Now()
	if v := f.poll(now); v.newest != nil {
		t.Error("a snapshot that may go on is shown")
	}
	write("1.000000         TableValTimer = 2\n")
	if v := f.poll(now.Add(1100 * time.Millisecond)); v.newest != nil {
		t.Error("a snapshot that has just gone on is shown")
	}
	v := f.poll(now.Add(2200 * time.Millisecond))
	if v.newest == nil || len(v.newest.Timers.ByName) != 2 {
		t.Fatalf("a snapshot of 2.0 is not shown when nothing follows: %+v", v.newest)
	}
	write(strings.ReplaceAll(snapshot20, "1.000000", "2.000000"))
	if v := f.poll(now.Add(3300 * time.Millisecond)); v.newest.Time != 1 {
		t.Error("half of the next snapshot is shown")
	}
}

// A snapshot that is cut off is shown only where there is nothing better, and late.
func TestUnfinishedSnapshot(t *testing.T) {
	const half = "1.000000 ------------------------\n1.000000 Memory: total=5K total_adj=0K malloced: 5K\n1.000000 Threads: current=3\n"
	f, write := newTestFollower(t, half)
	now := time.Now()
	if v := f.poll(now.Add(5 * time.Second)); v.newest != nil {
		t.Error("an unfinished snapshot is shown at once")
	}
	if v := f.poll(now.Add(11 * time.Second)); v.newest == nil {
		t.Error("an unfinished snapshot is not shown although nothing else is known")
	}
	write(strings.ReplaceAll(half, "1.000000", "2.000000"))
	for later := 12 * time.Second; later < time.Minute; later += 12 * time.Second {
		if v := f.poll(now.Add(later)); v.newest == nil || v.newest.Time != 1 {
			t.Fatal("an unfinished snapshot replaces one that was shown")
		}
	}
}

func TestBackoff(t *testing.T) {
	f, _ := newTestFollower(t, snapshot20)
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.path, 0o755); err != nil {
		t.Fatal(err)
	}
	var tries []int
	for i := range 200 {
		before := f.file.readErrors
		if f.poll(time.Now()); f.file.readErrors > before {
			tries = append(tries, i)
		}
	}
	if n := len(tries); n < 20 || n > 30 || tries[1] != 1 || tries[n-1]-tries[n-2] != maxBackoff+1 {
		t.Errorf("tried at %v", tries)
	}
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path, []byte(snapshot20+"2.000000 ------------------------\n2.000000 Memory: total=1K\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range maxBackoff + 1 {
		f.poll(time.Now())
	}
	if v := f.poll(time.Now()); !v.file.readable || v.newest == nil {
		t.Errorf("not read again: %+v", v)
	}
}

// A file that has grown by more than is worth reading is read from its end.
func TestFarBehind(t *testing.T) {
	f, write := newTestFollower(t, "")
	f.poll(time.Now())
	whole := strings.ReplaceAll(snapshot20, "1.000000 ConnCompressor", "1.000000 Threads: current=0\n1.000000 ConnCompressor")
	write(strings.Repeat(whole, 2+maxUnread/len(whole)))
	write(strings.ReplaceAll(whole, "1.000000", "7.000000"))
	if v := f.poll(time.Now()); v.newest == nil || v.newest.Time != 7 || v.file.snapshots > 1000 {
		t.Errorf("%+v", v)
	}
}
