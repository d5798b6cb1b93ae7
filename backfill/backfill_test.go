package backfill

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bro_exporter/collector"
	"bro_exporter/internal/golden"
	"bro_exporter/internal/promtool"
	"bro_exporter/parse"
)

var update = flag.Bool("update", false, "rewrite golden files")

// blocks reads a log.
func blocks(t testing.TB, text string) (list []*parse.Snapshot) {
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

func add(t testing.TB, h *History, process string, list []*parse.Snapshot) *Process {
	t.Helper()
	p := h.Process(process)
	for _, block := range list {
		if err := p.Add(block.Clone()); err != nil {
			t.Fatal(err)
		}
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
	h := New(collector.Limits{}, Label{"job", "zeek"}, Label{"instance", "sensor\"1\"\n"})
	add(t, h, "worker-1", blocks(t, short))
	add(t, h, "worker-1", blocks(t, strings.ReplaceAll(short, "15000000", "15000001")))
	add(t, h, "proxy\xff", blocks(t, short)[:2])
	got := written(t, h)
	golden.Expect(t, "testdata/short.om", got, *update)
	valid(t, got)
}

var (
	typeLine = regexp.MustCompile(`^# TYPE ([a-z_]+) (counter|gauge)$`)
	pointOf  = regexp.MustCompile(`^([a-z_]+)\{((?:[a-z]+="(?:[^"\\]|\\[\\n"])*",?)+)\} (-?[0-9.e+-]+) ([0-9]+\.[0-9]{3})$`)
)

// valid checks what the OpenMetrics specification asks for, of which Prometheus's parser lets much
// pass, and returns the points as name{labels} -> times -> values.
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

// Whatever is spilled to the disk, the same is written.
func TestSpill(t *testing.T) {
	histories := map[string]string{}
	for _, most := range []int{0, 1, 1000, 5000} {
		h := New(collector.Limits{})
		h.spilled.most = most
		add(t, h, "worker-1", blocks(t, load(t, "7.0.11-cluster/worker-1/prof.log")))
		add(t, h, "threads", blocks(t, load(t, "3.0.14/threads/prof.log")))
		add(t, h, "run", blocks(t, load(t, "7.0.11/restart/prof.run1.log")))
		add(t, h, "run", blocks(t, load(t, "7.0.11/restart/prof.run2.log")))
		if most > 0 && len(h.spilled.runs) < 2 {
			t.Errorf("%d points in memory: %d runs", most, len(h.spilled.runs))
		}
		histories[strconv.Itoa(most)] = written(t, h)
	}
	for most, text := range histories {
		if text != histories["0"] {
			t.Errorf("%s points in memory: the history differs", most)
		}
	}
	valid(t, histories["0"])
}

// at returns when a process has points.
func at(t testing.TB, list ...[]*parse.Snapshot) string {
	t.Helper()
	h := New(collector.Limits{})
	for _, l := range list {
		add(t, h, "bro", l)
	}
	var times []string
	for time := range valid(t, written(t, h))[`bro_memory_total_bytes{process="bro"}`] {
		times = append(times, time)
	}
	slices.SortFunc(times, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return strings.Join(times, " ")
}

func block(time, real float64, first bool) *parse.Snapshot {
	s := &parse.Snapshot{Time: time, First: first}
	s.Memory.Total = parse.Opt[uint64]{Value: 1, Measured: true}
	s.Runtime.Real = parse.Opt[float64]{Value: real, Measured: real >= 0}
	return s
}

func TestTimes(t *testing.T) {
	many := []*parse.Snapshot{block(0, 0, true)}
	for i := range maxUndated + 1 {
		many = append(many, block(0, float64(i), false))
	}
	for _, test := range []struct {
		name string
		list []*parse.Snapshot
		want string
	}{
		{"rising", []*parse.Snapshot{block(1e9, 0, true), block(1e9+15.5, 15.5, false)}, "1000000000.000 1000000015.500"},
		{"before the first packet", []*parse.Snapshot{block(0, 0, true), block(0, 10, false), block(1e9, 25, false)}, "999999975.000 999999985.000 1000000000.000"},
		{"at the time of the first packet", []*parse.Snapshot{block(0, 0, true), block(1e9, 0, false)}, "1000000000.000"},
		{"before the first packet, of unknown age", []*parse.Snapshot{block(0, -1, true), block(1e9, 25, false)}, "1000000000.000"},
		{"never a packet", []*parse.Snapshot{block(0, 0, true), block(0, 10, false)}, ""},
		{"never a packet before a restart", []*parse.Snapshot{block(0, 90, true), block(0, 0, true), block(1e9, 10, false)}, "999999990.000 1000000000.000"},
		{"too many without a packet", append(many, block(0, 2000, false), block(1e9, 2001, false)), "999998999.000 999999999.000 1000000000.000"},
		{"the same time", []*parse.Snapshot{block(1e9, 0, true), block(1e9, 0, false), block(1e9+1, 1, false)}, "1000000000.000 1000000001.000"},
		{"backwards", []*parse.Snapshot{block(1e9, 0, true), block(1e9-5, 1, false), block(1e9+1, 2, false)}, "1000000000.000 1000000001.000"},
		{"before the first packet, into the run before", []*parse.Snapshot{block(1e9, 0, true), block(0, 0, true), block(1e9+5, 7, false)}, "1000000000.000 1000000005.000"},
	} {
		if got := at(t, test.list); got != test.want {
			t.Errorf("%s: points at %s, want %s", test.name, got, test.want)
		}
	}
	p := add(t, New(collector.Limits{}), "x", []*parse.Snapshot{block(1e9, 0, true), block(1e9, 0, false), block(9e8, 0, true), block(9e8+1, 0, true)})
	if p.OutOfOrder != 2 {
		t.Errorf("%d blocks out of order, want 2", p.OutOfOrder)
	}
}

func TestParseLabel(t *testing.T) {
	for text, want := range map[string]Label{"job=zeek": {"job", "zeek"}, "instance=a=b:1": {"instance", "a=b:1"}, "site=": {"site", ""}} {
		if got, err := ParseLabel(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"job", "=x", "a-b=x", "__name__=x", "process=x", "thread=x", "originator=x"} {
		if _, err := ParseLabel(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestErrors(t *testing.T) {
	h := New(collector.Limits{})
	add(t, h, "bro", blocks(t, short))
	if err := h.Write(t.Context(), fullDisk{}); err == nil || err.Error() != "cannot write: no space left on device" {
		t.Errorf("error %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.Write(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	t.Setenv("TMPDIR", "/no/such/directory")
	h.spilled.most = 1
	if err := h.Process("bro").Add(block(2e9, 0, true)); err == nil || !strings.Contains(err.Error(), "set TMPDIR") {
		t.Errorf("error %v", err)
	}
}

// Prometheus makes blocks of the history in which each series has the points that the log has.
func TestPromtool(t *testing.T) {
	h := New(collector.Limits{}, Label{"job", "zeek"})
	h.spilled.most = 100_000
	for name, path := range map[string]string{
		"manager": "7.0.11-cluster/manager/prof.log", "proxy-1": "7.0.11-cluster/proxy-1/prof.log",
		"worker-1": "7.0.11-cluster/worker-1/prof.log", "worker-2": "7.0.11-cluster/worker-2/prof.log",
		"bro-2.3.2": "2.3.2/live/prof.log", "bro-3.0.14": "3.0.14/threads/prof.log",
	} {
		list := blocks(t, load(t, path))
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
	list := blocks(b, text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		h := New(collector.Limits{})
		add(b, h, "bro", list)
		if err := h.Write(b.Context(), &bytes.Buffer{}); err != nil {
			b.Fatal(err)
		}
	}
}
