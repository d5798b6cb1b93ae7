package dashboards_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bro_exporter/internal/labelled"
	"bro_exporter/parse"
)

// log is the text of a prof.log, or of several that a process has written one after the other.
type log func(t testing.TB) io.ReadCloser

// snapshots reads a log. The next snapshot overwrites the last.
func (l log) snapshots(t testing.TB, add func(*parse.Snapshot)) {
	t.Helper()
	text := l(t)
	defer text.Close()
	r := parse.NewReader(text, "")
	for r.Scan() {
		if snapshot, ok := r.Record().(*parse.Snapshot); ok {
			add(snapshot)
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
}

// realLog is what a real Bro has written: paths in testdata.
func realLog(paths ...string) log {
	return func(t testing.TB) io.ReadCloser {
		t.Helper()
		var all bytes.Buffer
		for _, path := range paths {
			text, err := os.ReadFile(filepath.Join("../testdata", path, "prof.log"))
			if err != nil {
				text, err = os.ReadFile(filepath.Join("../testdata", path))
			}
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
			all.WriteByte('\n') // which the last line of a clean exit lacks
		}
		return io.NopCloser(&all)
	}
}

// replaced is a log in which a text is another: what no real log at hand shows.
func (l log) replaced(old, with string) log {
	return func(t testing.TB) io.ReadCloser {
		t.Helper()
		text := l(t)
		defer text.Close()
		b, err := io.ReadAll(text)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(b, []byte(old)) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return io.NopCloser(bytes.NewReader(bytes.ReplaceAll(b, []byte(old), []byte(with))))
	}
}

// labelledLogs returns the logs of the labelled set by their names.
func labelledLogs(t testing.TB) func(name string) log {
	t.Helper()
	cases, err := labelled.Cases(os.DirFS("../testdata"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) log {
		return func(t testing.TB) io.ReadCloser {
			t.Helper()
			i := slices.IndexFunc(cases, func(c labelled.Case) bool { return c.Name == name })
			if i < 0 {
				t.Fatalf("no labelled log %s", name)
			}
			text, err := cases[i].Open()
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
}

// seedMemory is the memory series of the document that this project began with, as long as it grows:
// its values, four hours apart, a straight line between them, and its line of connections, in
// snapshots of five minutes. The document does not tell how far apart the values were.
func seedMemory(t testing.TB) io.ReadCloser {
	t.Helper()
	text := read(t, "testdata/seed-memory.txt")
	var totals []float64
	for _, m := range regexp.MustCompile(`total=(\d+)K`).FindAllStringSubmatch(text, -1) {
		total, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		totals = append(totals, total)
	}
	totals = slices.Compact(totals)
	conns := regexp.MustCompile(`Conns: .*`).FindString(text)
	const between, apart = 4 * 3600, 300
	var b strings.Builder
	for at := 0; at < (len(totals)-1)*between; at += apart {
		before, part := at/between, float64(at%between)/between
		total := totals[before] + part*(totals[before+1]-totals[before])
		for _, line := range []string{
			"------------------------",
			fmt.Sprintf("Memory: total=%.0fK total_adj=0K malloced: 0K", total),
			fmt.Sprintf("Run-time: user+sys=0.0 user=0.0 sys=0.0 real=%d.0", at),
			conns,
		} {
			fmt.Fprintf(&b, "%d.000000 %s\n", 1400000000+at, line)
		}
	}
	return io.NopCloser(strings.NewReader(b.String()))
}
