package parse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// newest is what Latest looks for, found by reading everything.
func newest(snapshots []*Snapshot) (last, expensive *Snapshot) {
	for _, s := range snapshots {
		if last != nil && last.Restarted(s) {
			expensive = nil
		}
		if last = s; s.Expensive && s.Whole() {
			expensive = s
		}
	}
	return last, expensive
}

// assemble reads text with an Assembler, cut into pieces by cut.
func assemble(text []byte, cut func(rest int) int) []*Snapshot {
	a := NewAssembler("")
	var snapshots []*Snapshot
	for len(text) > 0 {
		n := cut(len(text))
		a.Write(text[:n])
		text = text[n:]
		for a.Scan() {
			if s, ok := a.Record().(*Snapshot); ok {
				snapshots = append(snapshots, s.Clone())
			}
		}
	}
	return append(snapshots, a.Pending()...)
}

// agree checks that Reader, Assembler and Latest see the same in text, however it is cut, and
// whether its lines are read as rows or not.
func agree(t *testing.T, text []byte, seed uint64) {
	t.Helper()
	sameWithoutRows(t, text)
	var want []*Snapshot
	r := NewReader(bytes.NewReader(text), "")
	for r.Scan() {
		if s, ok := r.Record().(*Snapshot); ok {
			want = append(want, s.Clone())
		}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	pieces := int(seed%64) + 1
	got := assemble(text, func(rest int) int { return min(rest, 1+random.IntN(pieces)) })
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("the assembler read %d snapshots:\n%s\nthe reader %d:\n%s", len(got), show(got), len(want), show(want))
	}
	recent, err := latest(bytes.NewReader(text), int64(len(text)), int64(seed%512)+1)
	if err != nil {
		t.Fatal(err)
	}
	last, expensive := newest(want)
	for _, s := range want {
		s.Line = 0
	}
	if !reflect.DeepEqual(recent.Newest, last) || !reflect.DeepEqual(recent.Expensive, expensive) {
		t.Fatalf("latest found\n%s\nwant\n%s", show([]*Snapshot{recent.Newest, recent.Expensive}), show([]*Snapshot{last, expensive}))
	}
	if last == nil {
		return
	}
	// Reading on from Start meets both again.
	rest := assemble(text[recent.Start:], func(rest int) int { return rest })
	last2, expensive2 := newest(rest)
	for _, pair := range [][2]*Snapshot{{last, last2}, {expensive, expensive2}} {
		if (pair[0] == nil) != (pair[1] == nil) || pair[0] != nil && pair[0].Offset != pair[1].Offset+recent.Start {
			t.Fatalf("read on from %d:\n%s\nwant\n%s", recent.Start, show(pair[1:]), show(pair[:1]))
		}
	}
}

// A source may deliver its last bytes together with its end, as gzip does.
func TestEndWithTheLastBytes(t *testing.T) {
	text := load(t, "2.3.2/live-default-interval/prof.log")
	want, _ := read(t, text)
	r := NewReader(iotest.DataErrReader(strings.NewReader(text)), "")
	for i := 0; r.Scan(); i++ {
		if got := r.Record().(*Snapshot).Clone(); !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("snapshot %d is\n%+v\nwant\n%+v", i, got, want[i])
		}
		want[i] = nil
	}
	if last := want[len(want)-1]; last != nil || r.Err() != nil {
		t.Errorf("the last snapshot was not read, %v", r.Err())
	}
}

func show(snapshots []*Snapshot) string {
	var b strings.Builder
	for _, s := range snapshots {
		if s == nil {
			fmt.Fprintln(&b, "none")
			continue
		}
		fmt.Fprintf(&b, "%+v\n", *s)
	}
	return b.String()
}

func TestAgreement(t *testing.T) {
	for _, file := range logs(t) {
		t.Run(file, func(t *testing.T) {
			text := []byte(load(t, strings.TrimPrefix(file, "../testdata/")))
			text = text[:min(len(text), 200<<10)]
			for seed := range uint64(6) {
				agree(t, text, seed*79)
				agree(t, text[:len(text)-int(seed*13)], seed*79)
			}
		})
	}
	for seed := range uint64(20) {
		agree(t, []byte(load(t, "excerpts/seed-one-line-block2.txt")), seed*17)
		agree(t, []byte(load(t, "excerpts/seed-egberts-bro-messaging-block2.txt")), seed*17)
	}
}

// seeds are the beginnings and ends of real logs, and what breaks them.
func seeds(f *testing.F) {
	f.Add([]byte("1.000000 Memory: total=1K\n1.000000 -----------------------"), uint64(3))
	rows := snapshot(nastyRows...)
	f.Add([]byte(rows+rows), uint64(500))
	for _, file := range logs(f) {
		text := load(f, strings.TrimPrefix(file, "../testdata/"))
		f.Add([]byte(text[:min(len(text), 4000)]), uint64(77))
		f.Add([]byte(text[max(0, len(text)-9000):]), uint64(200))
	}
	for _, name := range []string{"seed-one-line-block1", "seed-one-line-block2", "seed-egberts-bro-messaging-block2", "zeek-issue-1856-worker-a-2022-02-17"} {
		f.Add([]byte(load(f, "excerpts/"+name+".txt")), uint64(9))
	}
}

// FuzzReader checks that any bytes are read to their end, with every snapshot and fault in place.
func FuzzReader(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, _ uint64) {
		r := NewReader(bytes.NewReader(text), "x")
		lines := bytes.Count(text, []byte("\n")) + 1
		at := int64(-1)
		for r.Scan() {
			switch rec := r.Record().(type) {
			case *SyntaxError:
				if rec.Line < 1 || rec.Line > lines || rec.Msg == "" {
					t.Fatalf("a fault in line %d of %d", rec.Line, lines)
				}
			case *Snapshot:
				if rec.Offset <= at || !bytes.Contains(text[rec.Offset:], []byte("Memory: ")) || stampLen(text[rec.Offset:]) == 0 {
					t.Fatalf("a snapshot at %d behind one at %d", rec.Offset, at)
				}
				if n := 1 + bytes.Count(text[:rec.Offset], []byte("\n")); n != rec.Line {
					t.Fatalf("a snapshot in line %d, want %d", rec.Line, n)
				}
				at = rec.Offset
			}
		}
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
	})
}

// FuzzAssembler checks that asking for the pending snapshot changes nothing, and that a whole one
// keeps what it holds.
func FuzzAssembler(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		ask, quiet := NewAssembler("x"), NewAssembler("x")
		random := rand.New(rand.NewPCG(seed, 2))
		for rest := text; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 300))
			ask.Write(rest[:n])
			quiet.Write(rest[:n])
			rest = rest[n:]
			for quiet.Scan() {
				if !ask.Scan() || !reflect.DeepEqual(ask.Record(), quiet.Record()) {
					t.Fatal("a record changed because Pending was called")
				}
			}
			if ask.Scan() {
				t.Fatal("a record came because Pending was called")
			}
			if random.IntN(8) == 0 {
				ask.Pending()
			}
		}
		if a, b := ask.Pending(), quiet.Pending(); !reflect.DeepEqual(a, b) {
			t.Fatalf("pending differs:\n%s", show(append(a, b...)))
		}
	})
}

// FuzzLatest checks that Reader, Assembler and Latest agree.
func FuzzLatest(f *testing.F) {
	seeds(f)
	f.Fuzz(agree)
}

func TestLatestDoesNotReadAll(t *testing.T) {
	text := load(t, "7.0.11/pcap/prof.log")
	big := &repeated{text: text, n: 800}
	recent, err := Latest(big, big.size())
	if err != nil {
		t.Fatal(err)
	}
	snapshots, _ := read(t, text)
	last, expensive := newest(snapshots)
	equal(t, "newest", recent.Newest.Memory, last.Memory)
	equal(t, "expensive", recent.Expensive.Globals, expensive.Globals)
	if big.read > 1<<20 {
		t.Errorf("%d bytes read of %d", big.read, big.size())
	}
}

// Without expensive snapshots at all, the search ends.
func TestLatestGivesUp(t *testing.T) {
	cheap := "1.000000 Memory: total=1K\n1.000000 Triggers: total=1 pending=0\n1.000000 ------------------------\n"
	big := &repeated{text: cheap, n: 2_000_000}
	recent, err := Latest(big, big.size())
	if err != nil || recent.Newest == nil || recent.Expensive != nil {
		t.Fatalf("%+v, %v", recent, err)
	}
	if big.read > 3*farthest {
		t.Errorf("%d bytes read of %d", big.read, big.size())
	}
	garbage := &repeated{text: "garbage\n", n: 16 << 20}
	if recent, err = Latest(garbage, garbage.size()); err != nil || recent.Newest != nil {
		t.Fatalf("%+v, %v", recent, err)
	}
	if garbage.read > 3*farthest {
		t.Errorf("%d bytes read of garbage", garbage.read)
	}
}

func TestLatestError(t *testing.T) {
	broken := errors.New("stale handle")
	_, err := Latest(readerAt(func([]byte, int64) (int, error) { return 0, broken }), 1<<20)
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type readerAt func([]byte, int64) (int, error)

func (r readerAt) ReadAt(b []byte, at int64) (int, error) { return r(b, at) }

// repeated is a file of n times the same text, which counts what is read of it.
type repeated struct {
	text string
	n    int64
	read int64
}

func (r *repeated) size() int64 { return int64(len(r.text)) * r.n }

func (r *repeated) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if at >= r.size() {
			err = io.EOF
			break
		}
		m := copy(b[n:], r.text[at%int64(len(r.text)):])
		n += m
		at += int64(m)
	}
	r.read += int64(n)
	return n, err
}

// Once names and lists have been met, nothing is allocated for a line.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	text := []byte(load(t, "7.0.11/live/prof.log"))
	a := NewAssembler("")
	pass := func() {
		for rest := text; len(rest) > 0; {
			n := min(len(rest), 4096)
			a.Write(rest[:n])
			rest = rest[n:]
			for a.Scan() {
			}
		}
	}
	pass()
	lines := bytes.Count(text, []byte("\n"))
	if n := testing.AllocsPerRun(5, pass); n > float64(lines)/1000 {
		t.Errorf("%.0f allocations for %d lines", n, lines)
	}
}

func BenchmarkAssembler(b *testing.B) {
	text := []byte(load(b, "7.0.11/live/prof.log"))
	lines := bytes.SplitAfter(text, []byte("\n"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	a := NewAssembler("")
	for b.Loop() {
		for _, line := range lines {
			a.Write(line)
			for a.Scan() {
			}
		}
	}
}

func BenchmarkLatest(b *testing.B) {
	big := &repeated{text: load(b, "7.0.11/pcap/prof.log"), n: 800}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Latest(big, big.size()); err != nil {
			b.Fatal(err)
		}
	}
}
