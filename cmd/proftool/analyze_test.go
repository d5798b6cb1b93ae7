package main

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	leakingLog = "../../testdata/3.0.14/table-leak/prof.log"
	healthyLog = "../../testdata/3.0.14/live/prof.log"
)

func TestAnalyze(t *testing.T) {
	for name, args := range map[string][]string{
		"analyze-table-leak.txt": {leakingLog},
		"analyze-unnamed.txt":    {"../../testdata/7.0.11/table-leak"},
		"analyze-cluster.txt":    {"../../testdata/7.0.11-cluster"},
	} {
		expect(t, name, proftool(t, "", append([]string{"analyze"}, args...)...).stdout)
	}
}

func TestAnalyzeExitCode(t *testing.T) {
	notes := "../../testdata/2.3.2/live/prof.log"
	for _, test := range []struct {
		name string
		args []string
		code int
	}{
		{"a leak", []string{leakingLog}, 1},
		{"none", []string{healthyLog}, 0},
		{"a leak among others", []string{healthyLog, leakingLog}, 1},
		{"a leak, but it does not matter", []string{"--fail-on=never", leakingLog}, 0},
		{"a leak, and only those matter", []string{"--fail-on=leak", leakingLog}, 1},
		{"a note that matters", []string{"--fail-on=note", notes}, 1},
		{"a note that does not", []string{notes}, 0},
		{"no such file", []string{"none.log"}, 2},
		{"a leak, and a file that is not there", []string{leakingLog, "none.log"}, 1},
		{"a file that is not there, and a leak", []string{"none.log", leakingLog}, 1},
		{"a leak that does not matter, and a file that is not there", []string{"--fail-on=never", leakingLog, "none.log"}, 2},
		{"nothing that is a prof.log", []string{"analyze_test.go"}, 2},
		{"no time", []string{"--since=yesterday", healthyLog}, 2},
		{"a time after the leak", []string{"--since=2026-11-22 17:40", leakingLog}, 0},
		{"a time before its end", []string{"--until=2026-11-22T17:38:30Z", leakingLog}, 1},
	} {
		if r := proftool(t, "", append([]string{"analyze"}, test.args...)...); r.code != test.code {
			t.Errorf("%s: code %d, want %d\n%s", test.name, r.code, test.code, r.stderr)
		}
	}
}

// A leak is not hidden by what could not be read, nor that by the leak.
func TestAnalyzeLeakAndMissingFile(t *testing.T) {
	r := proftool(t, "", "analyze", "none.log", leakingLog)
	if r.code != 1 || !strings.Contains(r.stdout, "Leak::conns_seen") || !strings.Contains(r.stderr, "none.log: there is no such file") {
		t.Errorf("code %d\n%s%s", r.code, r.stderr, r.stdout)
	}
}

// A file that breaks gives what could be read, and the line where it broke.
func TestAnalyzeBrokenArchive(t *testing.T) {
	text, err := os.ReadFile(leakingLog)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "prof.17:36:49-17:39:00.log.gz")
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(packed.String()[:packed.Len()*9/10]), 0o644); err != nil {
		t.Fatal(err)
	}
	r := proftool(t, "", "analyze", path)
	if r.code != 1 || !strings.Contains(r.stdout, "Leak::conns_seen") || !strings.Contains(r.stderr, path+":") {
		t.Errorf("code %d\n%s%s", r.code, r.stderr, r.stdout)
	}
}

func TestAnalyzeStdinAsJSON(t *testing.T) {
	r := proftool(t, load(t, "3.0.14/table-leak/prof.log"), "analyze", "--format=json", "-")
	var got struct {
		Processes []struct {
			Process  string
			Verdict  string
			Findings []struct{ Kind, Severity string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Processes) != 1 || got.Processes[0].Verdict != "leak" || got.Processes[0].Findings[0].Kind != "script-table" {
		t.Errorf("%+v", got)
	}
}

func TestAnalyzeAsHTML(t *testing.T) {
	page := proftool(t, "", "analyze", "--format=html", leakingLog).stdout
	for _, want := range []string{"<svg", "Leak::nested", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// Several logs of one process are its history.
func TestAnalyzeJoinsLogs(t *testing.T) {
	runs := "../../testdata/3.0.14/restart/"
	if _, err := os.Stat(runs); err != nil {
		runs = "../../testdata/7.0.11/restart/"
	}
	out := proftool(t, "", "analyze", "w="+runs+"prof.run1.log", "w="+runs+"prof.run2.log", "w="+runs+"prof.run3.log").stdout
	if !strings.Contains(out, "the process started 3 times") || strings.Contains(out, "PROCESS ") {
		t.Error(out)
	}
}
