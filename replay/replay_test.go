package replay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"bro_exporter/parse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logs are real logs, by path.
func logs(t testing.TB) map[string]string {
	t.Helper()
	paths, _ := filepath.Glob("../testdata/*/*/prof*.log")
	if len(paths) < 30 {
		t.Fatalf("%d logs", len(paths))
	}
	logs := map[string]string{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		logs[strings.TrimPrefix(path, "../testdata/")] = string(b)
	}
	return logs
}

func split(t testing.TB, log string) (list []Snapshot) {
	t.Helper()
	for snapshot, err := range Split(strings.NewReader(log)) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, snapshot)
	}
	return list
}

func snapshots(log string) (list []*parse.Snapshot) {
	r := parse.NewReader(strings.NewReader(log), "")
	for r.Scan() {
		if s, ok := r.Record().(*parse.Snapshot); ok {
			list = append(list, s.Clone())
		}
	}
	return list
}

// The snapshots together are the log, one for each of the parser's.
func TestSplit(t *testing.T) {
	for path, log := range logs(t) {
		var all strings.Builder
		list := split(t, log)
		for _, b := range list {
			all.WriteString(b.Text)
		}
		if all.String() != log {
			t.Errorf("%s: the snapshots are not the log", path)
		}
		list = slices.DeleteFunc(list, func(s Snapshot) bool { return s.stamp == "" }) // segment lines only
		want := snapshots(log)
		if len(list) != len(want) {
			t.Fatalf("%s: %d snapshots, the parser finds %d", path, len(list), len(want))
		}
		for i, b := range list {
			if b.Time != want[i].Time || b.First != want[i].First {
				t.Fatalf("%s: snapshot %d is of %f (%v), the parser says %f (%v)", path, i, b.Time, b.First, want[i].Time, want[i].First)
			}
		}
	}
}

// A process writes the Comm line together with the separator of its next snapshot.
func TestSnapshotsBeginWithTheCommLineBefore(t *testing.T) {
	list := split(t, logs(t)["7.0.11/live/prof.log"])
	cheap := list[2]
	if line, _, _ := strings.Cut(cheap.Text, "\n"); strings.Contains(line, " Comm: ") == strings.Contains(list[1].Text, "Total number") || !strings.HasSuffix(line, "------------------------") {
		t.Errorf("a snapshot begins with %q", line)
	}
	if !strings.HasPrefix(cheap.own(), cheap.stamp+" ------------------------\n") {
		t.Errorf("without it, it begins with %.50q", cheap.own())
	}
}

func TestSplitWhatIsNoLog(t *testing.T) {
	for _, text := range []string{"", "\n", "no log", strings.Repeat("x", 200_000) + "\nno log\n", strings.Repeat("1.000000 ------------------------\n", 9)} {
		var all strings.Builder
		for _, b := range split(t, text) {
			all.WriteString(b.Text)
		}
		if all.String() != text {
			t.Errorf("%.50q became %.50q", text, all.String())
		}
	}
	broken := errors.New("stale handle")
	var last error
	n := 0
	for b, err := range Split(io.MultiReader(strings.NewReader("1.000000 Memory: total=1K\n"), iotest.ErrReader(broken))) {
		n += len(b.Text)
		last = err
	}
	if n == 0 || !errors.Is(last, broken) {
		t.Errorf("%d bytes, %v", n, last)
	}
}

// A text longer than any snapshot does not fill the memory.
func TestSplitOfGarbage(t *testing.T) {
	var size, most int
	garbage := io.LimitReader(endless("garbage"), 3*maxSize)
	for b, err := range Split(garbage) {
		if err != nil {
			t.Fatal(err)
		}
		size += len(b.Text)
		most = max(most, len(b.Text))
	}
	if size != 3*maxSize || most > 2*maxSize+1<<20 {
		t.Errorf("%d bytes, in pieces up to %d", size, most)
	}
}

type endless string

func (e endless) Read(b []byte) (int, error) {
	return copy(b, bytes.Repeat([]byte(e), len(b)/len(e)+1)), nil
}

func opened(text string) Open {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// playback is a prof.log that is being played.
type playback struct {
	t    *testing.T
	path string
	done chan error
}

// playing plays in a synctest bubble.
func playing(t *testing.T, ctx context.Context, p Player, logs ...string) *playback {
	dir := filepath.Join(t.TempDir(), "worker-1")
	var open []Open
	for _, log := range logs {
		open = append(open, opened(log))
	}
	b := &playback{t, filepath.Join(dir, "prof.log"), make(chan error, 1)}
	go func() { b.done <- p.Play(ctx, dir, open...) }()
	return b
}

// after lets time pass and returns the file's text.
func (b *playback) after(d time.Duration) string {
	b.t.Helper()
	<-time.After(d)
	synctest.Wait()
	text, err := os.ReadFile(b.path)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

const (
	log1 = `0.000000 ------------------------
0.000000 Command line: zeek -i eth0 
0.000000 ------------------------
0.000000 Memory: total=1K
0.000000 Run-time: real=0.0
0.000000 Comm: peers=0 1500000000.000000 ------------------------
1500000000.000000 Memory: total=2K
1500000000.000000 Comm: peers=1 1500000010.250000 ------------------------
1500000010.250000 Memory: total=3K
1500000010.250000 Comm: peers=2 1500000010.250000 Global_sizes > 100k: 0K
1500000010.250000 Custom: 1500000010.250000 0.000000 n=11500000010.250000
1500000012.250000 segment-x dt=0.000001 dmem=0
1500000020.250000 ------------------------
1500000020.250000 Memory: total=4K
1500000020.250000 Comm: peers=3 `
	log2 = `0.000000 ------------------------
0.000000 Command line: zeek -i eth0 
0.000000 ------------------------
0.000000 Memory: total=9K
`
)

// Snapshots come when they came, with time stamps of now, and the Comm line one snapshot late.
func TestPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// A synctest begins in the year 2000.
		const want = `0.000000 ------------------------
0.000000 Command line: zeek -i eth0 
0.000000 ------------------------
0.000000 Memory: total=1K
0.000000 Run-time: real=0.0
0.000000 Comm: peers=0 946684800.000000 ------------------------
946684800.000000 Memory: total=2K
|946684800.000000 Comm: peers=1 946684805.125000 ------------------------
946684805.125000 Memory: total=3K
946684805.125000 Comm: peers=2 946684805.125000 Global_sizes > 100k: 0K
946684805.125000 Custom: 946684805.125000 0.000000 n=1946684805.125000
946684806.125000 segment-x dt=0.000001 dmem=0
|946684810.125000 ------------------------
946684810.125000 Memory: total=4K
946684810.125000 Comm: peers=3 `
		pieces := strings.Split(want, "|")
		b := playing(t, t.Context(), Player{Speed: 2}, log1)
		for _, step := range []struct {
			wait  time.Duration
			shown int
		}{{0, 1}, {5124 * time.Millisecond, 1}, {time.Millisecond, 2}, {4999 * time.Millisecond, 2}, {time.Millisecond, 3}} {
			if got, want := b.after(step.wait), strings.Join(pieces[:step.shown], ""); got != want {
				t.Errorf("%v later:\n%s\nwant\n%s", step.wait, got, want)
			}
		}
		if err := <-b.done; err != nil {
			t.Error(err)
		}
	})
}

// A run truncates the same file when it starts, also where a log holds another command line.
func TestRestarts(t *testing.T) {
	for name, logs := range map[string][]string{"two logs": {log1, log2}, "one log": {log1 + log2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := playing(t, t.Context(), Player{}, logs...)
				b.after(0)
				before, _ := os.Stat(b.path)
				if got := b.after(30 * time.Second); !strings.Contains(got, "total=4K") {
					t.Errorf("before the restart:\n%s", got)
				}
				if got := b.after(time.Second); got != log2 {
					t.Errorf("after the restart:\n%s", got)
				}
				after, _ := os.Stat(b.path)
				if !os.SameFile(before, after) {
					t.Error("it is another file")
				}
				if err := <-b.done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestLoopUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		b := playing(t, ctx, Player{Interval: 15 * time.Second, Loop: true}, log1)
		for range 5 {
			first := b.after(time.Second)
			if !strings.Contains(first, "total=1K") || strings.Contains(first, "total=2K") {
				t.Errorf("a run begins with\n%s", first)
			}
			if last := b.after(43 * time.Second); !strings.Contains(last, "total=3K") || strings.Contains(last, "total=4K") {
				t.Errorf("after 44 s\n%s", last)
			}
			if last := b.after(15 * time.Second); !strings.Contains(last, "total=4K") {
				t.Errorf("after 59 s\n%s", last)
			}
			<-time.After(time.Second)
		}
		stop()
		if err := <-b.done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// Playing a real log changes nothing but its times.
func TestPlayRealLogs(t *testing.T) {
	for path, log := range logs(t) {
		want := snapshots(log)
		synctest.Test(t, func(t *testing.T) {
			start := float64(time.Now().Unix())
			b := playing(t, t.Context(), Player{Speed: 1000}, log)
			if err := <-b.done; err != nil {
				t.Fatal(err)
			}
			got := snapshots(b.after(0))
			if len(got) != len(want) {
				t.Fatalf("%s: %d snapshots, want %d", path, len(got), len(want))
			}
			now := float64(time.Now().UnixMicro()) / 1e6
			for i, s := range got {
				if (s.Time == 0) != (want[i].Time == 0) || s.Time != 0 && (s.Time < start || s.Time > now) {
					t.Fatalf("%s: snapshot %d is of %f, between %f and %f", path, i, s.Time, start, now)
				}
				s.Time, s.Offset, s.Line = want[i].Time, want[i].Offset, want[i].Line
				if !reflect.DeepEqual(s, want[i]) {
					t.Fatalf("%s: snapshot %d is\n%+v\nwant\n%+v", path, i, s, want[i])
				}
			}
		})
	}
}

// A file that has taken the place of the played one is never truncated.
func TestRestartSparesAnotherFile(t *testing.T) {
	const other = "somebody else's\n"
	for name, replace := range map[string]func(path string) error{
		"a file": func(path string) error {
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			return os.WriteFile(path, []byte(other), 0o644)
		},
		"a link to a file": func(path string) error {
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			if err := os.WriteFile(path+".other", []byte(other), 0o644); err != nil {
				return err
			}
			return os.Symlink(path+".other", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := playing(t, t.Context(), Player{Loop: true}, log1)
				b.after(time.Second)
				if err := replace(b.path); err != nil {
					t.Fatal(err)
				}
				if err := <-b.done; err == nil || !strings.Contains(err.Error(), "has been replaced by another file") {
					t.Errorf("error %v", err)
				}
				if text, _ := os.ReadFile(b.path); string(text) != other {
					t.Errorf("the file holds %q, want %q", text, other)
				}
				if text, _ := os.ReadFile(b.path + ".old"); !strings.Contains(string(text), "total=4K") {
					t.Errorf("the old file holds %q, want the whole run", text)
				}
			})
		})
	}
}

// A prof.log that was moved away is made again, as after a crash.
func TestRestartAfterMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := playing(t, t.Context(), Player{}, log1, log2)
		b.after(time.Second)
		if err := os.Rename(b.path, b.path+".old"); err != nil {
			t.Fatal(err)
		}
		if err := <-b.done; err != nil {
			t.Fatal(err)
		}
		if got := b.after(0); got != log2 {
			t.Errorf("after the restart:\n%s", got)
		}
	})
}

func TestPlayErrors(t *testing.T) {
	broken := errors.New("stale handle")
	fails := func() (io.ReadCloser, error) { return nil, broken }
	breaks := func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(broken)), nil }
	for _, open := range []Open{fails, breaks} {
		if err := (Player{}).Play(t.Context(), t.TempDir(), open); !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	}
	if err := (Player{Loop: true}).Play(t.Context(), t.TempDir()); err == nil {
		t.Error("nothing is played for ever")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (Player{}).Play(t.Context(), path, opened(log1)); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// FuzzSplit checks that the snapshots together are the text, and that any text can be restamped.
func FuzzSplit(f *testing.F) {
	f.Add(log1 + log2)
	for _, log := range logs(f) {
		f.Add(log[:min(len(log), 5000)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		c := clock{speed: 3, due: time.Unix(1e9, 0)}
		for b, err := range Split(strings.NewReader(text)) {
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(b.Text)
			if got := c.restamped(b); strings.Count(got, "\n") != strings.Count(b.Text, "\n") {
				t.Fatalf("%q became %q", b.Text, got)
			}
			b.own()
		}
		if all.String() != text {
			t.Fatalf("%q became %q", text, all.String())
		}
	})
}
