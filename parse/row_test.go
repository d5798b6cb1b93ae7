package parse

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// withoutRows returns text that is read the same, but has no rows: a blank stands before each
// time stamp that begins a line.
func withoutRows(text []byte) []byte {
	var b []byte
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		if stampLen(line) > 0 {
			b = append(b, ' ')
		}
		b = append(b, line...)
	}
	return b
}

// all returns what a Reader finds in text, but for where snapshots begin, and how many lines it
// could not read.
func all(t *testing.T, text []byte) (records []Record, unparsed uint64) {
	t.Helper()
	r := NewReader(bytes.NewReader(text), "x")
	for r.Scan() {
		rec := r.Record()
		if s, ok := rec.(*Snapshot); ok {
			c := s.Clone()
			c.Offset = 0
			rec = c
		}
		records = append(records, rec)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return records, r.Unparsed()
}

// sameWithoutRows checks that rows are read as the rules for all text read them.
func sameWithoutRows(t *testing.T, text []byte) {
	t.Helper()
	got, unparsed := all(t, text)
	want, wantUnparsed := all(t, withoutRows(text))
	if unparsed != wantUnparsed {
		t.Fatalf("%d lines unparsed, want %d", unparsed, wantUnparsed)
	}
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("record %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

const (
	rowThread = "1.000000   conn/Log::WRITER_ASCII    in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)"
	rowTimer  = "1.000000         TableValTimer = 36"
	rowTable  = "1.000000                34/102 entries"
	rowHeader = "1.000000 TCP-States:" + tcpHeader
	rowInact  = "1.000000 TCP-States:Inact.                          12345678                3       "
)

// nastyRows are rows, and what is nearly one: each behind those before, and in the next snapshot
// again at the same place.
var nastyRows = []string{
	rowThread, rowThread, // two of the same name
	rowTimer, rowTable, rowHeader, rowInact,
	"1.000000 TCP-States:Syn.    x                                                       ",
	"1.000000 TCP-States:Syn.    -1                                                      ",
	"1.000000 TCP-States:Syn.     1                                                      ",
	"1.000000 TCP-States:Syn.    1 2                                                     ",
	"1.000000 TCP-States:Syn.    1                                                       \r",
	"1.000000 TCP-States:Syn.    1                                                     \n 2",
	"1.000000 TCP-States:Syn.    1",
	"1.000000 TCP-States:Est.    1                                                       ",
	strings.Replace(rowHeader, "Inact.", "Inact", 1),
	rowHeader + " ",
	"1.000000   a in=1 out=2 pending=3/4 (#queue r/w: in=5/6 out=7/8)/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   a in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000    four blanks in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000  two blanks in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   \xff\xfe\xc3/Log::WRITER_ASCII in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   two\nlines |/Input::READER_RAW in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   two\n1.000000 lines in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   NUL\x00/Log::WRITER_ASCII\x00 in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	"1.000000   " + strings.Repeat("long", 100) + " in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
	strings.Replace(rowThread, "in=41", "in=0041", 1),
	strings.Replace(rowThread, "in=41", "in=18446744073709551615", 1),
	strings.Replace(rowThread, "in=41", "in=9999999999999999999", 1),
	strings.Replace(rowThread, "in=41", "in=99999999999999999999999", 1),
	strings.Replace(rowThread, "in=41", "in=-41", 1),
	strings.Replace(rowThread, "in=41", "in=", 1),
	strings.Replace(rowThread, " out=20 pending=", " ", 1),
	strings.Replace(rowThread, " pending=0", " pendinf=0", 1),
	strings.Replace(rowThread, "0/1", "0 1", 1),
	strings.Replace(rowThread, "(#queue", "(#queuf", 1),
	strings.Replace(rowThread, "r/w: in=", "r/w:in=", 1),
	strings.Replace(rowThread, "20)", "20", 1),
	rowThread + "\r", rowThread + "   ", rowThread + "\x00", rowThread + ")", rowThread + " 1.000000 Triggers: total=1 pending=2",
	rowThread + "\n continued 5", rowThread + "\n  conn/Log::WRITER_ASCII    in=1 out=2 pending=3/4 (#queue r/w: in=5/6 out=7/8)",
	rowTimer + "\r", rowTimer + " ", rowTimer + "K", rowTimer + " x", rowTimer + "\n continued = 5", rowTimer + "\nK",
	"1.000000         TableValTimer = 0036",
	"1.000000         TableValTimer = 99999999999999999999",
	"1.000000         TableValTimer = -36",
	"1.000000         TableValTimer = ",
	"1.000000         TableValTimer =  36",
	"1.000000         TableValTimerX = 36",
	"1.000000          TableValTimer = 36",
	"1.000000        TableValTimer = 36",
	"1.000000         1.000000 = 36",
	"1.000000         7/8 = 36",
	"1.000000         \tx = 36",
	"1.000000         -x = 36",
	"1.000000          = 36",
	"1.000000         " + strings.Repeat("Timer", 100) + " = 36",
	rowTable + "\r", rowTable + " ", rowTable + "x", rowTable + ")", rowTable + "\n5/6 entries",
	"1.000000                0034/102 entries",
	"1.000000                34/99999999999999999999 entries",
	"1.000000                34/-1 entries",
	"1.000000                34 102 entries",
	"1.000000                34/102  entries",
	"1.000000                34/102 entriex",
	"1.000000                 34/102 entries",
	"1.000000               34/102 entries",
	"1.000000                Foo::bar = 35K (163/163 entries)",
	"1.000000                Foo::bar = 35K",
	"1.000000                Foo::bar = 35K\n (163/163 entries)",
	"1.000000 ", "1.000000", "1.000000  ", "", "\x00\x00\x001.000000   x",
	"1.000000   x 1.000000 " + dashes,
	"1.000000 Run-time: user+sys=1.000000 " + dashes,
	"1.000000 Triggers: total=1 pending=2",
	"1.000000 Triggers: total=1\npending=2",
	"1.000000 Triggers: total=1 pending=99999999999999999999",
	"1.000000 Triggers: total=1 x=2 pending=3 ",
	"1.000000 Conns: total=1 current=2/3 1.000000 Triggers: total=4 pending=5",
	"2.000000   conn/Log::WRITER_ASCII    in=41 out=20 pending=0/1 (#queue r/w: in=41/41 out=19/20)",
}

// snapshot returns a snapshot of the rows.
func snapshot(rows ...string) string {
	return "1.000000 " + dashes + "\n1.000000 Memory: total=1K\n" + strings.Join(rows, "\n") + "\n"
}

func TestRowsAreReadLikeAllText(t *testing.T) {
	everything := snapshot(nastyRows...)
	sameWithoutRows(t, []byte(everything+everything+everything))
	for _, a := range nastyRows {
		again := snapshot(rowHeader, rowInact, rowTimer, rowThread, a, rowThread, rowTimer, rowTable)
		sameWithoutRows(t, []byte(again+again+again))
		sameWithoutRows(t, []byte(again+snapshot(a)))
		for _, b := range nastyRows {
			text := snapshot(a, b) + snapshot(b, a) + snapshot(a, a, b) + snapshot(b, b) + snapshot(a) + strings.TrimSuffix(snapshot(a, b), "\n")
			sameWithoutRows(t, []byte(text))
		}
	}
	for _, file := range logs(t) {
		sameWithoutRows(t, []byte(load(t, strings.TrimPrefix(file, "../testdata/"))))
	}
}

// fieldRows are the lines of fields in each of their forms.
var fieldRows = []string{
	"Run-time: user+sys=53.2 user=44.6 sys=8.6 real=631.1",
	"Conns: total=14 current=9/8 ext=1 mem=48488K avg=5387.6 table=50K connvals=35K",
	"Conns: total=14 current=9/8 mem=48488K avg=5387.6 table=50K connvals=35K",
	"Conns: total=14 current=9/8",
	"Conns: tcp=7/8 udp=2/6 icmp=0/1",
	"Connections expired due to inactivity: 5",
	"Total reassembler data: 4K",
	"RuleMatcher: matchers=2 dfa_states=40 ncomputed=150 mem=62K avg_nfa_states=1",
	"RuleMatcher: matchers=11 nfa_states=466 dfa_states=11 ncomputed=0 mem=29K",
	"Timers: current=36 max=47 mem=2K lag=0.05s",
	"Timers: current=36 max=47 lag=1795368062.56s",
	"DNS_Mgr: requests=1596 succesful=1590 failed=6 pending=1 cached_hosts=2 cached_addrs=1207",
	"DNS_Mgr: requests=1596 successful=1590 failed=6 pending=1 cached_hosts=2 cached_addrs=1207",
	"Triggers: total=4900 pending=3",
	"Threads: current=12",
	"Comm: peers=3 stores=1 pending_queries=2 events_in=4 events_out=5 logs_in=6 logs_out=7 ids_in=8 ids_out=9 1.000000                34/102 entries",
	"Global_sizes > 100k: 0K",
	"Global_sizes total: 2928K",
	"Total number of table entries: 8327/8564",
}

// A line of fields with one odd byte is read as the rules for all text read it.
func TestOddFields(t *testing.T) {
	for _, row := range fieldRows {
		t.Run(row, func(t *testing.T) {
			var text strings.Builder
			for i := range row {
				for _, odd := range []string{"", " ", "\n", "\x00", "0", "9", "99999999999", "-", ".", "x", "/", "K", "=", " x=1 ", " 1.000000 ", " 1.000000 " + dashes + "\n"} {
					fmt.Fprint(&text, snapshot("1.000000 "+row[:i]+odd+row[i:]), snapshot("1.000000 "+row[:i]+odd+row[i+1:], rowTimer))
				}
			}
			sameWithoutRows(t, []byte(text.String()))
		})
	}
}

// Nearly all lines of real logs are rows: no others are searched for their end.
func TestRealLinesAreRows(t *testing.T) {
	for _, file := range logs(t) {
		t.Run(file, func(t *testing.T) {
			text := []byte(load(t, strings.TrimPrefix(file, "../testdata/")))
			long := strings.Contains(file, "/segment/") || strings.Contains(file, "/longline/") // SEGMENT_TEXT
			if n := work(text); !long && n > len(text)/4 {
				t.Errorf("%d of %d bytes are searched", n, len(text))
			}
		})
	}
}

// A row that is cut anywhere is no row yet.
func TestCutRows(t *testing.T) {
	before := snapshot(rowHeader, rowInact, rowTimer, rowThread, rowTable)
	for n := range len(before) {
		sameWithoutRows(t, []byte(before+before[:n]))
	}
}

// Rows are taken as such if they look as every release writes them.
func TestRow(t *testing.T) {
	a := NewAssembler("")
	a.Write([]byte(snapshot(rowHeader, rowInact, rowTimer, rowThread, rowTable) + snapshot()))
	for a.Scan() {
	}
	for _, test := range []struct {
		row  string
		want bool
	}{
		{row: rowHeader, want: true},
		{row: rowInact, want: true},
		{row: rowTimer, want: true},
		{row: strings.Replace(rowTimer, "36", "1234567890123456789", 1), want: true},
		{row: strings.Replace(rowTimer, "Table", "Other", 1), want: true},
		{row: strings.Replace(rowTimer, "36", "12345678901234567890", 1), want: false},
		{row: rowTable, want: true},
		{row: rowTable + " ", want: false},
		{row: rowThread, want: true},
		{row: strings.ReplaceAll(rowThread, "41", "1234567890123456789"), want: true},
		{row: strings.ReplaceAll(rowThread, "41", "12345678901234567890"), want: false},
		{row: strings.Replace(rowThread, "conn", "conm", 1), want: true},
		{row: strings.Replace(rowThread, "   conn", "    conn", 1), want: false},
		{row: strings.Replace(rowThread, "   conn", "  conn", 1), want: false},
		{row: strings.Replace(rowThread, " out=20 pending=", " ", 1), want: false},
	} {
		t.Run(test.row, func(t *testing.T) {
			p := a.p.fork()
			p.snapshot, p.columns, p.states = &Snapshot{}, true, 0
			p.snapshot.Timers.ByName = []Timer{{Name: "TableValTimer"}}[:0]
			p.snapshot.Threads.List = make([]Thread, 0, 1)
			row, end, lines := p.rows([]byte(test.row+"\n"+rowThread), 0, 0, []byte("1.000000"))
			if got := end == len(test.row)+1; got != test.want || got != (lines == 1) || row != 0 {
				t.Errorf("%s: taken to %d", test.row, end)
			}
		})
	}
}

func TestRowsOfAnotherProcess(t *testing.T) {
	thread := func(name string, n int) string {
		return fmt.Sprintf("1.000000   %-25s in=%d out=2 pending=3/4 (#queue r/w: in=5/6 out=7/8)", name, n)
	}
	text := snapshot(thread("a", 1), thread("b", 2), thread("c", 3)) + snapshot(thread("b", 4), thread("c", 5)) + snapshot(thread("a", 6), thread("b", 7), thread("a", 8))
	snapshots, _ := read(t, text)
	var got []string
	for _, s := range snapshots {
		for _, th := range s.Threads.List {
			got = append(got, fmt.Sprint(th.Name, th.In))
		}
	}
	equal(t, "threads", strings.Join(got, " "), "a1 b2 c3 b4 c5 a6 b7 a8")
}

// What makes a line too long for a record makes it too long for a row.
func TestOverlongRows(t *testing.T) {
	name := strings.Repeat("x", maxRecord-100)
	thread := func(n string) string {
		return strings.ReplaceAll("1.000000   "+name+" in=N out=N pending=N/N (#queue r/w: in=N/N out=N/N)", "N", n)
	}
	timer := func(n string) string { return "1.000000         " + name + strings.Repeat("x", 75) + " = " + n }
	most := strings.Repeat("9", maxDigits)
	before := snapshot(thread("1"), timer("1"))
	sameWithoutRows(t, []byte(before+before+before+snapshot(thread(most), timer(most))))
}

// What looks like a row in the middle of a line that is too long is none.
func TestRowInOverlongLine(t *testing.T) {
	kept := len(lastBytes(make([]byte, maxRecord)))
	a := NewAssembler("")
	for _, piece := range []string{
		strings.Repeat(snapshot(rowThread), 3) + snapshot(),
		strings.Repeat("x", maxRecord) + rowThread[:kept],
		rowThread[kept:] + "\n",
	} {
		a.Write([]byte(piece))
		for a.Scan() {
		}
	}
	equal(t, "threads", len(a.Pending()[0].Threads.List), 0)
}

func TestSnapshotOfRowsWithoutEnd(t *testing.T) {
	const memory, row = "1.000000 Memory: total=1K\n", rowTable + "\n"
	snapshots, faults := read(t, memory+strings.Repeat(row, 2*maxSnapshot/len(row)))
	equal(t, "tables", len(snapshots[0].Globals.List), 1+(maxSnapshot-len(memory))/len(row))
	equal(t, "faults", len(faults), 1)
}

// If a thread comes or goes, the parser finds those after it next to their old place.
func TestThreadsComeAndGo(t *testing.T) {
	var text bytes.Buffer
	for i, names := range []string{"abcdef", "abdef", "abcdef", "xabcdef", "bcdefx", "fedcba", "aabcdef", "abcdef"} {
		fmt.Fprintf(&text, "%d.000000 Memory: total=1K\n", i+1)
		for k, name := range names {
			fmt.Fprintf(&text, "%d.000000   %c/Log::WRITER_ASCII in=%d out=2 pending=0/1 (#queue r/w: in=3/4 out=5/6)\n", i+1, name, k)
		}
		fmt.Fprintf(&text, "%d.000000 Comm: peers=0\n", i+1)
	}
	sameWithoutRows(t, text.Bytes())
	records, _ := all(t, text.Bytes())
	got := ""
	for _, th := range records[3].(*Snapshot).Threads.List {
		got += th.Name[:1]
	}
	equal(t, "names of the fourth snapshot", got, "xabcdef")
}
