package verdict

import (
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"bro_exporter/internal/labelled"
)

// longLog is the text of a process with many threads, seven days long.
func longLog(b *testing.B, every float64) []byte {
	b.Helper()
	cases, err := labelled.Cases(os.DirFS("../testdata"), 0)
	if err != nil {
		b.Fatal(err)
	}
	longest := cases[0]
	for _, c := range cases {
		if c.Hours > longest.Hours {
			longest = c
		}
	}
	log, err := longest.OpenEvery(every * longest.Hours / (7 * 24))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	text, err := io.ReadAll(log)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%s: %d bytes", longest.Name, len(text))
	return text
}

// BenchmarkCatchUp reads what a log holds when the exporter starts.
func BenchmarkCatchUp(b *testing.B) {
	text := longLog(b, 60)
	h := host{b, b.TempDir()}
	h.write("w", text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		passes(h.live())
	}
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
