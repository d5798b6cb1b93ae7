package analyze_test

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/parse"
)

// busy writes snapshots of a process with 45 threads, 20 types of timers and 20 tables under a daily
// load, a minute apart; one of the tables leaks.
func busy(minutes int, add func(*parse.Snapshot)) {
	var s parse.Snapshot
	var timers, threads, tables []string
	for k := range 45 {
		timers = append(timers, fmt.Sprintf("Timer%d", k))
		threads = append(threads, fmt.Sprintf("log%d/Log::WRITER_ASCII", k))
		tables = append(tables, fmt.Sprintf("Foo::table%d", k))
	}
	total := 0.0
	for i := range minutes {
		hours := float64(i) / 60
		load := 1 + 0.5*math.Sin(2*math.Pi*hours/24) + 0.02*math.Sin(float64(i*i))
		total += 60 * 300 * load
		s = parse.Snapshot{
			Time: begin + 60*float64(i), First: i == 0, Expensive: i%5 == 0,
			Timers: parse.Timers{ByName: s.Timers.ByName[:0]}, Threads: parse.Threads{List: s.Threads.List[:0]}, Globals: parse.Globals{List: s.Globals.List[:0]},
		}
		s.Runtime.Real = parse.Opt[float64]{Value: 60 * float64(i), Measured: true}
		s.Memory.Total = of(500<<20 + 100<<20*load + 1e5*hours)
		s.Conns = parse.Conns{Total: of(total), Current: of(20_010 * load), Sessions: of(20_000 * load)}
		s.Timers.Current = of(90_000 * load)
		for k := range 20 {
			s.Timers.ByName = append(s.Timers.ByName, parse.Timer{Name: timers[k], Pending: uint64(200 * float64(k+1) * load)})
		}
		for k := range 45 {
			messages := uint64(total / float64(k+1))
			s.Threads.List = append(s.Threads.List, parse.Thread{
				Name: threads[k], In: messages, InReads: messages - uint64(i+k)%2, InWrites: messages, PendingIn: uint64(i+k) % 2,
			})
		}
		s.Threads.Current = of(45)
		if s.Expensive {
			for k := range 20 {
				entries := 1000 * float64(k+1) * load
				if k == 0 {
					entries = 5000 + 100*hours
				}
				s.Globals.List = append(s.Globals.List, parse.Global{Name: tables[k], Size: of(300 * entries), Entries: of(entries), EntriesRecursive: of(entries)})
			}
			s.Globals.Size, s.Globals.EntriesRecursive = of(7e7*load), of(2.1e5*load)
		}
		add(&s)
	}
}

// BenchmarkReport judges a run whose points are all filled.
func BenchmarkReport(b *testing.B) {
	p := analyze.New(time.Time{}, time.Time{})
	busy(3*24*60, p.Add)
	for b.Loop() {
		p.Report("w", "prof.log")
	}
}

// BenchmarkWeek reads a week, with all looks on the way.
func BenchmarkWeek(b *testing.B) {
	for b.Loop() {
		p := analyze.New(time.Time{}, time.Time{})
		busy(7*24*60, p.Add)
	}
}

// BenchmarkRestarts judges a process that is restarted every four hours.
func BenchmarkRestarts(b *testing.B) {
	for b.Loop() {
		p := analyze.New(time.Time{}, time.Time{})
		for range 100 {
			busy(4*60, p.Add)
		}
		p.Report("w", "prof.log")
	}
}

// A host has 64 processes, and an exporter keeps all of their runs.
func TestMemoryOfAWeek(t *testing.T) {
	const processes = 4
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var kept []*analyze.Process
	for range processes {
		p := analyze.New(time.Time{}, time.Time{})
		busy(7*24*60, p.Add)
		kept = append(kept, p)
	}
	each := (heap() - before) / processes
	if each > 1<<20 {
		t.Errorf("%d KiB a process", each>>10)
	}
	t.Logf("%d KiB a process", each>>10)
	if r := kept[0].Report("w", "prof.log"); r.Answer != analyze.AnswerLeak || r.Findings[0].Resource != "table Foo::table0" {
		t.Errorf("%s: %+v", r.Answer, r.Findings)
	}
}
