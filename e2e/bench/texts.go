package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"bro_exporter/internal/labelled"
	"bro_exporter/internal/tool"
	"bro_exporter/replay"
)

// realLog returns the text of a real log.
func realLog(path string) ([]byte, error) {
	return os.ReadFile(filepath.Join(tool.Root(), "testdata", path, "prof.log"))
}

// repeat writes texts until size is reached; next returns the i-th.
func (b *bench) repeat(name string, size int64, next func(i int) []byte) (path string, err error) {
	path = b.path(name)
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for i, written := 0, int64(0); written < size; i++ {
		n, err := file.Write(next(i))
		if err != nil {
			return "", err
		}
		written += int64(n)
	}
	return path, nil
}

var (
	threadLine  = regexp.MustCompile(`(?m)^[0-9.]+   [^ ].* \(#queue r/w:.*\n`)
	stampAtLine = regexp.MustCompile(`(?m)^[0-9]+\.[0-9]{6} `)
)

// comeAndGo returns the text with one thread missing, a different one each time.
func comeAndGo(snapshots []replay.Snapshot, i int) []byte {
	text := []byte(snapshots[i%len(snapshots)].Text)
	lines := threadLine.FindAllIndex(text, -1)
	if len(lines) == 0 {
		return text
	}
	gone := lines[i*7%len(lines)]
	return slices.Delete(text, gone[0], gone[1])
}

// newNames returns the text with a new name for each thread.
func newNames(snapshots []replay.Snapshot, i int) []byte {
	text := snapshots[i%len(snapshots)].Text
	n := 0
	return threadLine.ReplaceAllFunc([]byte(text), func(line []byte) []byte {
		n++
		stamp, rest, _ := bytes.Cut(line, []byte("   "))
		return fmt.Appendf(nil, "%s   %x-%s", stamp, i*1000+n, rest)
	})
}

// later moves the time stamps of a text by some seconds.
func later(text []byte, seconds float64) []byte {
	return stampAtLine.ReplaceAllFunc(text, func(stamp []byte) []byte {
		t, _ := strconv.ParseFloat(string(bytes.TrimSpace(stamp)), 64)
		return fmt.Appendf(nil, "%.6f ", t+seconds)
	})
}

// process opens the made log of a process of release 7.0, with its profiling_interval in seconds, and returns
// how many hours the log covers.
func process(every float64) (text io.ReadCloser, hours float64, err error) {
	cases, err := labelled.Cases(os.DirFS(filepath.Join(tool.Root(), "testdata")), 0)
	if err != nil {
		return nil, 0, err
	}
	cases = slices.DeleteFunc(cases, func(c labelled.Case) bool { return c.Text != "7.0.11" })
	longest := slices.MaxFunc(cases, func(a, b labelled.Case) int { return cmp.Compare(a.Hours, b.Hours) })
	text, err = longest.OpenEvery(every)
	return text, longest.Hours, err
}
