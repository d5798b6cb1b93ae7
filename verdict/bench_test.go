package verdict

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"bro_exporter/internal/labelled"
	"bro_exporter/parse"
)

// longLog is the text of a process with 45 threads, seven days long.
func longLog(t testing.TB, every float64) []byte {
	t.Helper()
	cases, err := labelled.Cases(os.DirFS("../testdata"), 0)
	if err != nil {
		t.Fatal(err)
	}
	longest := slices.MaxFunc(cases, func(a, b labelled.Case) int { return cmp.Compare(a.Hours, b.Hours) })
	log, err := longest.OpenEvery(every * longest.Hours / (7 * 24))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var text bytes.Buffer
	threads := 0
	for lines := bufio.NewScanner(log); lines.Scan(); {
		line := lines.Bytes()
		text.Write(line)
		text.WriteByte('\n')
		if bytes.Contains(line, []byte(" Threads: current=")) {
			threads = 0
		}
		if stamp, name, ok := bytes.Cut(line, []byte("   ")); ok && bytes.Contains(name, []byte("/Log::WRITER_ASCII")) && threads < 33 {
			for _, other := range []string{"u", "v", "w", "x", "y", "z"} {
				fmt.Fprintf(&text, "%s   %s%s\n", stamp, other, name)
				threads++
			}
		}
	}
	return text.Bytes()
}

// 64 processes of 45 threads need less than 64 MiB of resident memory, with what the garbage collector leaves,
// however long they run.
func TestMemory(t *testing.T) {
	h := host{t, t.TempDir()}
	h.write("w", longLog(t, 600))
	before := heap()
	l := h.live()
	passes(l)
	size := heap() - before
	file, err := os.Open(h.path("w"))
	h.do(err)
	defer file.Close()
	info, err := file.Stat()
	h.do(err)
	recent, err := parse.Latest(file, info.Size())
	h.do(err)
	if report, _ := l.Report("w"); report.Snapshots < 1000 || len(recent.Newest.Threads.List) < 45 {
		t.Fatalf("%d snapshots with %d threads", report.Snapshots, len(recent.Newest.Threads.List))
	}
	if size > 800<<10 {
		t.Errorf("the analysis of a process holds %.0f KiB", size/1024)
	}
	t.Logf("%.0f KiB", size/1024)
	runtime.KeepAlive(l)
}

// BenchmarkCatchUp reads what a log holds when the exporter starts.
func BenchmarkCatchUp(b *testing.B) {
	text := longLog(b, 15)
	h := host{b, b.TempDir()}
	h.write("w", text)
	b.Logf("%d MB", len(text)/1e6)
	passes(h.live())
	begin, n := cpu(b), 0
	for b.Loop() {
		passes(h.live())
		n++
	}
	b.ReportMetric(float64(n*len(text))/(cpu(b)-begin)/1e6, "MB/cpu-s")
}

// cpu returns how many seconds this process has computed.
func cpu(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// BenchmarkFollow takes up one more snapshot of a process.
func BenchmarkFollow(b *testing.B) {
	h := host{b, b.TempDir()}
	text := longLog(b, 15)
	pieces := bytes.SplitAfter(text, []byte(" ------------------------\n"))
	h.write("w", bytes.Join(pieces[:100], nil))
	l := h.live()
	passes(l)
	next := 100
	begin, n := cpu(b), 0
	for b.Loop() {
		b.StopTimer()
		if next == len(pieces) {
			b.Fatal("the log is too short")
		}
		h.add("w", pieces[next])
		next++
		b.StartTimer()
		l.pass(time.Now())
		n++
	}
	b.ReportMetric((cpu(b)-begin)/float64(n)*1e6, "cpu-us/op")
}

// BenchmarkJudge judges a process of seven days, and tells what its analysis holds in memory.
func BenchmarkJudge(b *testing.B) {
	h := host{b, b.TempDir()}
	h.write("w", longLog(b, 60))
	before := heap()
	l := h.live()
	passes(l)
	size := heap() - before
	for b.Loop() {
		for _, t := range l.tracks {
			t.judged = 0
			t.next = time.Time{}
			l.judge(t, time.Now())
		}
	}
	b.ReportMetric(size/(1<<20), "MiB/process")
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
