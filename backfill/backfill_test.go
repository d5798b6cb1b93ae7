package backfill

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bro_exporter/internal/golden"
	"bro_exporter/internal/promtool"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

var update = flag.Bool("update", false, "rewrite golden files")

// snapshots reads a log.
func snapshots(t testing.TB, text string) (list []*parse.Snapshot) {
	t.Helper()
	r := parse.NewReader(strings.NewReader(text), "")
	for r.Scan() {
		list = append(list, r.Record().(*parse.Snapshot).Clone())
	}
	return list
}

func load(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func add(t testing.TB, h *History, process string, lists ...[]*parse.Snapshot) *Process {
	t.Helper()
	p := h.Process(process)
	var one parse.Snapshot // overwritten, as a reader's
	for _, s := range slices.Concat(lists...) {
		one.CopyFrom(s)
		if err := p.Add(&one); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.End(); err != nil {
		t.Fatal(err)
	}
	return p
}

func written(t testing.TB, h *History) string {
	t.Helper()
	var out bytes.Buffer
	if err := h.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const short = `0.000000 ------------------------
0.000000 Command line: zeek 
0.000000 ------------------------
0.000000 Memory: total=1000K total_adj=0K malloced: 0K
0.000000 Run-time: user+sys=0.0 user=0.0 sys=0.0 real=0.0
0.000000 Threads: current=0
0.000000 Comm: peers=0 stores=1 1500000005.000000 ------------------------
1500000005.000000 Memory: total=2000K total_adj=1000K malloced: 0K
1500000005.000000 Run-time: user+sys=1.5 user=1.0 sys=0.5 real=5.5
1500000005.000000 Threads: current=1
1500000005.000000   a "b"\c/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)
1500000005.000000 Comm: peers=1 stores=2 1500000020.250000 ------------------------
1500000020.250000 Memory: total=3000K total_adj=2000K malloced: 0K
1500000020.250000 Run-time: user+sys=2.5 user=1.5 sys=1.0 real=20.8
1500000020.250000 Threads: current=0
1500000020.250000 Comm: peers=2 stores=3 1500000020.250000 Total number of table entries: 7/9
`

// A whole history, small enough to be read.
func TestGolden(t *testing.T) {
	h := New(Config{Labels: []Label{{"job", "zeek"}, {"instance", "sensor\"1\"\n"}}})
	add(t, h, "worker-1", snapshots(t, short), snapshots(t, strings.ReplaceAll(short, "15000000", "15000001")))
	add(t, h, "proxy\xff", snapshots(t, short)[:2])
	got := written(t, h)
	golden.Expect(t, "testdata/short.om", got, *update)
	valid(t, got)
}

var (
	typeLine = regexp.MustCompile(`^# TYPE ([a-z_]+) (counter|gauge)$`)
	pointOf  = regexp.MustCompile(`^([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\[\\n"])*",?)+)\} (-?[0-9.e+-]+) ([0-9]+\.[0-9]{3})$`)
)

// valid checks text against the OpenMetrics specification more strictly than Prometheus's parser, and
// returns the points as name{labels} -> times -> values.
func valid(t testing.TB, text string) map[string]map[string]string {
	t.Helper()
	body, found := strings.CutSuffix(text, "# EOF\n")
	if !found {
		t.Fatal("no # EOF at the end")
	}
	families, points := map[string]bool{}, map[string]map[string]string{}
	family, kind, series, last := "", "", "", 0.0
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if m := typeLine.FindStringSubmatch(line); m != nil {
			if family, kind = m[1], m[2]; families[family] {
				t.Fatalf("family %s comes twice", family)
			}
			families[family] = true
			continue
		}
		if strings.HasPrefix(line, "# HELP "+family+" ") {
			continue
		}
		m := pointOf.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not OpenMetrics: %s", line)
		}
		if want := map[string]string{"counter": family + "_total", "gauge": family}[kind]; m[1] != want {
			t.Fatalf("%s among those of family %s", line, family)
		}
		name := m[1] + "{" + m[2] + "}"
		at, _ := strconv.ParseFloat(m[4], 64)
		if name != series {
			if points[name] != nil {
				t.Fatalf("series %s comes twice", name)
			}
			points[name], series, last = map[string]string{}, name, 0
		}
		if at <= last {
			t.Fatalf("%s is not newer than the point before", line)
		}
		last = at
		points[name][m[4]] = m[3]
	}
	return points
}

// The history is the same whatever waits on the disk.
func TestSpill(t *testing.T) {
	histories := map[string]string{}
	for _, most := range []int{0, 1, 20_000, 100_000} {
		h := New(Config{})
		h.sorter.most = most
		add(t, h, "worker-1", snapshots(t, load(t, "7.0.11-cluster/worker-1/prof.log")))
		add(t, h, "threads", snapshots(t, load(t, "3.0.14/threads/prof.log")))
		add(t, h, "run", snapshots(t, load(t, "7.0.11/restart/prof.run1.log")), snapshots(t, load(t, "7.0.11/restart/prof.run2.log")))
		if most > 0 && len(h.sorter.runs) < 2 {
			t.Errorf("%d bytes in memory: %d runs", most, len(h.sorter.runs))
		}
		histories[strconv.Itoa(most)] = written(t, h)
	}
	for most, text := range histories {
		if text != histories["0"] {
			t.Errorf("%s bytes in memory: the history differs", most)
		}
	}
	valid(t, histories["0"])
}

// Memory does not grow with the number of processes: what is known of those that have ended is in the
// file.
func TestManyProcesses(t *testing.T) {
	h := New(Config{})
	h.sorter.most = 200_000
	list := snapshots(t, short)
	const processes = 300
	for i := range processes {
		add(t, h, fmt.Sprintf("worker-%d", i), list)
		if h.sorter.size > h.sorter.most {
			t.Fatalf("%d bytes are in memory", h.sorter.size)
		}
	}
	if len(h.sorter.runs) < 5 {
		t.Errorf("%d runs", len(h.sorter.runs))
	}
	points := valid(t, written(t, h))
	for i := range processes {
		series := fmt.Sprintf(`bro_memory_total_bytes{process="worker-%d"}`, i)
		if len(points[series]) != 3 {
			t.Errorf("%s has %d points, want 3", series, len(points[series]))
		}
	}
}

// at returns when a process has points: all of them, or how many, the first and the last of more than
// four.
func at(t testing.TB, lists ...[]*parse.Snapshot) string {
	t.Helper()
	h := New(Config{})
	add(t, h, "bro", lists...)
	var times []string
	for time := range valid(t, written(t, h))[`bro_memory_total_bytes{process="bro"}`] {
		times = append(times, time)
	}
	slices.SortFunc(times, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	if n := len(times); n > 4 {
		return fmt.Sprintf("%d: %s %s", n, times[0], times[n-1])
	}
	return strings.Join(times, " ")
}

func snapshot(time, real float64, first bool) *parse.Snapshot {
	s := &parse.Snapshot{Time: time, First: first}
	s.Memory.Total = parse.Opt[uint64]{Value: 1, Measured: true}
	s.Runtime.Real = parse.Opt[float64]{Value: real, Measured: real >= 0}
	return s
}

func TestTimes(t *testing.T) {
	many := []*parse.Snapshot{snapshot(0, 0, true)}
	for i := range maxUndated + 1 {
		many = append(many, snapshot(0, float64(i), false))
	}
	// after returns snapshots each 15 s, n of them, from a time on.
	after := func(time, real float64, n int) (list []*parse.Snapshot) {
		for i := range n {
			list = append(list, snapshot(time+15*float64(i), real+15*float64(i), i == 0 && real == 0))
		}
		return list
	}
	const year2000 = 946684800
	for _, test := range []struct {
		name  string
		lists [][]*parse.Snapshot
		want  string // first and last of more than four
	}{
		{name: "rising", lists: [][]*parse.Snapshot{{snapshot(1e9, 0, true), snapshot(1e9+15.5, 15.5, false)}},
			want: "1000000000.000 1000000015.500"},
		{name: "before the first packet", lists: [][]*parse.Snapshot{{snapshot(0, 0, true), snapshot(0, 10, false), snapshot(1e9, 25, false)}},
			want: "999999975.000 999999985.000 1000000000.000"},
		{name: "at the time of the first packet", lists: [][]*parse.Snapshot{{snapshot(0, 0, true), snapshot(1e9, 0, false)}},
			want: "1000000000.000"},
		{name: "before the first packet, of unknown age", lists: [][]*parse.Snapshot{{snapshot(0, -1, true), snapshot(1e9, 25, false)}},
			want: "1000000000.000"},
		{name: "never a packet", lists: [][]*parse.Snapshot{{snapshot(0, 0, true), snapshot(0, 10, false)}}},
		{name: "never a packet before a restart", lists: [][]*parse.Snapshot{{snapshot(0, 90, true), snapshot(0, 0, true), snapshot(1e9, 10, false)}},
			want: "999999990.000 1000000000.000"},
		{name: "too many without a packet", lists: [][]*parse.Snapshot{many, {snapshot(0, 2000, false), snapshot(1e9, 2001, false)}},
			want: "999998999.000 999999999.000 1000000000.000"},
		{name: "the same time", lists: [][]*parse.Snapshot{{snapshot(1e9, 0, true), snapshot(1e9, 0, false), snapshot(1e9+1, 1, false)}},
			want: "1000000000.000 1000000001.000"},
		{name: "backwards", lists: [][]*parse.Snapshot{{snapshot(1e9, 0, true), snapshot(1e9-5, 1, false), snapshot(1e9+1, 2, false)}},
			want: "1000000000.000 1000000001.000"},
		{name: "before the first packet, into the run before", lists: [][]*parse.Snapshot{{snapshot(1e9, 0, true), snapshot(0, 0, true), snapshot(1e9+5, 7, false)}},
			want: "1000000000.000 1000000005.000"},
		{name: "one thirty days ahead", lists: [][]*parse.Snapshot{after(1e9, 0, 240), {snapshot(1e9+30*86400, 3600, false)}, after(1e9+3615, 3615, 239)},
			want: "479: 1000000000.000 1000007185.000"},
		{name: "nine thirty days ahead", lists: [][]*parse.Snapshot{after(1e9, 0, 240), after(1e9+30*86400, 3600, 9), after(1e9+3735, 3735, 231)},
			want: "471: 1000000000.000 1000007185.000"},
		{name: "three half an hour ahead", lists: [][]*parse.Snapshot{after(1e9, 0, 240), after(1e9+5400, 3600, 3), after(1e9+3645, 3645, 237)},
			want: "477: 1000000000.000 1000007185.000"},
		{name: "a pause of an hour", lists: [][]*parse.Snapshot{after(1e9, 0, 20), after(1e9+3900, 3900, 20)},
			want: "40: 1000000000.000 1000004185.000"},
		{name: "a snapshot an hour", lists: [][]*parse.Snapshot{{snapshot(1e9, 0, true), snapshot(1e9+3600, 3600, false), snapshot(1e9+7200, 7200, false)}},
			want: "1000000000.000 1000003600.000 1000007200.000"},
		{name: "one thirty days ahead near the start", lists: [][]*parse.Snapshot{after(1e9, 0, 3), {snapshot(1e9+30*86400, 45, false)}, after(1e9+60, 60, 6)},
			want: "9: 1000000000.000 1000000135.000"},
		{name: "the first thirty days ahead", lists: [][]*parse.Snapshot{{snapshot(1e9+30*86400, 0, true)}, after(1e9+15, 15, 6)},
			want: "6: 1000000015.000 1000000090.000"},
		{name: "two of the year 2000 at the start", lists: [][]*parse.Snapshot{after(year2000, 0, 2), after(1.7e9, 30, 478)},
			want: "478: 1700000000.000 1700007155.000"},
		{name: "one of the year 2000 later", lists: [][]*parse.Snapshot{after(1e9, 0, 20), {snapshot(year2000, 300, false)}, after(1e9+315, 315, 20)},
			want: "40: 1000000000.000 1000000600.000"},
		{name: "a process that was down for a month", lists: [][]*parse.Snapshot{after(1e9, 0, 20), after(1e9+30*86400, 0, 20)},
			want: "40: 1000000000.000 1002592285.000"},
		{name: "a trace with gaps of days", lists: [][]*parse.Snapshot{after(1e9, 0, 3), after(1e9+2*86400, 1, 3), after(1e9+5*86400, 2, 3)},
			want: "9: 1000000000.000 1000432030.000"},
		{name: "a jump at the end", lists: [][]*parse.Snapshot{after(1e9, 0, 3), after(1e9+2*86400, 1, 1)},
			want: "1000000000.000 1000000015.000 1000000030.000 1000172800.000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := at(t, test.lists...); got != test.want {
				t.Errorf("points at %s, want %s", got, test.want)
			}
		})
	}
}

// What is left out is counted.
func TestLeftOut(t *testing.T) {
	h := New(Config{})
	p := add(t, h, "old", []*parse.Snapshot{snapshot(1e9, 0, true), snapshot(1e9, 0, false), snapshot(9e8, 0, true), snapshot(9e8+1, 0, true)})
	if p.OutOfOrder != 2 || p.Outliers != 0 {
		t.Errorf("%d snapshots out of order and %d outliers, want 2 and 0", p.OutOfOrder, p.Outliers)
	}
	p = add(t, h, "ahead", []*parse.Snapshot{snapshot(1e9, 0, true), snapshot(2e9, 1, false), snapshot(1e9+2, 2, false)})
	if p.OutOfOrder != 0 || p.Outliers != 1 {
		t.Errorf("%d snapshots out of order and %d outliers, want 0 and 1", p.OutOfOrder, p.Outliers)
	}
}

func TestParseLabel(t *testing.T) {
	for text, want := range map[string]Label{"job=zeek": {"job", "zeek"}, "instance=a=b:1": {"instance", "a=b:1"}, "site=": {"site", ""}} {
		t.Run(text, func(t *testing.T) {
			if got, err := ParseLabel(text, verdict.Metrics()); err != nil || got != want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for _, text := range []string{"job", "=x", "a-b=x", "__name__=x", "process=x", "thread=x", "originator=x"} {
		t.Run(text, func(t *testing.T) {
			if _, err := ParseLabel(text, verdict.Metrics()); err == nil {
				t.Error("no error")
			}
		})
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestErrors(t *testing.T) {
	h := New(Config{})
	add(t, h, "bro", snapshots(t, short))
	if err := h.Write(t.Context(), fullDisk{}); err == nil || err.Error() != "cannot write: no space left on device" {
		t.Errorf("error %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	h = New(Config{})
	add(t, h, "bro", snapshots(t, short))
	if err := h.Write(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	t.Setenv("TMPDIR", "/no/such/directory")
	h = New(Config{})
	h.sorter.most = 1
	p := h.Process("bro")
	if err := p.Add(snapshot(2e9, 0, true)); err != nil {
		t.Fatal(err)
	}
	if err := p.End(); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v", err)
	}
}

// Prometheus makes TSDB blocks of the history, and each series has the points of the log.
func TestPromtool(t *testing.T) {
	h := New(Config{Labels: []Label{{"job", "zeek"}}})
	h.sorter.most = 100_000
	for name, path := range map[string]string{
		"manager": "7.0.11-cluster/manager/prof.log", "proxy-1": "7.0.11-cluster/proxy-1/prof.log",
		"worker-1": "7.0.11-cluster/worker-1/prof.log", "worker-2": "7.0.11-cluster/worker-2/prof.log",
		"bro-2.3.2": "2.3.2/live/prof.log", "bro-3.0.14": "3.0.14/threads/prof.log",
	} {
		list := snapshots(t, load(t, path))
		add(t, h, name, list[:min(len(list), 60)])
	}
	text := written(t, h)
	points := valid(t, text)
	dir := t.TempDir()
	path := filepath.Join(dir, "history.om")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	promtool.Run(t, "tsdb", "create-blocks-from", "openmetrics", path, data)
	if err := os.Mkdir(filepath.Join(data, "wal"), 0o755); err != nil {
		t.Fatal(err)
	}
	dumped := map[string]map[string]string{}
	n := 0
	line := regexp.MustCompile(`^\{__name__="([a-z_]+)", (.*)\} (\S+) ([0-9]+)$`)
	for l := range strings.Lines(promtool.Run(t, "tsdb", "dump", data)) {
		m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
		if m == nil {
			t.Fatalf("promtool dumps %q", l)
		}
		labels := strings.Split(m[2], `", `)
		slices.Sort(labels)
		series := m[1] + " " + strings.Join(labels, `", `)
		if dumped[series] == nil {
			dumped[series] = map[string]string{}
		}
		dumped[series][m[4][:len(m[4])-3]+"."+m[4][len(m[4])-3:]] = m[3]
		n++
	}
	if len(dumped) != len(points) || len(points) < 1000 {
		t.Errorf("%d series in Prometheus, %d in the history", len(dumped), len(points))
	}
	for series, want := range points {
		same(t, series, dumped[asDumped(series)], want)
	}
}

// asDumped returns a series as promtool dumps it, with its labels sorted.
func asDumped(series string) string {
	name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	list := strings.Split(labels, `",`)
	for i := range list {
		list[i] = strings.TrimSuffix(list[i], `"`)
	}
	slices.Sort(list)
	return name + " " + strings.Join(list, `", `) + `"`
}

func same(t testing.TB, series string, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d points in Prometheus, %d in the history", series, len(got), len(want))
		return
	}
	for at, value := range want {
		a, err1 := strconv.ParseFloat(value, 64)
		b, err2 := strconv.ParseFloat(got[at], 64)
		if err1 != nil || err2 != nil || a != b {
			t.Errorf("%s at %s: %s in Prometheus, %s in the history", series, at, got[at], value)
			return
		}
	}
}

func BenchmarkBackfill(b *testing.B) {
	text := load(b, "7.0.11/pcap/prof.log")
	list := snapshots(b, text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		h := New(Config{})
		add(b, h, "bro", list)
		if err := h.Write(b.Context(), &bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
