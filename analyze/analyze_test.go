package analyze_test

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bro_exporter/analyze"
	"bro_exporter/internal/labelled"
	"bro_exporter/parse"
)

// process writes a snapshot every 15 seconds, as a process does whose numbers a test sets.
type process struct {
	*analyze.Process
	snapshot parse.Snapshot
}

const begin = 1.8e9

func start() *process { return &process{Process: analyze.New(time.Time{}, time.Time{})} }

// run starts a process and writes its snapshots; set sets the numbers of the i-th, which is
// written after some hours.
func (p *process) run(from float64, snapshots int, set func(i int, hours float64, s *parse.Snapshot)) {
	for i := range snapshots {
		since := 15 * float64(i)
		p.snapshot = parse.Snapshot{
			Time: from + since, First: i == 0,
			Runtime: parse.Runtime{Real: parse.Opt[float64]{Value: since, Measured: true}},
		}
		set(i, since/3600, &p.snapshot)
		p.Add(&p.snapshot)
	}
}

func of(v float64) parse.Opt[uint64] { return parse.Opt[uint64]{Value: uint64(v), Measured: true} }

func kinds(r analyze.Report) (kinds []analyze.Kind) {
	for _, f := range r.Findings {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func only(t *testing.T, r analyze.Report, kind analyze.Kind) analyze.Finding {
	t.Helper()
	if got := kinds(r); len(got) != 1 || got[0] != kind {
		t.Fatalf("findings %v, want %v alone", got, kind)
	}
	return r.Findings[0]
}

func writer(reads, writes float64) parse.Threads {
	return parse.Threads{Current: of(1), List: []parse.Thread{{
		Name: "conn/Log::WRITER_ASCII", In: uint64(writes), InReads: uint64(reads), InWrites: uint64(writes),
		PendingIn: uint64(writes - reads),
	}}}
}

func TestStuckThread(t *testing.T) {
	p := start()
	p.run(begin, 960, func(i int, _ float64, s *parse.Snapshot) {
		writes := 30 * float64(i)
		s.Threads = writer(min(writes, 30*480), writes)
		entries(s, i, map[string]float64{"Bar::flat": 1000})
	})
	f := only(t, p.Report("worker-1", "prof.log"), analyze.KindThreadStuck)
	if want := time.Unix(begin+480*15, 0).UTC(); !f.Onset.Equal(want) {
		t.Errorf("since %v, want %v", f.Onset, want)
	}
	for _, want := range []string{"conn/Log::WRITER_ASCII", "14,370 messages written to it, none read"} {
		if !strings.Contains(f.Text, want) {
			t.Errorf("%q does not say %q", f.Text, want)
		}
	}
	if f.Level != analyze.Stuck {
		t.Errorf("level %v", f.Level)
	}
}

func TestStuckThreadWhoseCountFalls(t *testing.T) {
	p := start()
	p.run(begin, 960, func(i int, _ float64, s *parse.Snapshot) {
		writes := 30 * float64(i)
		s.Threads = writer(min(writes, 30*480-float64(i%2)), writes)
	})
	if f := p.Report("worker-1", "prof.log").Findings[0]; f.Kind != analyze.KindThreadStuck || f.Level != analyze.Stuck {
		t.Errorf("%v: %v, want a stuck thread", f.Level, f.Kind)
	}
}

// The fit leaves out the first two hours of a process, but a leak may begin in them.
func TestOnsetInTheStartUp(t *testing.T) {
	for _, onset := range []float64{0, 1, 4} {
		t.Run(fmt.Sprintf("after %.0f h", onset), func(t *testing.T) {
			p := start()
			p.run(begin, 10*240, func(i int, hours float64, s *parse.Snapshot) {
				s.Conns.Total = of(1000 * float64(i))
				s.Memory.Malloced = of(1e6 * (500 + 40*max(0, hours-onset) + math.Sin(1.7*float64(i))))
				entries(s, i, map[string]float64{"Bar::flat": 1000})
			})
			f := only(t, p.Report("worker-1", "prof.log"), analyze.KindCore)
			if got := f.Onset.Sub(time.Unix(begin, 0)).Hours(); math.Abs(got-onset) > 0.1 {
				t.Errorf("began after %.2f h", got)
			}
		})
	}
}

func TestMemoryInNineHoursOfAnOldProcess(t *testing.T) {
	const age = 40 * 3600
	p := start()
	p.run(begin, 9*240, func(i int, hours float64, s *parse.Snapshot) {
		s.Runtime.Real.Value += age
		s.Memory.Total = of(400<<20 + hours*40*(1<<20))
		s.Conns.Total = of(1e6 + float64(300*i+i%7))
		s.Conns.Sessions = of(800 + float64(i%13))
	})
	if f := p.Report("worker-1", "prof.log").Findings[0]; f.Kind != analyze.KindCore || f.Level != analyze.Leak {
		t.Errorf("%v: %v, want a leak of memory", f.Level, f.Kind)
	}
}

// From 5.2 on only the peak of memory is known, so a leak may hide below it.
func TestLeakBelowAPeak(t *testing.T) {
	detectable := func(later float64) float64 { // the share of the load from the sixth hour on
		p, peak, conns := start(), 0.0, 0.0
		p.run(begin, 10*240, func(i int, hours float64, s *parse.Snapshot) {
			load := 0.8 + 0.2*math.Sin(3*hours) + 0.1*math.Sin(hours/2)
			if hours > 6 {
				load *= later
			}
			conns += 1000 * load
			held := 3000*load + 20*math.Sin(1.7*float64(i))
			peak = max(peak, 400e6+100e3*held)
			s.Conns.Total, s.Conns.Current, s.Conns.Sessions = of(conns), of(held), of(held)
			s.Memory.Total = of(peak)
			entries(s, i, map[string]float64{"Bar::flat": 1000})
		})
		r := p.Report("worker-1", "prof.log")
		return r.Runs[0].Detectable
	}
	even, fallen := detectable(1), detectable(0.4)
	if hidden := 0.3 * 300e6 / 10; fallen < even+hidden/2 {
		t.Errorf("%.0f bytes/h would be seen beside an even load, %.0f beside one that fell", even, fallen)
	}
}

func TestThreadThatReadsAgainIsNotStuck(t *testing.T) {
	p := start()
	p.run(begin, 960, func(i int, _ float64, s *parse.Snapshot) {
		reads := 30 * float64(i)
		if i > 480 && i < 900 {
			reads = 30 * 480
		}
		s.Threads = writer(reads, 30*float64(i))
	})
	if r := p.Report("worker-1", "prof.log"); r.Worst() > analyze.Note {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestBacklog(t *testing.T) {
	for _, test := range []struct {
		name    string
		pending func(i int) float64
		found   bool
	}{
		{"rises to the end", func(i int) float64 { return max(0, 3*float64(i-400)) }, true},
		{"has drained", func(i int) float64 { return max(0, min(3*float64(i-400), 6*float64(800-i))) }, false},
		{"drains at the end", func(i int) float64 { return max(0, min(3*float64(i-400), 6*float64(1100-i))) }, false},
		{"is high between two looks at an empty queue", func(i int) float64 { return float64(i % 7 * 500) }, false},
		{"stays where it is", func(i int) float64 { return min(500, 5*float64(i)) }, false},
	} {
		p := start()
		p.run(begin, 960, func(i int, _ float64, s *parse.Snapshot) {
			reads := 300 * float64(i)
			s.Threads = writer(reads, reads+test.pending(i))
		})
		got := slices.Contains(kinds(p.Report("w", "prof.log")), analyze.KindBacklogIn)
		if got != test.found {
			t.Errorf("a queue that %s: found %v, want %v", test.name, got, test.found)
		}
	}
}

// A writer that keeps up with a low load falls behind a high one.
func TestBacklogUnderLoad(t *testing.T) {
	busy := func(hours float64) float64 { return 10 + 20*max(0, math.Sin((hours-8)*math.Pi/12)) }
	for _, test := range []struct {
		name    string
		hours   float64
		load    func(hours float64) float64
		pending func(hours float64) float64
		level   analyze.Level
	}{
		{
			name: "fills by day", hours: 16, load: busy,
			pending: func(hours float64) float64 { return 500 * max(0, hours-10) }, level: analyze.Suspected,
		},
		{
			name: "fills under a load it kept up with", hours: 16, load: func(float64) float64 { return 20 },
			pending: func(hours float64) float64 { return 500 * max(0, hours-10) }, level: analyze.Leak,
		},
		{
			name: "fills by day and by night", hours: 30, load: busy,
			pending: func(hours float64) float64 { return 500 * max(0, hours-10) }, level: analyze.Leak,
		},
		{
			name: "has begun to drain", hours: 16, load: func(float64) float64 { return 20 },
			pending: func(hours float64) float64 { return max(0, min(500*(hours-10), 500*5-500*(hours-15))) }, level: analyze.Suspected,
		},
		{
			name: "has drained from more", hours: 36, load: busy,
			pending: func(hours float64) float64 { return max(0, min(500*(hours-10), 500*(20-hours)), 500*(hours-32)) }, level: analyze.Note,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start()
			conns, writes := 0.0, 0.0
			p.run(begin, int(test.hours*240), func(_ int, hours float64, s *parse.Snapshot) {
				conns += 15 * test.load(hours)
				writes += 15
				s.Conns.Total = of(conns)
				s.Threads = writer(writes-test.pending(hours), writes)
			})
			r := p.Report("w", "prof.log")
			if got := r.Worst(); got != test.level {
				t.Errorf("level %v, want %v: %+v", got, test.level, r.Findings)
			}
		})
	}
}

func TestDNSStuck(t *testing.T) {
	for _, test := range []struct {
		name     string
		answered func(i int) float64
		found    bool
	}{
		{"none is answered any more", func(i int) float64 { return min(1000, 10*float64(i)) }, true},
		{"some still are", func(i int) float64 { return 10 * float64(i) }, false},
	} {
		p := start()
		p.run(begin, 240, func(i int, _ float64, s *parse.Snapshot) {
			s.DNS = parse.DNS{Requests: of(20 + test.answered(i)), Successful: of(test.answered(i)), Failed: of(0), Pending: of(20)}
		})
		if got := slices.Contains(kinds(p.Report("w", "prof.log")), analyze.KindDNSStuck); got != test.found {
			t.Errorf("20 lookups pending, %s: found %v, want %v", test.name, got, test.found)
		}
	}
}

// A writer that becomes slower while the load rises does not catch up when the load falls.
func TestBacklogOfSlowerWriter(t *testing.T) {
	const keptUpWith = 10 // messages a second
	for _, test := range []struct {
		name  string
		pace  float64 // messages a second from 8 h on
		level analyze.Level
	}{
		{"reads as fast as before", keptUpWith, analyze.Suspected},
		{"reads faster than before", 1.2 * keptUpWith, analyze.Suspected},
		{"is hardly slower", 0.95 * keptUpWith, analyze.Suspected},
		{"is slower", 0.7 * keptUpWith, analyze.Leak},
		{"tells no reads", 0, analyze.Suspected},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start()
			conns, reads, writes := 0.0, 0.0, 0.0
			p.run(begin, 12*240, func(_ int, hours float64, s *parse.Snapshot) {
				load, pace := 1.0, 1.0*keptUpWith
				if hours >= 8 {
					load, pace = 1.5, test.pace
				}
				conns += 15 * load
				writes += 15 * load * keptUpWith
				reads = min(writes, reads+15*pace)
				s.Conns.Total = of(conns)
				s.Threads = writer(reads, writes)
				if test.pace == 0 {
					s.Threads.List[0].InReads, s.Threads.List[0].InWrites = 0, 0
				}
			})
			r := p.Report("w", "prof.log")
			if got := r.Worst(); got != test.level {
				t.Errorf("level %v, want %v: %+v", got, test.level, r.Findings)
			}
		})
	}
}

// expensive snapshots are every 20th.
func entries(s *parse.Snapshot, i int, tables map[string]float64) {
	if i%20 != 19 {
		return
	}
	s.Expensive = true
	sum := 0.0
	for name, n := range tables {
		sum += n
		s.Globals.List = append(s.Globals.List, parse.Global{Name: name, Size: of(100 * n), Entries: of(n), EntriesRecursive: of(n)})
	}
	s.Globals.Size, s.Globals.Entries, s.Globals.EntriesRecursive = of(100*sum), of(sum), of(sum)
}

// A table that a script empties every six hours has no name from 5.1 on, so it may seem to be a new one.
func TestUnnamedTableThatWasEmptied(t *testing.T) {
	p := start()
	p.run(begin, 8*240, func(i int, hours float64, s *parse.Snapshot) {
		s.Runtime.Real.Value += 60 * 3600
		s.Conns.Total = of(1000 * float64(i))
		s.Memory.Total = of(700 << 20)
		if filled := 17_000 * math.Mod(hours+3.4, 6); i%20 == 19 {
			unnamed(s, 500, filled, 300)
		}
	})
	r := p.Report("worker-1", "prof.log")
	if r.Answer != analyze.CannotTell {
		t.Errorf("%v: %v", r.Answer, r.Findings)
	}
}

// unnamed lists tables as a release from 5.1 on does: without names, and only those of 100 entries or more.
func unnamed(s *parse.Snapshot, sizes ...float64) {
	s.Expensive = true
	sum := 0.0
	for _, n := range sizes {
		sum += n
		if n >= 100 {
			s.Globals.List = append(s.Globals.List, parse.Global{Entries: of(n), EntriesRecursive: of(n)})
		}
	}
	s.Globals.Entries, s.Globals.EntriesRecursive = of(sum), of(sum)
}

func TestTableThatGrows(t *testing.T) {
	p := start()
	p.run(begin, 9600, func(i int, hours float64, s *parse.Snapshot) {
		entries(s, i, map[string]float64{"Foo::seen": 1000 + 1200*hours, "Bar::flat": 50_000 + float64(i%7)})
		s.Memory.Total = of(500<<20 + 1200*hours*300)
	})
	r := p.Report("worker-1", "prof.log")
	f := only(t, r, analyze.KindScriptTable)
	for _, want := range []string{"table Foo::seen (100 % of the growth of all tables)", "by 1,200 entries/h"} {
		if !strings.Contains(f.Text, want) {
			t.Errorf("%q does not say %q", f.Text, want)
		}
	}
	at := slices.IndexFunc(r.Runs[0].Resources, func(x analyze.Resource) bool { return x.Name == "table Foo::seen" })
	res := r.Runs[0].Resources[at]
	if res.Verdict != analyze.Grows || res.Trend.Low > 1200 || res.Trend.High < 1200 || res.Trend.P > 1e-4 || len(res.Points) == 0 {
		t.Errorf("%s: %s, %+v", res.Name, res.Verdict, res.Trend)
	}
}

// A table that grows from nothing all day leaks only if its expiry is shorter.
func TestTableThatKeepsEntriesForLess(t *testing.T) {
	for _, test := range []struct {
		name   string
		expiry float64 // hours
		level  analyze.Level
		text   string
	}{
		{name: "five minutes", expiry: 1.0 / 12, level: analyze.Leak, text: "keeps entries for 5 min"},
		{name: "two hours", expiry: 2, level: analyze.Leak, text: "keeps entries for 2 h"},
		{name: "a day", expiry: 24, level: analyze.NoLevel},
		{name: "for ever", level: analyze.NoLevel},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start()
			p.run(begin, 12*240, func(i int, hours float64, s *parse.Snapshot) {
				entries(s, i, map[string]float64{"Foo::seen": 1200 * hours})
				for k := range s.Globals.List {
					s.Globals.List[k].CreateExpire = parse.Opt[float64]{Value: 3600 * test.expiry, Measured: true}
				}
				s.Conns.Total = of(100 * float64(i))
				s.Memory.Total = of(500 << 20)
			})
			r := p.Report("w", "prof.log")
			if got := r.Worst(); test.level == analyze.Leak && got != analyze.Leak || test.level != analyze.Leak && got >= analyze.Suspected {
				t.Fatalf("findings %+v", r.Findings)
			}
			if test.text != "" && !strings.Contains(r.Findings[0].Text, test.text) {
				t.Errorf("%q does not say %q", r.Findings[0].Text, test.text)
			}
		})
	}
}

func TestReloadIsAStep(t *testing.T) {
	p := start()
	p.run(begin, 5000, func(i int, hours float64, s *parse.Snapshot) {
		if i%20 != 19 {
			return
		}
		size := 2e6 + float64(i%3)*1000
		if hours > 12 {
			size += 1e6
		}
		s.Expensive = true
		s.Globals.List = []parse.Global{{Name: "Intel::data_store", Size: of(size)}}
		s.Globals.Size, s.Globals.Entries, s.Globals.EntriesRecursive = of(size), of(100), of(100)
	})
	f := only(t, p.Report("worker-1", "prof.log"), analyze.KindStep)
	if f.Level != analyze.Note || !strings.Contains(f.Text, "jumped by 977 KiB") {
		t.Errorf("%v: %s", f.Level, f.Text)
	}
}

// A feed that is loaded each day has another size each time, and may rise three times by chance.
func TestReloadsThatRiseByChance(t *testing.T) {
	for _, test := range []struct {
		name  string
		sizes []float64 // of each day
		want  analyze.Answer
	}{
		{"three times", []float64{62_000, 67_000, 71_000, 80_000}, analyze.Fine},
		{"up and down", []float64{62_000, 67_000, 65_000, 71_000, 80_000, 88_000, 92_000, 99_000}, analyze.Fine},
		{"seven times", []float64{62_000, 67_000, 71_000, 80_000, 84_000, 90_000, 95_000, 99_000}, analyze.Answer(analyze.Leak.String())},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start()
			p.run(begin, 24*240*len(test.sizes), func(i int, hours float64, s *parse.Snapshot) {
				s.Conns.Total = of(1000 * float64(i))
				s.Memory.Malloced = of(500 << 20)
				entries(s, i, map[string]float64{"Intel::data_store": test.sizes[int(hours/24)]})
			})
			if r := p.Report("manager", "prof.log"); r.Answer != test.want {
				t.Errorf("%v: %v", r.Answer, r.Findings)
			}
		})
	}
}

func TestCoreLeakIsTheOneThatNothingExplains(t *testing.T) {
	p := start()
	p.run(begin, 5000, func(i int, hours float64, s *parse.Snapshot) {
		entries(s, i, map[string]float64{"Bar::flat": 50_000 + float64(i%7)})
		s.Memory.Total = of(500<<20 + 14*60*hours*(1<<20))
	})
	f := only(t, p.Report("worker-1", "prof.log"), analyze.KindCore)
	if !strings.Contains(f.Text, "840 MiB/h") || !strings.Contains(f.Text, "tables, connections, timers and queues do not") {
		t.Error(f.Text)
	}
}

// What a snapshot does not measure is no zero, so a table does not grow again in each expensive
// snapshot, and one that is not measured at all is no leak.
func TestNotMeasuredIsNotZero(t *testing.T) {
	p := start()
	p.run(begin, 960, func(i int, _ float64, s *parse.Snapshot) { entries(s, i, map[string]float64{"A::b": 1000}) })
	p.run(begin+1e5, 960, func(int, float64, *parse.Snapshot) {})
	r := p.Report("w", "prof.log")
	only(t, r, analyze.KindRestarts)
	for _, run := range r.Runs {
		for _, res := range run.Resources {
			if res.Unit == analyze.Entries && res.Min == 0 {
				t.Errorf("%s was 0", res.Name)
			}
		}
	}
}

func TestRunsAreJudgedApart(t *testing.T) {
	p := start()
	p.run(begin, 1440, func(i int, hours float64, s *parse.Snapshot) {
		entries(s, i, map[string]float64{"Foo::seen": 20_000 + 4000*hours})
	})
	p.run(begin+30_000, 1440, func(i int, _ float64, s *parse.Snapshot) {
		entries(s, i, map[string]float64{"Foo::seen": 1000})
	})
	r := p.Report("w", "prof.log")
	if len(r.Runs) != 2 || r.Runs[0].Snapshots != 1440 || r.Runs[1].Expensive != 72 {
		t.Fatalf("runs %d", len(r.Runs))
	}
	if got := kinds(r); !slices.Equal(got, []analyze.Kind{analyze.KindScriptTable, analyze.KindRestarts}) || r.Findings[0].Run != 0 {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestManyRestartsTakeBoundedMemory(t *testing.T) {
	p := start()
	for run := range 300 {
		p.run(begin+1e4*float64(run), 20, func(i int, _ float64, s *parse.Snapshot) {
			entries(s, i, map[string]float64{"Foo::seen": 1000})
		})
	}
	detailed := 0
	r := p.Report("w", "prof.log")
	for _, run := range r.Runs {
		if run.Resources != nil {
			detailed++
		}
	}
	if len(r.Runs) != 300 || detailed != 1 {
		t.Errorf("%d runs, %d of them in detail; want 300, and the last", len(r.Runs), detailed)
	}
}

func TestSinceAndUntil(t *testing.T) {
	at := func(hours float64) time.Time { return time.Unix(begin+int64(hours*3600), 0) }
	for _, test := range []struct {
		since, until time.Time
		snapshots    int
	}{
		{time.Time{}, time.Time{}, 961},
		{at(1), time.Time{}, 721},
		{time.Time{}, at(1), 241},
		{at(1), at(2), 241},
		{at(5), time.Time{}, 0},
	} {
		p := &process{Process: analyze.New(test.since, test.until)}
		p.run(begin, 961, func(int, float64, *parse.Snapshot) {})
		if r := p.Report("w", "prof.log"); r.Snapshots != test.snapshots {
			t.Errorf("since %v until %v: %d snapshots, want %d", test.since, test.until, r.Snapshots, test.snapshots)
		}
	}
}

// A thousand commands are one thread, and a hundred thousand names do not take the memory.
func TestThreadNamesAreBounded(t *testing.T) {
	p := start()
	p.run(begin, 500, func(i int, _ float64, s *parse.Snapshot) {
		entries(s, i, map[string]float64{"Bar::flat": 1000})
		for k := range 300 {
			s.Threads.List = append(s.Threads.List,
				parse.Thread{Name: fmt.Sprintf("curl %d |/Input::READER_RAW", i*300+k)},
				parse.Thread{Name: fmt.Sprintf("log%d/Log::WRITER_ASCII", i*300+k)})
		}
	})
	r := p.Report("w", "prof.log")
	only(t, r, analyze.KindNotMeasured)
	if n := len(r.Runs[0].Resources); n > 5000 {
		t.Errorf("%d resources", n)
	}
}

// The whole of a real process, whatever is cut off it.
func TestCutLogs(t *testing.T) {
	text, err := os.ReadFile("../testdata/3.0.14/table-leak/prof.log")
	if err != nil {
		t.Fatal(err)
	}
	for cut := len(text); cut > 0; cut -= 9973 {
		p := analyze.New(time.Time{}, time.Time{})
		r := parse.NewReader(io.LimitReader(strings.NewReader(string(text)), int64(cut)), "prof.log")
		for r.Scan() {
			if s, ok := r.Record().(*parse.Snapshot); ok {
				p.Add(s)
			}
		}
		report := p.Report("w", "prof.log")
		if found := report.Worst() >= analyze.Suspected; cut > len(text)*3/4 && !found {
			t.Errorf("%d bytes: nothing is suspected", cut)
		}
	}
}

// Reports between snapshots change nothing.
func TestReportDoesNotEndTheRun(t *testing.T) {
	asked, unasked := start(), start()
	for _, p := range []*process{asked, unasked} {
		p.run(begin, 5000, func(i int, hours float64, s *parse.Snapshot) {
			if p == asked && i%200 == 0 {
				p.Report("w", "prof.log")
			}
			entries(s, i, map[string]float64{"Foo::seen": 1000 + 1200*hours})
			s.Memory.Total = of(500<<20 + 1200*hours*300)
		})
	}
	got, want := asked.Report("w", "prof.log"), unasked.Report("w", "prof.log")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("asked in between\n%+v\nasked once\n%+v", got.Findings, want.Findings)
	}
	if again := asked.Report("w", "prof.log"); !reflect.DeepEqual(again, got) {
		t.Error("asked twice, it answers differently")
	}
}

func TestStateHoldsResidentMemory(t *testing.T) {
	p := start()
	p.run(begin, 100, func(i int, _ float64, s *parse.Snapshot) {
		p.AddResident(300 << 20)
		s.Memory.Total = of(500 << 20)
	})
	memory := p.Report("w", "prof.log").Runs[0].State.Memory
	want := []analyze.Amount{
		{Resource: "memory (total)", Unit: analyze.Bytes, Value: 500 << 20},
		{Resource: "memory (resident)", Unit: analyze.Bytes, Value: 300 << 20},
	}
	if !slices.Equal(memory, want) {
		t.Errorf("got %v, want %v", memory, want)
	}
}

// What a user sent by mail: eight snapshots, twenty seconds apart.
func TestFewSnapshotsThatGrow(t *testing.T) {
	total := []float64{32608, 53116, 73704, 94268, 115004, 135768, 156400, 177040}
	malloced := []float64{32478, 47622, 62890, 78110, 93401, 108655, 123888, 139141}
	p := start()
	for i := range total {
		s := parse.Snapshot{Time: begin + 20*float64(i), First: i == 0}
		s.Runtime.Real = parse.Opt[float64]{Value: 20 * float64(i), Measured: true}
		s.Memory = parse.Memory{Total: of(total[i] * 1024), Malloced: of(malloced[i] * 1024)}
		p.Add(&s)
	}
	r := p.Report("w", "prof.log")
	f := r.Findings[0]
	if r.Answer != analyze.AnswerSuspected || f.Kind != analyze.KindCore || f.Until.IsZero() {
		t.Errorf("%s: %+v", r.Answer, f)
	}
}

// A log gets the same answer read at once or followed and asked in between, and what was asked later
// changes nothing about a log that ends earlier.
func TestLiveAndFileAgree(t *testing.T) {
	cases, err := labelled.Sample(os.DirFS("../testdata"), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(cases); i += 19 {
		c := &cases[i]
		t.Run(c.Name, func(t *testing.T) {
			live := analyze.New(time.Time{}, time.Time{})
			var asked []analyze.Report
			var at []int
			n, next := 0, 0.0
			for s, err := range c.Snapshots() {
				if err != nil {
					t.Fatal(err)
				}
				live.Add(s)
				if n++; s.Time > next {
					next = s.Time + 5*3600
					asked, at = append(asked, live.Report(c.Name, "")), append(at, n)
				}
			}
			asked, at = append(asked, live.Report(c.Name, "")), append(at, n)
			for k := 0; k < len(at); k += max(1, len(at)/3) {
				file := analyze.New(time.Time{}, time.Time{})
				left := at[k]
				for s := range c.Snapshots() {
					if file.Add(s); left == 1 {
						break
					}
					left--
				}
				if got := file.Report(c.Name, ""); !reflect.DeepEqual(got, asked[k]) {
					t.Errorf("after %d snapshots the file says %s, and the live process said %s", at[k], got.Answer, asked[k].Answer)
				}
			}
		})
	}
}

// A clock that is wrong for a while neither hides a leak nor adds to it.
func TestClockIsSet(t *testing.T) {
	const year2000, n = 946684800, 4 * 24 * 240
	ahead := func(by float64, from, to int) func(i int, time float64) float64 {
		return func(i int, time float64) float64 {
			if i >= from && i < to {
				return time + by
			}
			return time
		}
	}
	for _, test := range []struct {
		name string
		time func(i int, time float64) float64
	}{
		{name: "one thirty days ahead", time: ahead(30*86400, 300, 301)},
		{name: "two thirty days ahead", time: ahead(30*86400, 300, 302)},
		{name: "forty thirty days ahead", time: ahead(30*86400, 300, 340)},
		{name: "forty twelve hours ahead", time: ahead(12*3600, 300, 340)},
		{name: "nine thirty days back", time: ahead(-30*86400, 300, 309)},
		{name: "an hour back for good", time: ahead(-3600, 300, n)},
		{name: "thirty days ahead for good", time: ahead(30*86400, 300, n)},
		{name: "two of the year 2000 at the start", time: ahead(year2000-begin, 0, 2)},
		{name: "forty of the year 2000 at the start", time: ahead(year2000-begin, 0, 40)},
		{name: "four hundred of 1970 at the start", time: ahead(1-begin, 0, 400)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start()
			p.run(begin, n, func(i int, hours float64, s *parse.Snapshot) {
				s.Time = test.time(i, s.Time)
				entries(s, i, map[string]float64{"Foo::leaks": 1000 + 5000*hours, "Bar::flat": 1000})
			})
			r := p.Report("worker-1", "prof.log")
			leaks := slices.ContainsFunc(r.Findings, func(f analyze.Finding) bool {
				return f.Level == analyze.Leak && strings.Contains(f.Resource, "Foo::leaks")
			})
			if !leaks {
				t.Errorf("the leak is hidden: %v", r.Findings)
			}
			if !slices.Contains(kinds(r), analyze.KindNotMeasured) {
				t.Error("no finding names the snapshots that are left out")
			}
		})
	}
}

// The first two snapshots after a pause count as two.
func TestPause(t *testing.T) {
	p := start()
	p.run(begin, 9600, func(i int, _ float64, s *parse.Snapshot) {
		if i >= 4800 {
			s.Time += 7 * 3600
			s.Runtime.Real.Value += 7 * 3600
		}
		s.Conns.Sessions = of(100)
	})
	r := p.Report("worker-1", "prof.log")
	for _, res := range r.Runs[0].Resources {
		if res.Name == "sessions" && (res.Min != 100 || res.Max != 100) {
			t.Errorf("%v to %v sessions, want 100", res.Min, res.Max)
		}
	}
	if span := r.Runs[0].To.Sub(r.Runs[0].From); span < 46*time.Hour {
		t.Errorf("the run took %v, want that of the whole log", span)
	}
}

func TestShortLogs(t *testing.T) {
	const mib = 1 << 20
	start := func(tau float64) func(float64) float64 {
		return func(seconds float64) float64 { return 400 * mib * (1 - 0.7*math.Exp(-seconds/tau)) }
	}
	for _, test := range []struct {
		name      string
		age       float64 // seconds, at the first snapshot
		snapshots int
		apart     float64 // seconds
		memory    func(seconds float64) float64
		suspected bool
	}{
		{name: "12 MB each 20 s, 8 snapshots", snapshots: 8, apart: 20, memory: func(s float64) float64 { return 80*mib + s/20*12e6 }, suspected: true},
		{name: "12 MB each 20 s, 12 snapshots", snapshots: 12, apart: 20, memory: func(s float64) float64 { return 80*mib + s/20*12e6 }, suspected: true},
		{name: "in ever smaller steps", snapshots: 9, apart: 20, memory: func(s float64) float64 { return 76*mib + 210*mib*(1-math.Exp(-s/160)) }, suspected: true},
		{name: "goes on after a start", snapshots: 20, apart: 12, memory: func(s float64) float64 { return start(25)(s) + 0.8*mib*s }, suspected: true},
		{name: "four snapshots of an old process", age: 9000, snapshots: 4, apart: 15, memory: func(s float64) float64 { return 80*mib + 0.5*mib*s }, suspected: true},
		{name: "three snapshots", age: 9000, snapshots: 3, apart: 15, memory: func(s float64) float64 { return 80*mib + 0.5*mib*s }},
		{name: "a start", snapshots: 20, apart: 12, memory: start(25)},
		{name: "a slow start", snapshots: 20, apart: 12, memory: start(60)},
		{name: "the beginning of a start", snapshots: 6, apart: 5, memory: start(40)},
		{name: "one step", age: 9000, snapshots: 20, apart: 12, memory: func(s float64) float64 { return 80*mib + 60*mib*math.Floor(s/100) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := analyze.New(time.Time{}, time.Time{})
			for i := range test.snapshots {
				since := test.apart * float64(i)
				s := parse.Snapshot{Time: begin + since, First: i == 0 && test.age == 0}
				s.Runtime.Real = parse.Opt[float64]{Value: test.age + since, Measured: true}
				s.Memory.Total = of(test.memory(since))
				p.Add(&s)
			}
			r := p.Report("w", "")
			if got := r.Answer == analyze.AnswerSuspected; got != test.suspected {
				t.Errorf("%s: %+v", r.Answer, r.Findings)
			}
		})
	}
}

// A real log gets the same answer whether the judge reads it at once, or follows it and answers in between.
func TestLiveAndFileAgreeOnRealLogs(t *testing.T) {
	paths, err := filepath.Glob("../testdata/*/*/prof.log")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d logs: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			read := func(after func(*analyze.Process)) analyze.Report {
				text, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer text.Close()
				p := analyze.New(time.Time{}, time.Time{})
				r := parse.NewReader(text, path)
				for r.Scan() {
					if s, ok := r.Record().(*parse.Snapshot); ok {
						p.Add(s)
						after(p)
					}
				}
				return p.Report("w", path)
			}
			n := 0
			live := read(func(p *analyze.Process) {
				if n++; n%7 == 0 {
					p.Report("w", path)
				}
			})
			if file := read(func(*analyze.Process) {}); !reflect.DeepEqual(live, file) {
				t.Errorf("the file says %s, %+v; the live process says %s, %+v", file.Answer, file.Findings, live.Answer, live.Findings)
			}
		})
	}
}
