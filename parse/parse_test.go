package parse

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// read returns copies of everything a Reader finds in text.
func read(t *testing.T, text string) (snapshots []*Snapshot, faults []*SyntaxError) {
	t.Helper()
	r := NewReader(strings.NewReader(text), "prof.log")
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *Snapshot:
			snapshots = append(snapshots, rec.Clone())
		case *SyntaxError:
			faults = append(faults, rec)
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return snapshots, faults
}

func one(t *testing.T, text string) *Snapshot {
	t.Helper()
	snapshots, faults := read(t, text)
	if len(snapshots) != 1 || len(faults) != 0 {
		t.Fatalf("%d snapshots and faults %v in %q, want one snapshot", len(snapshots), faults, text)
	}
	return snapshots[0]
}

func load(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func logs(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/*/*/prof*.log")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d logs, %v", len(files), err)
	}
	return files
}

// u and f are fields that were measured.
func u(v uint64) Opt[uint64]   { return Opt[uint64]{Value: v, Measured: true} }
func f(v float64) Opt[float64] { return Opt[float64]{Value: v, Measured: true} }

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// The counts that a plain re-reading of each log gives: what stands at the beginning of its
// lines, or behind a Comm line that has lost its newline.
var (
	snapshotLine = regexp.MustCompile(`(?m)^[0-9.]+ Memory: total=(\d+)K`)
	threadLine   = regexp.MustCompile(`(?m)^[0-9.]+   (.+?) *in=(\d+) out=(\d+) pending=(\d+)/(\d+) \(#queue r/w: in=(\d+)/(\d+) out=(\d+)/(\d+)\)$`)
	timerLine    = regexp.MustCompile(`(?m)^[0-9.]+ {9}(\w+) = (\d+)$`)
	globalLine   = regexp.MustCompile(`(?m)^[0-9.]+ {16}(\S+) = (\d+)K(?: \((\d+)/(\d+) entries\))?$`)
	nameLine     = regexp.MustCompile(`(?m)^[0-9.]+ {16}\S+ = 0K \(\d+/\d+ entries\)$`) // see TestNamedTables
	entriesLine  = regexp.MustCompile(`(?m)[0-9]+\.[0-9]{6} {16}(\d+)/(\d+) entries$`)
	tablesLine   = regexp.MustCompile(`(?m)^[0-9.]+ Total number of table entries: (\d+)/(\d+)$`)
	commLine     = regexp.MustCompile(`(?m)^[0-9.]+ Comm: peers=(\d+) stores=(\d+) .*? ids_out=(\d+) `)
	dnsLine      = regexp.MustCompile(`(?m)^[0-9.]+ DNS_Mgr: requests=(\d+) succ?ess?ful=(\d+) failed=(\d+) pending=(\d+) cached_hosts=(\d+) cached_addrs=(\d+)$`)
	realLine     = regexp.MustCompile(`(?m)^[0-9.]+ Run-time: user\+sys=\S+ user=\S+ sys=\S+ real=(\d+)\.(\d)$`)
)

// tally adds up numbers by what they are; two tallies that are equal hold the same numbers.
type tally map[string]uint64

func (c tally) lines(what string, re *regexp.Regexp, text string) {
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		c[what]++
		for i, group := range m[1:] {
			if n, err := strconv.ParseUint(group, 10, 64); err == nil {
				c[fmt.Sprint(what, i)] += n
			} else if group != "" {
				c[what+" "+group]++
			}
		}
	}
}

func (c tally) add(what string, fields ...uint64) {
	c[what]++
	for i, n := range fields {
		c[fmt.Sprint(what, i)] += n
	}
}

func (c tally) snapshot(s *Snapshot) {
	c.add("snapshot", s.Memory.Total.Value/1024)
	for _, th := range s.Threads.List {
		c["thread "+th.Name]++
		c.add("thread", 0, th.In, th.Out, th.PendingIn, th.PendingOut, th.InReads, th.InWrites, th.OutReads, th.OutWrites)
	}
	for _, tm := range s.Timers.ByName {
		c["timer "+tm.Name]++
		c.add("timer", 0, tm.Pending)
	}
	for _, g := range s.Globals.List {
		if !g.Size.Measured { // its name stands elsewhere, see TestNamedTables
			c.add("entries", g.Entries.Value, g.EntriesRecursive.Value)
			continue
		}
		c["global "+g.Name]++
		c.add("global", 0, g.Size.Value/1024, g.Entries.Value, g.EntriesRecursive.Value)
	}
	if s.Globals.Entries.Measured {
		c.add("tables", s.Globals.Entries.Value, s.Globals.EntriesRecursive.Value)
	}
	if s.Comm.IDsOut.Measured {
		c.add("comm", s.Comm.Peers.Value, s.Comm.Stores.Value, s.Comm.IDsOut.Value)
	}
	d := s.DNS
	c.add("dns", d.Requests.Value, d.Successful.Value, d.Failed.Value, d.Pending.Value, d.CachedHosts.Value, d.CachedAddrs.Value)
	c.add("real", uint64(s.Runtime.Real.Value*10+0.5))
	for from, row := range s.TCPStates.Cells {
		for to, n := range row {
			c[fmt.Sprint("state ", from, to)] += uint64(n)
		}
	}
}

func (c tally) text(text string) {
	c.lines("snapshot", snapshotLine, text)
	c.lines("thread", threadLine, text)
	c.lines("timer", timerLine, text)
	c.lines("global", globalLine, nameLine.ReplaceAllString(text, ""))
	c.lines("entries", entriesLine, text)
	c.lines("tables", tablesLine, text)
	c.lines("comm", commLine, text)
	c.lines("dns", dnsLine, text)
	for _, m := range realLine.FindAllStringSubmatch(text, -1) {
		n, _ := strconv.ParseUint(m[1]+m[2], 10, 64)
		c.add("real", n)
	}
	for _, line := range strings.Split(text, "\n") {
		_, row, ok := strings.Cut(line, " TCP-States:")
		if !ok || row[0] == ' ' {
			continue
		}
		for from, label := range tcpLabels {
			for to := 0; to < 7 && strings.HasPrefix(row, label); to++ {
				cell := fmt.Sprintf("%-64s", row)[8+8*to : 16+8*to]
				n, _ := strconv.ParseUint(strings.TrimSpace(cell), 10, 64)
				c[fmt.Sprint("state ", from, to)] += n
			}
		}
	}
}

// noZeros drops what no line wrote.
func (c tally) noZeros() {
	for k, n := range c {
		if n == 0 {
			delete(c, k)
		}
	}
}

func TestReaderAgainstPlainReading(t *testing.T) {
	for _, file := range logs(t) {
		t.Run(file, func(t *testing.T) {
			text := load(t, strings.TrimPrefix(file, "../testdata/"))
			snapshots, faults := read(t, text)
			if len(faults) > 0 {
				t.Errorf("%s: %v", file, faults)
			}
			got, want := tally{}, tally{}
			for _, s := range snapshots {
				got.snapshot(s)
			}
			want.text(text)
			got.noZeros()
			want.noZeros()
			for k := range want {
				if got[k] != want[k] {
					t.Errorf("%s: %s: got %d, want %d", file, k, got[k], want[k])
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d different things read, want %d", file, len(got), len(want))
			}
		})
	}
}

// What each log holds, counted by hand from the text: complete snapshots, lines of scripts.
func TestSnapshotsAndUnparsedLines(t *testing.T) {
	for _, test := range []struct {
		file     string
		unparsed uint64
		releases string
		whole    bool
	}{
		{file: "2.3.2/live/prof.log", unparsed: 0, releases: "2.1-2.4", whole: true},
		{file: "2.3.2/segment/prof.log", unparsed: 0, releases: "2.1-2.4", whole: true},
		{file: "2.3.2/cmdline/prof.log", unparsed: 0, releases: "2.1-3.0", whole: true},
		{file: "2.3.2/restart/prof.run2.log", unparsed: 0, releases: "2.1-3.0", whole: true},
		{file: "3.0.14/live/prof.log", unparsed: 0, releases: "2.6-3.0", whole: true},
		{file: "7.0.11/live/prof.log", unparsed: 0, releases: "6.1+", whole: true},
		{file: "7.0.11-cluster/worker-1/prof.log", unparsed: 0, releases: "6.1+", whole: true},
		{file: "excerpts/zeek-docs-v9.0.0-rc1.txt", unparsed: 1, releases: "6.1+", whole: false},
		{file: "excerpts/zeek-docs-2023-v6.0.0-dev.txt", unparsed: 1, releases: "5.1-6.0", whole: false},
		{file: "excerpts/zeek-issue-1856-worker-b-2022-02-18.txt", unparsed: 0, releases: "3.1-5.0", whole: false},
	} {
		t.Run(test.file, func(t *testing.T) {
			text := load(t, test.file)
			r := NewReader(strings.NewReader(text), "")
			var last *Snapshot
			n := 0
			for r.Scan() {
				if s, ok := r.Record().(*Snapshot); ok {
					last = s.Clone()
					n++
				}
			}
			if want := strings.Count(text, " Memory: total="); n != want {
				t.Errorf("%s: %d snapshots, want %d", test.file, n, want)
			}
			if r.Unparsed() != test.unparsed {
				t.Errorf("%s: %d lines unparsed, want %d", test.file, r.Unparsed(), test.unparsed)
			}
			if last.Releases.String() != test.releases {
				t.Errorf("%s: releases %s, want %s", test.file, last.Releases, test.releases)
			}
			if last.Whole() != test.whole {
				t.Errorf("%s: whole is %v", test.file, last.Whole())
			}
		})
	}
}

// The two samples of the document that started this project, read off its text.
func seedSnapshots(columns bool) []*Snapshot {
	reader := "/var/spool/bro/bv_intel/bv_intel.txt/Input::READER_ASCII"
	writer := func(path string) Thread {
		return Thread{Name: path + "/Log::WRITER_ASCII", In: 1, InReads: 1, InWrites: 1}
	}
	idle := Conns{
		Total: u(0), Current: u(0), Sessions: u(0), Ext: u(0), Mem: u(0), Table: u(1024), ConnVals: u(0),
		TCP: Protocol{Current: u(0), Max: u(0)}, UDP: Protocol{Current: u(0), Max: u(0)}, ICMP: Protocol{Current: u(0), Max: u(0)}, Expired: u(0),
	}
	noDNS := DNS{Requests: u(0), Successful: u(0), Failed: u(0), Pending: u(0), CachedHosts: u(0), CachedAddrs: u(0)}
	globals := []Global{
		{Name: "SSL::cipher_desc", Size: u(99 * 1024), Entries: u(351), EntriesRecursive: u(351)},
		{Name: "SSL::root_certs", Size: u(208 * 1024), Entries: u(147), EntriesRecursive: u(147)},
		{Name: "FTP::cmd_reply_code", Size: u(48 * 1024), Entries: u(325), EntriesRecursive: u(325)},
		{Name: "Weird::actions", Size: u(36 * 1024), Entries: u(162), EntriesRecursive: u(162)},
	}
	return []*Snapshot{
		{
			Time: 0, First: true, Expensive: true, Releases: Releases{Since: 2.1, Until: 2.4},
			Memory:  Memory{Total: u(30160 * 1024), TotalAdj: u(0), Malloced: u(23126 * 1024)},
			Runtime: Runtime{UserSys: f(0), User: f(0), Sys: f(0), Real: f(0)}, Conns: idle,
			TCPStates:  TCPStates{Measured: columns},
			Reassembly: u(0),
			Matcher:    RuleMatcher{Matchers: u(2), DFAStates: u(2), Computed: u(0), Mem: u(2048), AvgNFAStates: u(29)},
			Timers: Timers{Current: u(19), Max: u(19), Mem: u(1024), Lag: f(0),
				ByName: []Timer{{Name: "ProfileTimer", Pending: 1}, {Name: "ScheduleTimer", Pending: 2}, {Name: "TableValTimer", Pending: 16}}},
			DNS: noDNS, Triggers: Triggers{Total: u(0), Pending: u(0)},
			Threads: Threads{Current: u(4), List: []Thread{
				{Name: reader, In: 1, Out: 1, PendingOut: 1, InReads: 1, InWrites: 1, OutReads: 0, OutWrites: 1},
				writer("packet_filter"), writer("packet_filter"), writer("loaded_scripts"), writer("reporter"),
			}},
			Globals: Globals{List: globals, Size: u(1173 * 1024), Entries: u(1648), EntriesRecursive: u(1691)},
		},
		{
			Time: 1413471640.952530, Expensive: true, Releases: Releases{Since: 2.1, Until: 2.4},
			Memory:  Memory{Total: u(30160 * 1024), TotalAdj: u(0), Malloced: u(23127 * 1024)},
			Runtime: Runtime{UserSys: f(0), User: f(0), Sys: f(0), Real: f(0)}, Conns: idle, Reassembly: u(0),
			Matcher: RuleMatcher{Matchers: u(2), DFAStates: u(2), Computed: u(0), Mem: u(2048), AvgNFAStates: u(29)},
			Timers: Timers{Current: u(18), Max: u(19), Mem: u(1024), Lag: Opt[float64]{},
				ByName: []Timer{{Name: "ScheduleTimer", Pending: 2}, {Name: "TableValTimer", Pending: 16}}},
			DNS: noDNS, Triggers: Triggers{Total: u(0), Pending: u(0)},
			Threads: Threads{Current: u(4), List: []Thread{
				{Name: reader, In: 1, Out: 1, InReads: 1, InWrites: 1, OutReads: 1, OutWrites: 1},
				writer("packet_filter"), writer("loaded_scripts"), writer("reporter"),
			}},
			Globals: Globals{List: nil, Size: u(1173 * 1024), Entries: u(1648), EntriesRecursive: u(1691)},
		},
		{
			Time: 1413471671.003551, Expensive: true, Releases: Releases{Until: 2.4},
			Memory:  Memory{Total: u(30160 * 1024), TotalAdj: u(0), Malloced: u(23329 * 1024)},
			Runtime: Runtime{UserSys: f(0.1), User: f(0), Sys: f(0), Real: f(0.1)},
			Conns: Conns{
				Total: u(14), Current: u(9), Sessions: u(9), Ext: u(0), Mem: u(48488), Avg: f(5387.6), Table: u(50 * 1024),
				ConnVals: u(35 * 1024), TCP: Protocol{Current: u(7), Max: u(8)}, UDP: Protocol{Current: u(2), Max: u(6)}, ICMP: Protocol{Current: u(0), Max: u(0)}, Expired: u(0),
			},
			Reassembly: u(0),
			Matcher:    RuleMatcher{Matchers: u(2), DFAStates: u(40), Computed: u(150), Mem: u(62 * 1024), AvgNFAStates: u(1)},
			Timers: Timers{Current: u(36), Max: u(47), Mem: u(2048), Lag: f(0.05),
				ByName: []Timer{{Name: "ConnectionInactivityTimer", Pending: 11}, {Name: "FileAnalysisInactivityTimer", Pending: 1}}},
			DNS: noDNS, Triggers: Triggers{Total: u(0), Pending: u(0)},
			Globals: Globals{List: globals},
		},
	}
}

func TestSeedDocument(t *testing.T) {
	for _, form := range []struct {
		name    string
		columns bool // the matrix of the first snapshot kept its columns
	}{{name: "seed-egberts-bro-messaging", columns: true}, {name: "seed-one-line", columns: false}} {
		t.Run(form.name, func(t *testing.T) {
			want := seedSnapshots(form.columns)
			var got []*Snapshot
			for _, sample := range []string{"-block1.txt", "-block2.txt"} {
				snapshots, faults := read(t, load(t, "excerpts/"+form.name+sample))
				if len(faults) > 0 {
					t.Errorf("%s%s: %v", form.name, sample, faults)
				}
				got = append(got, snapshots...)
			}
			if len(got) != len(want) {
				t.Fatalf("%s: %d snapshots, want %d", form.name, len(got), len(want))
			}
			for i := range want {
				got[i].Line, got[i].Offset = 0, 0
				equal(t, fmt.Sprintf("%s, snapshot %d", form.name, i), got[i], want[i])
			}
		})
	}
}

func TestOneSnapshotPerRelease(t *testing.T) {
	last := func(file string) *Snapshot {
		snapshots, _ := read(t, load(t, file))
		return snapshots[len(snapshots)-1]
	}
	// 2.3.2: the last snapshot of a heap that has wrapped at 4 GiB.
	s := last("2.3.2/heap-over-4GiB/prof.log")
	equal(t, "memory of 2.3.2", s.Memory, Memory{Total: u(1342368 << 10), TotalAdj: u(1299680 << 10), Malloced: u(1342092 << 10)})
	equal(t, "no connections", s.Conns.Avg, Opt[float64]{})
	equal(t, "matcher of 2.3.2", s.Matcher, RuleMatcher{Matchers: u(14), DFAStates: u(14), Computed: u(0), Mem: u(39 << 10), AvgNFAStates: u(1)})
	equal(t, "lag from 1970", s.Timers.Lag, Opt[float64]{})
	equal(t, "a thread that has read nothing", s.Threads.List[len(s.Threads.List)-1],
		Thread{Name: "reporter/Log::WRITER_ASCII", In: 1, PendingIn: 1, InWrites: 1})
	equal(t, "total size of 2.3.2", s.Globals.Size, u(683453<<10))
	equal(t, "entries of 2.3.2", s.Globals.EntriesRecursive, u(301917))
	// 3.0.14: the second and third snapshot of the live run.
	snapshots, _ := read(t, load(t, "3.0.14/live/prof.log"))
	s = snapshots[1]
	equal(t, "time", s.Time, 1795369010.057937)
	equal(t, "line", s.Line, 29)
	equal(t, "expensive", s.Expensive, true)
	equal(t, "memory", s.Memory, Memory{Total: u(232312 * 1024), TotalAdj: u(512 * 1024), Malloced: u(76221 * 1024)})
	equal(t, "conns", s.Conns.Avg, Opt[float64]{})
	equal(t, "table", s.Conns.Table, u(1024))
	equal(t, "matcher", s.Matcher, RuleMatcher{Matchers: u(11), NFAStates: u(461), DFAStates: u(11), Computed: u(0), Mem: u(28 * 1024)})
	equal(t, "timers", s.Timers, Timers{Current: u(38), Max: u(46), Mem: u(2048), Lag: Opt[float64]{}, ByName: []Timer{{Name: "ScheduleTimer", Pending: 9}, {Name: "TableValTimer", Pending: 29}}})
	equal(t, "comm", s.Comm, Comm{Peers: u(0), Stores: u(3), PendingQueries: u(0), EventsIn: u(0), EventsOut: u(0), LogsIn: u(0), LogsOut: u(0), IDsIn: u(0), IDsOut: u(0)})
	equal(t, "globals", len(s.Globals.List), 12)
	equal(t, "a global", s.Globals.List[9], Global{Name: "Log::stream_filters", Size: u(41 * 1024), Entries: u(51), EntriesRecursive: u(102)})
	equal(t, "a record", s.Globals.List[3], Global{Name: "Intel::data_store", Size: u(1736 * 1024)})
	equal(t, "total", s.Globals.Size, u(5233*1024))
	equal(t, "entries", s.Globals.EntriesRecursive, u(6750))
	s = snapshots[2]
	equal(t, "not measured in a cheap snapshot", s.Conns.Mem, Opt[uint64]{})
	equal(t, "not measured in a cheap snapshot", s.Conns.Table, Opt[uint64]{})
	equal(t, "memory of a cheap snapshot", s.Memory.Total, u(232440*1024))
	equal(t, "run time", s.Runtime, Runtime{UserSys: f(0.1), User: f(0), Sys: f(0), Real: f(1)})
	// 7.0.11: the third snapshot of the live run.
	snapshots, _ = read(t, load(t, "7.0.11/live/prof.log"))
	s = snapshots[2]
	equal(t, "memory", s.Memory, Memory{Total: u(243816 * 1024), TotalAdj: u(948 * 1024), Malloced: Opt[uint64]{}})
	equal(t, "conns", s.Conns, Conns{Total: u(18), Current: u(18), Sessions: u(18),
		TCP: Protocol{Current: u(13), Max: u(13)}, UDP: Protocol{Current: u(4), Max: u(4)}, ICMP: Protocol{Current: u(1), Max: u(1)}, Expired: u(0)})
	var cells TCPStates
	cells.Measured = true
	cells.Cells[SynSent][Reset] = 2
	cells.Cells[Established][Established] = 2
	cells.Cells[Established][Reset] = 2
	cells.Cells[Closed][Closed] = 6
	cells.Cells[Reset][Established] = 1
	equal(t, "TCP states", s.TCPStates, cells)
	equal(t, "lag", s.Timers.Lag, f(0.04))
	equal(t, "a thread", s.Threads.List[1], Thread{Name: "packet_filter/Log::WRITER_ASCII", In: 4, Out: 2, PendingIn: 0, PendingOut: 1, InReads: 4, InWrites: 4, OutReads: 1, OutWrites: 2})
	equal(t, "unnamed tables", snapshots[1].Globals.List[0], Global{Entries: u(34), EntriesRecursive: u(102)})
	equal(t, "the Comm line at the file's end", snapshots[len(snapshots)-1].Comm.Stores, u(1))
}

func TestThreadNames(t *testing.T) {
	const tail = " in=41 out=20 pending=1/2 (#queue r/w: in=40/41 out=18/20)"
	const snapshot = "1.000000 ------------------------\n1.000000 Memory: total=1K total_adj=0K malloced: 1K\n"
	for _, name := range []string{
		"conn/Log::WRITER_ASCII",
		`odd path, with "quotes" = and in=5 out=6 (x)/Log::WRITER_ASCII`,
		"a" + tail + "/Log::WRITER_ASCII",
		"a" + tail,
		`while :; do echo "a b"; sleep 1; done |/Input::READER_RAW`,
		"/opt/a b/c/Input::READER_ASCII",
		"1.000000 Memory: total=7K total_adj=0K malloced: 1K/Log::WRITER_ASCII",
		"Timer = 5",
		"Foo::bar = 5K (1/1 entries)",
		"\xff\xfe\xc3/Log::WRITER_ASCII",
		"two\nlines |/Input::READER_RAW",
		"|",
		"x\r\n9/y",
	} {
		t.Run(name, func(t *testing.T) {
			s := one(t, fmt.Sprintf("%s1.000000   %-25s%s\n1.000000 Comm: peers=3 stores=2 pending_queries=1 events_in=0 events_out=0 logs_in=0 logs_out=0 ids_in=0 ids_out=0 ", snapshot, name, tail))
			equal(t, "threads", s.Threads.List, []Thread{{Name: name, In: 41, Out: 20, PendingIn: 1, PendingOut: 2, InReads: 40, InWrites: 41, OutReads: 18, OutWrites: 20}})
			equal(t, "what follows", s.Comm.Peers, u(3))
			equal(t, "memory", s.Memory.Total, u(1024))
		})
	}
}

func TestThreadsShareAName(t *testing.T) {
	snapshots, _ := read(t, load(t, "7.0.11/threads/prof.log"))
	names := map[string]int{}
	for _, th := range snapshots[len(snapshots)-1].Threads.List {
		names[th.Name]++
	}
	if n := names["/opt/sensor/policy/my input, file.txt/Input::READER_RAW"]; n != 2 {
		t.Errorf("%d threads share the name, want 2: %v", n, names)
	}
}

func TestMemoryNumbers(t *testing.T) {
	for _, test := range []struct {
		line string
		want Memory
	}{
		{line: "total=10K total_adj=4K malloced: 7K", want: Memory{Total: u(10240), TotalAdj: u(4096), Malloced: u(7168)}},
		{line: "total=10K total_adj=4K malloced: 0K", want: Memory{Total: u(10240), TotalAdj: u(4096), Malloced: Opt[uint64]{}}},
		{line: "total=3000K total_adj=18014398509480144K malloced: 18014398509225497K", want: Memory{Total: u(3000 << 10), TotalAdj: Opt[uint64]{}, Malloced: Opt[uint64]{}}},
		{line: "total=46000K total_adj=4192464K malloced: 9K", want: Memory{Total: u(46000 << 10), TotalAdj: Opt[uint64]{}, Malloced: u(9 << 10)}},
		{line: "total=10K", want: Memory{Total: u(10240)}},
		{line: "total=-10K total_adj=0K", want: Memory{TotalAdj: u(0)}},
	} {
		t.Run(test.line, func(t *testing.T) {
			s := one(t, "1.000000 Memory: "+test.line+"\n")
			equal(t, test.line, s.Memory, test.want)
		})
	}
	snapshots, _ := read(t, load(t, "7.0.11/memory-over-4GiB-at-start/prof.log"))
	equal(t, "a first total over 4 GiB", snapshots[0].Memory, Memory{Total: u(5218432 << 10)})
	snapshots, _ = read(t, load(t, "2.3.2/heap-over-4GiB/prof.log"))
	for _, s := range snapshots {
		if m := s.Memory; m.TotalAdj.Value > m.Total.Value {
			t.Errorf("line %d: total_adj over total: %+v", s.Line, m)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	const head = "1.000000 ------------------------\n1.000000 Memory: total=1K total_adj=0K malloced: 1K\n"
	for _, test := range []struct{ line, want string }{
		{line: "1.000000 Conns: total=99999999999999999999999 current=2/3", want: `prof.log:3: a number too large for 64 bits: "99999999999999999999999"`},
		{line: "1.000000 Conns: total=abc current=2/3", want: `prof.log:3: not a number: "abc"`},
		{line: "1.000000 Run-time: user+sys=0.x user=0.0 sys=0.0 real=0.0", want: `prof.log:3: not a number: "0.x"`},
		{line: "1.000000   a/Log::WRITER_ASCII in=99999999999999999999 out=1 pending=0/0 (#queue r/w: in=1/1 out=1/1)", want: `prof.log:3: a thread with a number too large for 64 bits`},
		{line: "1.000000         ProfileTimer = 99999999999999999999", want: `prof.log:3: a number too large for 64 bits: "99999999999999999999"`},
		{line: "1.000000                A::b = 99999999999999999999K", want: `prof.log:3: a number too large for 64 bits: "99999999999999999999K"`},
		{line: "1.000000 Total number of table entries: 1/99999999999999999999", want: `prof.log:3: a number too large for 64 bits: "99999999999999999999"`},
		{line: "1.000000 Memory: total=5", want: `prof.log:3: no K behind the number: ""`},
	} {
		t.Run(test.line, func(t *testing.T) {
			snapshots, faults := read(t, head+test.line+"\n1.000000 Triggers: total=4 pending=5\n")
			if len(faults) != 1 || faults[0].Error() != test.want {
				t.Errorf("%s: got %v, want %s", test.line, faults, test.want)
			}
			last := snapshots[len(snapshots)-1]
			equal(t, "the rest of the snapshot", last.Triggers, Triggers{Total: u(4), Pending: u(5)})
			if strings.Contains(test.line, "current=") {
				equal(t, "the rest of the line", last.Conns.Sessions, u(3))
			}
		})
	}
}

func TestDecimals(t *testing.T) {
	const head = "1.000000 Memory: total=1K\n1.000000 "
	for _, test := range []struct {
		number  string
		runtime Opt[float64]
		lag     Opt[float64]
		fault   bool
	}{
		{number: "0.05", runtime: f(0.05), lag: f(0.05)},
		{number: "12345678901234567890.5", runtime: f(12345678901234567890.5)},
		{number: "-0.25", lag: f(-0.25)},
		{number: "nan"},
		{number: "-nan"},
		{number: "-NaN"},
		{number: "inf"},
		{number: "-INF"},
		{number: "+nan", fault: true},
		{number: "--nan", fault: true},
		{number: "nan(0x1)", fault: true},
		{number: "infinity", fault: true},
		{number: "0x1.8p1", fault: true},
		{number: "1.5e3", fault: true},
		{number: "1_0.5", fault: true},
		{number: "+1.5", fault: true},
		{number: "--1.5", fault: true},
		{number: "1.5.5", fault: true},
		{number: ".5", fault: true},
		{number: "5.", fault: true},
		{number: "5", fault: true},
		{number: "-", fault: true},
		{number: "", fault: true},
		{number: "1" + strings.Repeat("0", 400) + ".0", fault: true},
	} {
		t.Run(test.number, func(t *testing.T) {
			snapshots, faults := read(t, head+"Run-time: user="+test.number+" real=1.5\n")
			equal(t, "run time "+test.number, snapshots[0].Runtime, Runtime{User: test.runtime, Real: f(1.5)})
			equal(t, "faults of run time "+test.number, len(faults) == 1, test.fault)
			snapshots, faults = read(t, head+"Timers: current=1 lag="+test.number+"s\n")
			equal(t, "lag "+test.number, snapshots[0].Timers.Lag, test.lag)
			equal(t, "faults of lag "+test.number, len(faults) == 1, test.fault)
		})
	}
}

func TestOddText(t *testing.T) {
	text := load(t, "7.0.11-cluster/manager/prof.log")
	want, _ := read(t, text)
	same := func(what, text string) {
		t.Helper()
		got, faults := read(t, text)
		if len(got) != len(want) || len(faults) > 0 {
			t.Errorf("%s: %d snapshots and %v, want %d", what, len(got), faults, len(want))
			return
		}
		for i := range got {
			got[i].Line, got[i].Offset = want[i].Line, want[i].Offset
			equal(t, what, got[i], want[i])
		}
	}
	same("CRLF", strings.ReplaceAll(text, "\n", "\r\n"))
	same("a hole of NULs", strings.Repeat("\x00", 15082)+text)
	same("trimmed lines", regexp.MustCompile(`(?m) +$`).ReplaceAllString(text, ""))
	same("lines of scripts", strings.ReplaceAll(text, " Triggers:", " Custom: n=1, x\n\nno stamp = 5\n1795368063.287098 Triggers:"))
	glue := regexp.MustCompile(`( ids_out=0 )([0-9.]+ -)`)
	same("glued text", glue.ReplaceAllString(text, "${1}0.000000 NoNewline: n=1${2}"))
}

func TestScriptTextIsCounted(t *testing.T) {
	r := NewReader(strings.NewReader("1.000000 Memory: total=1K\n1.000000 Custom: a=1\nhello\n\n1.000000 foo = 5\n1.000000 x 1.000000 Memory: total=2K\n"), "")
	for r.Scan() {
		if s, ok := r.Record().(*Snapshot); ok {
			equal(t, "memory", s.Memory.Total, u(1024))
			equal(t, "timers", len(s.Timers.ByName), 0)
		}
	}
	equal(t, "unparsed lines", r.Unparsed(), uint64(4))
}

// What is no log is counted as it comes, not when it ends.
func TestGarbageIsCounted(t *testing.T) {
	a := NewAssembler("")
	for range 1000 {
		a.Write([]byte("no log at all\n"))
		for a.Scan() {
		}
	}
	equal(t, "lines but for the last", a.Unparsed(), uint64(999))
}

func TestOldAndRareLines(t *testing.T) {
	s := one(t, `1.000000 Memory: total=1K
1.000000 Conns: total=1 current=1/1 ext=0 mem=0K avg=0.0 table=0K connvals=0K
1.000000 ConnCompressor: pending=0 pending_in_mem=0 full_conns=0 pending+real=0 mem=0K avg=-nan/-nan
1.000000 Triggers: total=1 pending=0
1.000000         BackdoorTimer = 2
`)
	equal(t, "2.0", s.Releases.String(), "2.0")
	equal(t, "2.0 has no threads and is whole", s.Whole(), true)
	equal(t, "timers", s.Timers.ByName, []Timer{{Name: "BackdoorTimer", Pending: 2}})

	r := NewReader(strings.NewReader(`1.000000 Memory: total=1K
1.000000 Threads: current=0
1.000000 Comm: peers=3 stores=2 store_queries=1 store_responses=0 outgoing_conn_status=0 incoming_conn_status=0 reports=0
    bro/event/x               prints dequeued=1
    bro/event/y               events dequeued=22
    bro/event/z               logs dequeued=3
1.000000 Triggers: total=1 pending=0
`), "")
	r.Scan()
	s = r.Record().(*Snapshot)
	equal(t, "2.4 with Broker", s.Releases.String(), "2.4-2.5")
	equal(t, "comm", s.Comm, Comm{Peers: u(3), Stores: u(2)})
	equal(t, "unparsed", r.Unparsed(), uint64(0))

	s = one(t, "1.000000 Memory: total=1K\n1.000000 TCP-States:"+tcpHeader+`
1.000000 TCP-States:Inact.  1234567812345678-1
1.000000 TCP-States:Syn.
1.000000 TCP-States:SA
1.000000 TCP-States:Part.
1.000000 TCP-States:Est.
1.000000 TCP-States:Fin.
1.000000 TCP-States:Rst.                                                    7
`)
	equal(t, "full cells", s.TCPStates.Cells[Inactive], [NumTCPStates]int64{12345678, 12345678, -1})
	equal(t, "last cell", s.TCPStates.Cells[Reset][Reset], int64(7))
	equal(t, "measured", s.TCPStates.Measured, true)
}

func TestTruncatedLastLine(t *testing.T) {
	text := "1.000000 Memory: total=12K total_adj=3K malloced: 4K\n1.000000 Triggers: total=12 pending=34"
	s := one(t, text)
	equal(t, "a number that may go on", s.Triggers, Triggers{Total: u(12)})
	s = one(t, text+"\n")
	equal(t, "a number that does not", s.Triggers, Triggers{Total: u(12), Pending: u(34)})
	comm := "1.000000 Comm: peers=3 stores=2 pending_queries=1 events_in=5 events_out=6 logs_in=7 logs_out=8 ids_in=9 ids_out=10"
	equal(t, "half a Comm line", one(t, text+"\n"+comm).Comm, Comm{})
	equal(t, "a Comm line without its newline", one(t, text+"\n"+comm+" ").Comm, Comm{Peers: u(3), Stores: u(2), PendingQueries: u(1), EventsIn: u(5), EventsOut: u(6), LogsIn: u(7), LogsOut: u(8), IDsIn: u(9), IDsOut: u(10)})
}

func TestRestarted(t *testing.T) {
	var restarts []int
	var last *Snapshot
	text := load(t, "7.0.11/restart/prof.run2.log") + "\n" + load(t, "7.0.11/restart/prof.run3.log")
	snapshots, _ := read(t, text)
	for i, s := range snapshots {
		if last != nil && last.Restarted(s) {
			restarts = append(restarts, i)
		}
		last = s
	}
	equal(t, "restarts", restarts, []int{8})
	equal(t, "first", snapshots[8].First, true)
	snapshots[8].First = false
	equal(t, "restarted without a command line", snapshots[7].Restarted(snapshots[8]), true)
}

func TestReaderError(t *testing.T) {
	broken := errors.New("disk on fire")
	text := load(t, "7.0.11/no-interface/prof.log")
	r := NewReader(iotest.DataErrReader(&failing{r: strings.NewReader(text), err: broken}), "prof.log")
	n := 0
	for r.Scan() {
		n++
	}
	equal(t, "snapshots before the error", n, strings.Count(text, " Memory: "))
	equal(t, "error", r.Err(), broken)
}

type failing struct {
	r   *strings.Reader
	err error
}

func (f *failing) Read(b []byte) (int, error) {
	if n, err := f.r.Read(b); err == nil {
		return n, nil
	}
	return 0, f.err
}

func TestOverlongLine(t *testing.T) {
	long := strings.Repeat("x", 3*maxRecord)
	text := "1.000000 Memory: total=1K\n1.000000 Triggers: total=1 pending=2\n" + long + " 2.000000 " + dashes + "\n2.000000 Memory: total=2K\n"
	snapshots, faults := read(t, text)
	if len(snapshots) != 2 || len(faults) != 1 || faults[0].Line != 3 {
		t.Fatalf("%d snapshots, %v", len(snapshots), faults)
	}
	equal(t, "before", snapshots[0].Triggers, Triggers{Total: u(1), Pending: u(2)})
	equal(t, "line", snapshots[1].Line, 4)
	equal(t, "after", snapshots[1].Memory.Total, u(2048))
}

func TestNoNewlineForever(t *testing.T) {
	a := NewAssembler("zero")
	piece := make([]byte, 64<<10)
	for range 1024 {
		a.Write(piece)
		for a.Scan() {
		}
	}
	if c := cap(a.buf); c > 4*maxRecord {
		t.Errorf("%d bytes kept of 64 MiB without a newline", c)
	}
}

func TestSnapshotWithoutEnd(t *testing.T) {
	a := NewAssembler("")
	line := []byte(fmt.Sprintf("1.000000   %0200d in=1 out=1 pending=0/0 (#queue r/w: in=1/1 out=1/1)\n", 1))
	a.Write([]byte("1.000000 Memory: total=1K\n"))
	var faults int
	for range 3 * maxSnapshot / len(line) {
		a.Write(line)
		for a.Scan() {
			faults++
		}
	}
	if n := len(a.Pending()[0].Threads.List); n*len(line) > maxSnapshot+len(line) || faults != 1 {
		t.Errorf("%d threads kept, %d faults", n, faults)
	}
}

func TestAssemblerPending(t *testing.T) {
	text := load(t, "7.0.11/restart/prof.run1.log")
	want, _ := read(t, text)
	a := NewAssembler("")
	var got []*Snapshot
	previous := 0
	for i := range text {
		a.Write([]byte{text[i]})
		for a.Scan() {
			s := a.Record().(*Snapshot).Clone()
			got = append(got, s)
		}
		pending := a.Pending()
		if len(pending) == 0 || !pending[0].Whole() {
			continue
		}
		p := pending[0]
		// A snapshot that calls itself whole may only gain what comes late.
		w := want[len(got)]
		if p.Memory != w.Memory || p.Triggers != w.Triggers || !reflect.DeepEqual(p.Threads, w.Threads) || !p.Comm.Empty() && p.Comm != w.Comm {
			t.Fatalf("at byte %d: half a snapshot is whole:\n got %+v\nwant %+v", i, p, w)
		}
		previous++
	}
	if previous == 0 {
		t.Error("no snapshot was ever whole")
	}
	got = append(got, a.Pending()...)
	equal(t, "snapshots", got, want)
}

func TestClone(t *testing.T) {
	s := one(t, load(t, "excerpts/zeek-docs-v9.0.0-rc1.txt"))
	c := s.Clone()
	c.Threads.List[0].In++
	c.Timers.ByName[0].Pending++
	if s.Threads.List[0].In == c.Threads.List[0].In || s.Timers.ByName[0] == c.Timers.ByName[0] {
		t.Error("a clone shares memory")
	}
}

func TestCopyFrom(t *testing.T) {
	snapshots, _ := read(t, load(t, "7.0.11/pcap/prof.log"))
	copied := &Snapshot{}
	for _, s := range snapshots {
		copied.CopyFrom(s)
		equal(t, "a copy", copied.Clone(), s)
	}
	last := snapshots[len(snapshots)-1]
	if len(last.Threads.List) == 0 {
		t.Fatal("no threads")
	}
	if copied.Threads.List[0].In++; last.Threads.List[0].In == copied.Threads.List[0].In {
		t.Error("a copy shares memory")
	}
	if n := testing.AllocsPerRun(10, func() { copied.CopyFrom(last) }); n > 0 {
		t.Errorf("%.0f allocations for a copy", n)
	}
}

func TestReleases(t *testing.T) {
	for r, want := range map[Releases]string{
		{}: "unknown", {Since: 3.1, Until: 3.0}: "unknown", {Until: 2.0}: "2.0", {Until: 5.0}: "2.0-5.0",
		{Since: 2.6, Until: 3.0}: "2.6-3.0", {Since: 6.1}: "6.1+", {Since: 2.4, Until: 2.4}: "2.4",
	} {
		t.Run(want, func(t *testing.T) {
			equal(t, "name", r.String(), want)
		})
	}
	equal(t, "narrow", Releases{Since: 2.6}.Narrow(Releases{Until: 5.0}).String(), "2.6-5.0")
	equal(t, "contradiction", Releases{Until: 2.0}.Narrow(Releases{Since: 6.2}), Releases{Since: 6.2})
}

var sinkSnapshot *Snapshot

func BenchmarkReader(b *testing.B) {
	text := []byte(load(b, "7.0.11/pcap/prof.log"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(text), "")
		for r.Scan() {
			sinkSnapshot, _ = r.Record().(*Snapshot)
		}
	}
}
