package verdict

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"bro_exporter/analyze"
	"bro_exporter/collector"
	"bro_exporter/internal/labelled"
	"bro_exporter/parse"
	"bro_exporter/spool"
)

// host is what a collector would tell about a directory of prof.logs.
type host struct {
	t   testing.TB
	dir string
}

func (h host) path(process string) string { return filepath.Join(h.dir, process, "prof.log") }

// write replaces the log of a process.
func (h host) write(process string, text []byte) {
	h.t.Helper()
	h.do(os.MkdirAll(filepath.Dir(h.path(process)), 0o755))
	h.do(os.WriteFile(h.path(process), text, 0o644))
}

func (h host) add(process string, text []byte) {
	h.t.Helper()
	file, err := os.OpenFile(h.path(process), os.O_APPEND|os.O_WRONLY, 0)
	h.do(err)
	defer file.Close()
	_, err = file.Write(text)
	h.do(err)
}

// rest lets a log be quiet.
func (h host) rest(process string) {
	h.t.Helper()
	before := time.Now().Add(-2 * quiet)
	h.do(os.Chtimes(h.path(process), before, before))
}

func (h host) do(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h host) processes() (all []collector.Process) {
	paths, err := filepath.Glob(h.path("*"))
	h.do(err)
	for _, path := range paths {
		info, err := os.Stat(path)
		h.do(err)
		all = append(all, collector.Process{
			Name: filepath.Base(filepath.Dir(path)), Path: path,
			State: collector.Up, Modified: info.ModTime(), Size: info.Size(),
		})
	}
	return all
}

func newHost(t *testing.T) host { return host{t, t.TempDir()} }

func (h host) live() *Live {
	return NewLive(Config{Source: h.processes, Rooms: func(collector.Process) []Room { return nil }})
}

// passes reads until there is nothing left.
func passes(l *Live) {
	for l.pass(time.Now()) {
	}
}

// atOnce is the verdict on a log that is read from its beginning to its end.
func atOnce(t *testing.T, process, path string, text []byte) analyze.Report {
	t.Helper()
	p := analyze.New(time.Time{}, time.Time{})
	in := parse.NewReader(bytes.NewReader(text), path)
	for in.Scan() {
		if s, ok := in.Record().(*parse.Snapshot); ok {
			p.Add(s)
		}
	}
	return p.Report(process, path)
}

func realLog(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func labelledLogs(t *testing.T) map[string][]byte {
	t.Helper()
	cases, err := labelled.Cases(os.DirFS("../testdata"), 0)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{}
	classes := map[string]bool{}
	for _, c := range cases {
		if len(texts) == 6 || c.Hours < 4 || c.Hours > 12 || classes[c.Class] {
			continue
		}
		classes[c.Class] = true
		log, err := c.OpenEvery(60)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(log)
		log.Close()
		if err != nil {
			t.Fatal(err)
		}
		texts[c.Name] = text
	}
	return texts
}

// Whoever analyzes the file comes to the same verdict, wherever the exporter began, looked, was
// restarted and judged.
func TestLiveEqualsFile(t *testing.T) {
	texts := labelledLogs(t)
	for _, path := range []string{"7.0.11/live/prof.log", "2.3.2/live/prof.log", "3.0.14/live/prof.log", "7.0.11-cluster/manager/prof.log"} {
		texts[path] = realLog(t, path)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			begin := dice.IntN(len(text))
			h.write("worker-1", text[:begin])
			l := h.live()
			for rest := text[begin:]; ; {
				if passes(l); dice.IntN(4) == 0 {
					l = h.live()
				}
				for _, track := range l.tracks {
					track.next = time.Time{}
				}
				l.pass(time.Now()) // judges
				if len(rest) == 0 {
					break
				}
				n := min(len(rest), 1+dice.IntN(1+len(text)/8))
				h.add("worker-1", rest[:n])
				rest = rest[n:]
			}
			h.rest("worker-1")
			passes(l)
			got, ok := l.Report("worker-1")
			if !ok {
				t.Fatal("no report")
			}
			want := atOnce(t, "worker-1", h.path("worker-1"), text)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", short(got), short(want))
			}
		})
	}
}

// short tells in a line what a report holds.
func short(r analyze.Report) string {
	text := fmt.Sprintf("%s: %d snapshots from %v to %v", r.Answer, r.Snapshots, r.From, r.To)
	for _, run := range r.Runs {
		text += fmt.Sprintf("; %d snapshots, %+v", run.Snapshots, run.State)
	}
	return text
}

// Run judges while it runs, and leaves nothing behind.
func TestRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	h := newHost(t)
	h.write("a", realLog(t, "7.0.11/live/prof.log"))
	passed := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	l := NewLive(Config{Interval: time.Millisecond, Source: func() []collector.Process {
		select {
		case passed <- struct{}{}:
		case <-ctx.Done():
		}
		return h.processes()
	}})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(ctx)
	}()
	passes := 0
	for len(l.Verdicts()) == 0 {
		if passes++; passes > 100 {
			t.Fatal("a process was not judged")
		}
		<-passed
	}
	cancel()
	<-ended
}

// The resident memory of the live process joins what its log holds.
func TestResident(t *testing.T) {
	h := newHost(t)
	text := realLog(t, "7.0.11/live/prof.log")
	h.write("a", text[:len(text)/2])
	l := NewLive(Config{Source: func() []collector.Process {
		all := h.processes()
		all[0].Live = &collector.LiveProcess{Resident: 123 << 20}
		return all
	}})
	passes(l)
	report, _ := l.Report("a")
	if report.Memory() != 123<<20 {
		t.Errorf("memory is %v of %+v", report.Memory(), report.Runs[0].State.Memory)
	}
}

// What takes the place of a file has a verdict of its own.
func TestReplaced(t *testing.T) {
	first, second := realLog(t, "7.0.11/restart/prof.run1.log"), realLog(t, "7.0.11/restart/prof.run2.log")
	for _, test := range []struct {
		name    string
		replace func(h host)
	}{
		{name: "truncated and rewritten, shorter", replace: func(h host) { h.write("w", second[:len(first)/2]) }},
		{name: "truncated and rewritten, longer", replace: func(h host) { h.write("w", append(bytes.Clone(second), second...)) }},
		{name: "another file", replace: func(h host) {
			h.write("tmp", second)
			h.do(os.Rename(h.path("tmp"), h.path("w")))
			h.do(os.Remove(filepath.Dir(h.path("tmp"))))
		}},
		{name: "a new directory", replace: func(h host) {
			h.do(os.RemoveAll(filepath.Dir(h.path("w"))))
			h.write("w", second)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHost(t)
			h.write("w", first)
			l := h.live()
			passes(l)
			test.replace(h)
			h.rest("w")
			l.pass(time.Now())
			if _, known := l.Verdicts()["w"]; known {
				t.Error("the verdict on the file before still stands")
			}
			passes(l)
			passes(l)
			text, err := os.ReadFile(h.path("w"))
			h.do(err)
			got, _ := l.Report("w")
			if want := atOnce(t, "w", h.path("w"), text); !reflect.DeepEqual(got, want) {
				t.Errorf("got %s\nwant %s", short(got), short(want))
			}
		})
	}
}

// A file that hangs or is none keeps no other from being judged, and is judged when it comes round.
func TestHangs(t *testing.T) {
	h := newHost(t)
	text := realLog(t, "7.0.11/live/prof.log")
	h.write("a", text)
	h.write("b", text)
	h.do(os.Remove(h.path("a")))
	h.do(syscall.Mkfifo(h.path("a"), 0o644))
	l := h.live()
	passes(l)
	if _, known := l.Verdicts()["a"]; known {
		t.Error("a FIFO has a verdict")
	}
	if _, known := l.Verdicts()["b"]; !known {
		t.Error("its neighbour has no verdict")
	}
	// What load would do while the file hangs.
	b := l.tracks[h.path("b")]
	b.hanging = make(chan piece, 1)
	h.add("b", text[:len(text)/2])
	passes(l)
	if b.snapshots != b.judged {
		t.Error("something was read of a file that hangs")
	}
	b.hanging <- load(b.path, b.resume, 2*pieceSize)
	passes(l)
	if b.snapshots == b.judged {
		t.Error("nothing was read of a file that does not hang any more")
	}
}

// A process that is gone has no verdict any more.
func TestGone(t *testing.T) {
	h := newHost(t)
	h.write("a", realLog(t, "7.0.11/live/prof.log"))
	state := collector.Up
	l := NewLive(Config{Source: func() []collector.Process {
		all := h.processes()
		all[0].State = state
		return all
	}})
	passes(l)
	if n := len(l.Verdicts()); n != 1 {
		t.Fatalf("%d verdicts", n)
	}
	state = collector.Gone
	passes(l)
	if n := len(l.Verdicts()); n != 0 {
		t.Errorf("%d verdicts on a process that is gone", n)
	}
}

// Text without a snapshot is read once, in bounded memory, and no snapshot behind it is lost.
func TestGarbage(t *testing.T) {
	h := newHost(t)
	text := append([]byte(strings.Repeat(strings.Repeat("x", 100)+"\n", 60_000)), realLog(t, "7.0.11/live/prof.log")...)
	h.write("a", text)
	h.rest("a")
	l := h.live()
	passes(l)
	got, _ := l.Report("a")
	if want := atOnce(t, "a", h.path("a"), text); !reflect.DeepEqual(got, want) {
		t.Errorf("got %s\nwant %s", short(got), short(want))
	}
}

func TestOldestFirst(t *testing.T) {
	h := newHost(t)
	text := bytes.Repeat(realLog(t, "7.0.11/live/prof.log"), 1+2*pieceSize/len(realLog(t, "7.0.11/live/prof.log")))
	started := map[string]time.Time{"a": time.Unix(2000, 0), "b": time.Unix(1000, 0), "c": {}}
	for name := range started {
		h.write(name, text)
	}
	l := NewLive(Config{Source: func() []collector.Process {
		all := h.processes()
		for i := range all {
			all[i].Started = started[all[i].Name]
		}
		return all
	}})
	var order []string
	for l.pass(time.Now()) {
		for name := range l.Verdicts() {
			if !strings.Contains(strings.Join(order, ""), name) {
				order = append(order, name)
			}
		}
	}
	if got := strings.Join(order, ""); !strings.HasPrefix(got, "ba") {
		t.Errorf("they caught up in the order %s", got)
	}
}

func TestTurn(t *testing.T) {
	l := NewLive(Config{Source: func() []collector.Process { return nil }, Interval: 10 * time.Minute})
	minutes := map[int]int{}
	now := time.Now()
	for i := range 640 {
		wait := l.turn(fmt.Sprintf("worker-%d", i), now).Sub(now)
		if wait <= 0 || wait > 10*time.Minute {
			t.Fatalf("next in %v", wait)
		}
		minutes[int(wait.Minutes())]++
	}
	for m := range 10 {
		if minutes[m] < 20 {
			t.Errorf("%d of 640 processes are judged in minute %d", minutes[m], m)
		}
	}
}

func TestExhaustion(t *testing.T) {
	left := map[string][]Room{
		"a": {{"host", 100 << 30}}, "b": {{"host", 100 << 30}, {"group", 5 << 30}}, "c": {{"host", 100 << 30}},
	}
	l := NewLive(Config{Source: func() []collector.Process { return nil }, Rooms: func(p collector.Process) []Room { return left[p.Name] }})
	now := time.Now()
	until := func(name string, perHour float64) time.Duration {
		t.Helper()
		l.tracks[name] = newTrack(name)
		l.tracks[name].status = collector.Process{Name: name, State: collector.Up}
		v := &Verdict{At: now, Report: analyze.Report{Runs: []analyze.Run{{}}, Findings: []analyze.Finding{
			{Kind: analyze.KindCore, Growth: analyze.Rate{PerHour: perHour}},
		}}}
		if at := l.exhaustion(l.tracks[name], v); !at.IsZero() {
			return at.Sub(now).Round(time.Minute)
		}
		return 0
	}
	if got := until("a", 10<<30); got != 10*time.Hour {
		t.Errorf("alone, a process has %v", got)
	}
	if got := until("b", 10<<30); got != 30*time.Minute {
		t.Errorf("in a group, a process has %v", got)
	}
	if got := until("c", 20<<30); got != 150*time.Minute {
		t.Errorf("together, they have %v", got)
	}
	if got := until("d", 0); got != 0 {
		t.Errorf("without growth, a process has %v", got)
	}
}

func TestCgroupRooms(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"zeek.slice/memory.max": "8589934592\n", "zeek.slice/memory.current": "4294967296\n", "zeek.slice/memory.stat": "anon 5\nfile 1073741824\nfile_mapped 3\n",
		"zeek.slice/worker/memory.max": "max\n", "zeek.slice/worker/memory.current": "1\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := []Room{{filepath.Join(root, "zeek.slice"), 5 << 30}}
	if got := version2.rooms(root, "/zeek.slice/worker"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	rooms := HostRooms(collector.Process{})
	if len(rooms) != 1 || rooms[0].Name != "host" || rooms[0].Left <= 0 {
		t.Errorf("the host is %v", rooms)
	}
}

func TestSeries(t *testing.T) {
	at := time.Unix(1000, 0)
	v := Verdict{At: at, Exhausted: at.Add(time.Hour), Report: analyze.Report{
		Runs: []analyze.Run{{}, {Span: time.Hour, Answer: analyze.CannotTell, UndecidedUntil: at.Add(2 * time.Hour), Detectable: 3600}},
		Findings: []analyze.Finding{
			{Level: analyze.Leak, Kind: analyze.KindScriptTable, Run: 1, Resource: "table Foo::\xff", Unit: analyze.Entries, Growth: analyze.Rate{PerHour: 7200}, Onset: at.Add(-time.Minute)},
			{Level: analyze.Leak, Kind: analyze.KindScriptTable, Run: 1, Resource: "table Foo::\xff"},
			{Level: analyze.Leak, Kind: analyze.KindCore, Run: 0, Resource: "memory (total)"},
			{Level: analyze.Note, Kind: analyze.KindRestarts, Run: 1},
		},
	}}
	for i := range 30 {
		v.Findings = append(v.Findings, analyze.Finding{Level: analyze.Note, Kind: analyze.KindStep, Run: 1, Resource: fmt.Sprint(i)})
	}
	var b strings.Builder
	v.Series(func(metric int, value float64, labels ...string) {
		if len(labels) < 3 || labels[1] != "step" {
			fmt.Fprintf(&b, "%s%q %v\n", Metrics()[metric].Name, labels, value)
		}
	})
	want := `bro_analysis_timestamp_seconds[] 1000
bro_memory_exhaustion_timestamp_seconds[] 4600
bro_analysis_span_seconds[] 3600
bro_analysis_undecided_until_timestamp_seconds[] 8200
bro_analysis_detectable_growth_bytes_per_second[] 1
bro_finding["leak" "script-table" "table Foo::` + "\uFFFD" + `"] 1
bro_finding_growth_per_second["leak" "script-table" "table Foo::` + "\uFFFD" + `" "entries"] 2
bro_finding_onset_timestamp_seconds["leak" "script-table" "table Foo::` + "\uFFFD" + `"] 940
bro_finding["note" "restarts" ""] 1
bro_prof_dropped_series["findings"] 12
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// A scrape makes the families again only when there is another verdict.
func TestGatherKeeps(t *testing.T) {
	h := newHost(t)
	text := realLog(t, "7.0.11/live/prof.log")
	h.write("a", text[:len(text)/2])
	l := h.live()
	passes(l)
	first, err := l.Gather()
	h.do(err)
	second, err := l.Gather()
	h.do(err)
	if len(first) == 0 || &first[0] != &second[0] {
		t.Error("the families were made again")
	}
	h.add("a", text[len(text)/2:])
	l.tracks[h.path("a")].next = time.Time{}
	passes(l)
	third, err := l.Gather()
	h.do(err)
	if &first[0] == &third[0] {
		t.Error("the families are those of the verdict before")
	}
}

// The metrics of verdicts and those of a collector can stand on one page.
func TestGathersWithCollector(t *testing.T) {
	h := newHost(t)
	h.write("a", realLog(t, "7.0.11/live/prof.log"))
	l := h.live()
	passes(l)
	c, err := collector.New(collector.Config{Patterns: []spool.Pattern{{Glob: h.path("*")}}})
	h.do(err)
	c.Poll()
	one, other := prometheus.NewPedanticRegistry(), prometheus.NewPedanticRegistry()
	one.MustRegister(c)
	other.MustRegister(l)
	families, err := prometheus.Gatherers{one, other}.Gather()
	if err != nil {
		t.Error(err)
	}
	for _, f := range families {
		if f.GetName() == droppedSeries().Name && len(f.GetMetric()) != 4 {
			t.Errorf("%v", f)
		}
	}
	if problems, err := testutil.GatherAndLint(other); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
