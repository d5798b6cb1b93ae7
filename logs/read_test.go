package logs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"bro_exporter/parse"
)

// texts are real logs, and what happens to them.
func texts(t testing.TB) map[string][]byte {
	t.Helper()
	paths, _ := filepath.Glob("../testdata/*/*/prof*.log")
	excerpts, _ := filepath.Glob("../testdata/excerpts/*.txt")
	paths = append(paths, excerpts...)
	if len(paths) < 40 {
		t.Fatalf("%d logs", len(paths))
	}
	texts := map[string][]byte{}
	var all []byte
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = text
		all = append(all, text[:min(len(text), 50<<10)]...)
	}
	texts["all of them, most cut off"] = all
	texts["faults"] = bytes.ReplaceAll(texts["../testdata/3.0.14/live/prof.log"], []byte("max="), []byte("max=?"))
	texts["garbage"] = bytes.Repeat([]byte("1.000000 ------------------------\ngarbage\n"), 300)
	texts["empty"] = nil
	return texts
}

// result is what reading a log has brought.
type result struct {
	snapshots []*parse.Snapshot
	faults    []parse.SyntaxError
}

func (f *result) add(t testing.TB, snapshot *parse.Snapshot, err error) {
	t.Helper()
	var fault *parse.SyntaxError
	switch {
	case errors.As(err, &fault):
		f.faults = append(f.faults, *fault)
	case err != nil:
		t.Fatal(err)
	default:
		f.snapshots = append(f.snapshots, snapshot.Clone())
	}
}

// plain is what a parse.Reader finds.
func plain(t testing.TB, text []byte) (f result) {
	t.Helper()
	r := parse.NewReader(bytes.NewReader(text), "log")
	for r.Scan() {
		switch rec := r.Record().(type) {
		case *parse.Snapshot:
			f.add(t, rec.Clone(), nil)
		case *parse.SyntaxError:
			f.add(t, nil, rec)
		}
	}
	return f
}

func same(t *testing.T, name string, got, want result) {
	t.Helper()
	if !reflect.DeepEqual(got.faults, want.faults) {
		t.Fatalf("%s: faults\n%v\nwant\n%v", name, got.faults, want.faults)
	}
	if len(got.snapshots) != len(want.snapshots) {
		t.Fatalf("%s: %d snapshots, want %d", name, len(got.snapshots), len(want.snapshots))
	}
	for i := range got.snapshots {
		if !reflect.DeepEqual(got.snapshots[i], want.snapshots[i]) {
			t.Fatalf("%s: snapshot %d is\n%+v\nwant\n%+v", name, i, got.snapshots[i], want.snapshots[i])
		}
	}
}

func readerOf(t *testing.T, log Log, got *result) *reader[*parse.Snapshot] {
	return &reader[*parse.Snapshot]{ctx: t.Context(), log: log, convert: (*parse.Snapshot).Clone, yield: func(s *parse.Snapshot, err error) bool {
		got.add(t, s, err)
		return true
	}}
}

// A log that is parsed in pieces has the snapshots, faults and line numbers of one that is not.
func TestPieces(t *testing.T) {
	for name, text := range texts(t) {
		t.Run(name, func(t *testing.T) {
			want := plain(t, text)
			for _, step := range []int64{1, 5000, 64 << 10} {
				if step == 1 && len(text) > 100<<10 {
					continue
				}
				var got result
				var read atomic.Int64
				log := Log{Path: "log", OnRead: func(n int) { read.Add(int64(n)) }}
				err := readerOf(t, log, &got).pieces(bytes.NewReader(text), int64(len(text)), step)
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("%s in pieces of %d", name, step), got, want)
				if read.Load() != int64(len(text)) {
					t.Errorf("%s: %d bytes read of %d", name, read.Load(), len(text))
				}
			}
		})
	}
}

// FuzzPieces checks that any bytes are read the same, whole and in pieces of any size.
func FuzzPieces(f *testing.F) {
	for _, text := range texts(f) {
		f.Add(text[:min(len(text), 4000)], uint16(500))
		f.Add(text[max(0, len(text)-9000):], uint16(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, step uint16) {
		var got result
		if err := readerOf(t, Log{Path: "log"}, &got).pieces(bytes.NewReader(text), int64(len(text)), int64(step)+1); err != nil {
			t.Fatal(err)
		}
		same(t, "text", got, plain(t, text))
	})
}

func TestStream(t *testing.T) {
	for name, text := range texts(t) {
		t.Run(name, func(t *testing.T) {
			want := plain(t, text)
			for kind, in := range map[string]io.Reader{
				"plain":      bytes.NewReader(text),
				"compressed": bytes.NewReader(zipped(text)),
			} {
				var got result
				for s, err := range (Log{Path: "log", stdin: in}).Snapshots(t.Context()) {
					got.add(t, s, err)
				}
				same(t, name+" "+kind, got, want)
			}
		})
	}
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// open writes a file and returns the log it is.
func open(t *testing.T, name string, text []byte) Log {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	logs, errs := Find([]string{path}, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return logs[0]
}

// The first bytes of a file tell its compression, whatever its name and size.
func TestFiles(t *testing.T) {
	text := bytes.Repeat(texts(t)["../testdata/7.0.11/pcap/prof.log"], 24)
	if len(text) < largeSize {
		t.Fatalf("%d bytes are not enough to be parsed in pieces", len(text))
	}
	want := plain(t, text)
	for name, content := range map[string][]byte{"prof.log": text, "prof.log.gz": zipped(text), "zipped.log": zipped(text), "plain.log.gz": text} {
		t.Run(name, func(t *testing.T) {
			log := open(t, name, content)
			var got result
			for s, err := range log.Snapshots(t.Context()) {
				got.add(t, s, err)
			}
			same(t, name, got, want)
			newest, err := log.Newest(t.Context())
			last := want.snapshots[len(want.snapshots)-1].Clone()
			last.Line = 0
			if err != nil || !reflect.DeepEqual(newest, last) {
				t.Errorf("%s: the newest snapshot is\n%+v (%v), want\n%+v", name, newest, err, last)
			}
		})
	}
}

// A pipe that stays open delivers each snapshot as soon as the next one has begun.
func TestSnapshotsOfAPipeComeAtOnce(t *testing.T) {
	text := texts(t)["../testdata/7.0.11/live/prof.log"][:100<<10]
	want := plain(t, text).snapshots
	in, out := io.Pipe()
	until := make(chan int64, 1)
	go func() {
		at := int64(0)
		for end := range until {
			out.Write(text[at:end])
			at = end
		}
	}()
	const twoLines = 200 // of the next snapshot
	until <- want[1].Offset + twoLines
	i := 0
	for snapshot, err := range (Log{Path: "-", stdin: in}).Snapshots(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(snapshot.Clone(), want[i]) {
			t.Fatalf("snapshot %d is\n%+v\nwant\n%+v", i, snapshot, want[i])
		}
		if i++; i == len(want)-1 {
			break
		}
		until <- want[i+1].Offset + twoLines
	}
	close(until)
	in.Close()
}

// A log that breaks is read up to there, and the error names the line.
func TestBroken(t *testing.T) {
	text := texts(t)["../testdata/7.0.11/pcap/prof.log"]
	whole := zipped(text)
	for name, log := range map[string]Log{
		"cut off":         open(t, "prof.log.gz", whole[:len(whole)/2]),
		"garbage behind":  open(t, "prof.log.gz", append(bytes.Clone(whole), "garbage"...)),
		"damaged":         open(t, "prof.log.gz", append(append(bytes.Clone(whole[:len(whole)/2]), 0xff, 0xff, 0xff, 0xff), whole[len(whole)/2+4:]...)),
		"a stale handle":  {Path: "prof.log", stdin: io.MultiReader(bytes.NewReader(text), broken{})},
		"a broken header": open(t, "prof.log", []byte(gzipMagic+"not gzip at all")),
	} {
		t.Run(name, func(t *testing.T) {
			snapshots := 0
			var last error
			for snapshot, err := range log.Snapshots(t.Context()) {
				if last = err; snapshot != nil {
					snapshots++
				}
			}
			if last == nil || !strings.Contains(last.Error(), ": reading broke off here: ") {
				t.Errorf("%s: ended with %v", name, last)
			}
			if snapshots == 0 && name != "a broken header" {
				t.Errorf("%s: nothing was read", name)
			}
			t.Log(name, snapshots, last)
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("stale handle") }

// A file that breaks is read up to there in pieces too.
func TestBrokenPiece(t *testing.T) {
	text := texts(t)["../testdata/7.0.11/pcap/prof.log"]
	cut := len(text) * 2 / 3
	wantLine := bytes.Count(text[:cut], []byte("\n")) + 1
	want := plain(t, text[:cut])
	file := breaksAt{ReaderAt: bytes.NewReader(text), at: int64(cut)}
	var got result
	err := readerOf(t, Log{Path: "log"}, &got).pieces(file, int64(len(text)), 5000)
	if err == nil || err.Error() != fmt.Sprintf("log:%d: reading broke off here: stale handle", wantLine) {
		t.Errorf("error %v, want one in line %d", err, wantLine)
	}
	same(t, "a broken file", got, want)
}

type breaksAt struct {
	io.ReaderAt
	at int64
}

func (r breaksAt) ReadAt(b []byte, off int64) (int, error) {
	if off >= r.at {
		return 0, errors.New("stale handle")
	}
	return r.ReaderAt.ReadAt(b[:min(int64(len(b)), r.at-off)], off)
}

func TestOpenErrors(t *testing.T) {
	for _, err := range (Log{Path: "no/such/prof.log"}).Snapshots(t.Context()) {
		if err == nil || err.Error() != "no/such/prof.log: no such file or directory" {
			t.Errorf("error %v", err)
		}
	}
	if _, err := (Log{Path: "no/such/prof.log", Size: 1}).Newest(t.Context()); err == nil {
		t.Error("no error")
	}
}

// Whoever has enough, or is stopped, leaves no goroutine behind.
func TestStopping(t *testing.T) {
	text := bytes.Repeat(texts(t)["../testdata/7.0.11/pcap/prof.log"], 12)
	for _, name := range []string{"prof.log", "prof.log.gz"} {
		t.Run(name, func(t *testing.T) {
			content := text
			if name == "prof.log.gz" {
				content = zipped(text)
			}
			log := open(t, name, content)
			for snapshot := range log.Snapshots(t.Context()) {
				if snapshot == nil {
					t.Error("no snapshot")
				}
				break
			}
			ctx, stop := context.WithCancel(t.Context())
			snapshots := 0
			var last error
			for snapshot, err := range log.Snapshots(ctx) {
				stop()
				if last = err; snapshot != nil {
					snapshots++
				}
			}
			if !errors.Is(last, context.Canceled) || snapshots == 0 {
				t.Errorf("%s: %d snapshots, then %v", name, snapshots, last)
			}
			stop()
		})
	}
}

// A compressed file whose text is far larger than a log's is read to a bound, and the reason given.
func TestInflated(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	newlines := bytes.Repeat([]byte("\n"), 1<<20)
	for range 4 * anyInflation >> 20 {
		w.Write(newlines)
	}
	w.Close()
	var last error
	for _, err := range (Log{Path: "bomb", stdin: &b}).Snapshots(t.Context()) {
		last = err
	}
	if !errors.Is(last, errInflated) {
		t.Errorf("ended with %v", last)
	}
}

// No real log comes near the bound.
func TestLogsAreNotInflated(t *testing.T) {
	for name, text := range texts(t) {
		if !strings.HasPrefix(name, "../testdata/") {
			continue
		}
		if n := len(text) / len(zipped(text)); n > maxInflation/4 {
			t.Errorf("%s: %d times as large as compressed", name, n)
		}
	}
}

// Opening a pipe into which nobody writes ends when it is no longer wanted.
func TestPipeWithoutWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "prof.log")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, err := range (Log{Path: path}).Snapshots(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	}
	// The goroutine that waits for a writer ends with it.
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
}

func BenchmarkSnapshots(b *testing.B) {
	text := bytes.Repeat(texts(b)["../testdata/7.0.11/pcap/prof.log"], 60)
	path := filepath.Join(b.TempDir(), "prof.log")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range (Log{Path: path}).Snapshots(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
