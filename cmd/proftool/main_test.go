package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"bro_exporter/internal/golden"
)

var update = flag.Bool("update", false, "rewrite golden files and the README")

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// result is what a run returned and printed.
type result struct {
	code           int
	stdout, stderr string
}

// proftool runs the program.
func proftool(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// output returns what a run prints that is expected to go well.
func output(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := proftool(t, stdin, args...)
	if r.code != 0 || r.stderr != "" {
		t.Fatalf("proftool %q: code %d\n%s", args, r.code, r.stderr)
	}
	return r.stdout
}

// expect compares got with a golden file below testdata, or writes it.
func expect(t *testing.T, name, got string) {
	t.Helper()
	golden.Expect(t, filepath.Join("testdata", name), got, *update)
}

func load(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// file writes a file and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help"}, {"-h"}} {
		out := output(t, "", args...)
		for _, c := range []string{"dump", "backfill", "replay"} {
			if !strings.Contains(out, "\n"+c+" ") || strings.Count(out, "Show help.") != 1 {
				t.Errorf("%q does not say, or not once, what %s is:\n%s", args, c, out)
			}
		}
	}
	if out := output(t, "", "--version"); !strings.HasPrefix(out, "proftool, version") {
		t.Errorf("--version: %s", out)
	}
}

func TestWrongArguments(t *testing.T) {
	for _, args := range [][]string{{"dance"}, {"dump"}, {"dump", "--speed=2", "-"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			r := proftool(t, "", args...)
			if r.code != failed || r.stdout != "" || !strings.HasSuffix(r.stderr, "; see --help\n") || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What cannot be read is reported, and the rest is read.
func TestWhatCannotBeRead(t *testing.T) {
	good := "../../testdata/excerpts/zeek-docs-v9.0.0-rc1.txt"
	want := output(t, "", "dump", good)
	text := load(t, "3.0.14/live/prof.log")
	whole := zipped(text)
	cut := file(t, "prof.log.gz", whole[:len(whole)/2])
	for name, test := range map[string]struct{ path, says string }{
		"missing":      {"no/such/prof.log", "no/such/prof.log: there is no such file: give "},
		"no prof.log":  {file(t, "conn.log", "conn conn conn\n"), "conn.log: it holds no snapshot: is it a prof.log"},
		"empty":        {file(t, "prof.log", ""), "prof.log: it holds no snapshot: "},
		"cut off":      {cut, `prof\.log\.gz:\d{4}: reading broke off here: unexpected EOF`},
		"no directory": {t.TempDir(), `: there is no prof\*\.log or`},
	} {
		for _, args := range [][]string{{"dump"}, {"dump", "--last"}} {
			t.Run(name+", "+strings.Join(args, " "), func(t *testing.T) {
				r := proftool(t, "", append(args, test.path, good)...)
				if r.code != failed || !strings.HasPrefix(r.stderr, "proftool: ") || !regexp.MustCompile(test.says).MatchString(r.stderr) || strings.Count(r.stderr, "\n") != 1 {
					t.Errorf("code %d, %s", r.code, r.stderr)
				}
				if len(args) == 1 && !strings.HasSuffix(r.stdout, want) {
					t.Error("the other file was not read")
				}
				if name == "cut off" && len(r.stdout) <= len(want) {
					t.Error("nothing was read of what could be")
				}
			})
		}
	}
}

// A line that cannot be read is reported, up to ten of a log, and is no failure.
func TestFaults(t *testing.T) {
	lines := strings.SplitAfter(load(t, "3.0.14/live/prof.log"), "\n")
	var faulty []string
	for i, line := range lines {
		if strings.Contains(line, " Timers: ") && len(faulty) < 12 {
			lines[i] = strings.Replace(line, "current=", "current=?", 1)
			faulty = append(faulty, line)
		}
	}
	r := proftool(t, "", "dump", file(t, "prof.log", strings.Join(lines, "")))
	if r.code != 0 || strings.Count(r.stderr, "\n") != maxFaults+1 || !strings.Contains(r.stderr, "prof.log: 2 more lines could not be read\n") ||
		!strings.Contains(r.stderr, "prof.log:18: not a number: ") {
		t.Errorf("code %d, %s", r.code, r.stderr)
	}
}

func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"dump", "../../testdata/7.0.11"}, nil, &stdout, &stderr); code != stopped || stderr.Len() > 0 {
		t.Errorf("code %d, %s", code, &stderr)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestCannotWrite(t *testing.T) {
	var stderr bytes.Buffer
	code := run(t.Context(), []string{"dump", "../../testdata/7.0.11"}, nil, full{}, &stderr)
	if code != failed || stderr.String() != "proftool: cannot write: no space left on device\n" {
		t.Errorf("code %d, %s", code, &stderr)
	}
}
