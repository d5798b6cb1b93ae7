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
		{name: "a suspicion", args: []string{leakingLog}, code: 1},
		{name: "none", args: []string{healthyLog}, code: 0},
		{name: "a suspicion among others", args: []string{healthyLog, leakingLog}, code: 1},
		{name: "a suspicion, but it does not matter", args: []string{"--fail-on=never", leakingLog}, code: 0},
		{name: "a suspicion, and only leaks matter", args: []string{"--fail-on=leak", leakingLog}, code: 0},
		{name: "a note that matters", args: []string{"--fail-on=note", notes}, code: 1},
		{name: "a note that does not", args: []string{notes}, code: 0},
		{name: "no such file", args: []string{"none.log"}, code: 2},
		{name: "a suspicion, and a file that is not there", args: []string{leakingLog, "none.log"}, code: 1},
		{name: "a file that is not there, and a suspicion", args: []string{"none.log", leakingLog}, code: 1},
		{name: "a suspicion that does not matter, and a file that is not there", args: []string{"--fail-on=never", leakingLog, "none.log"}, code: 2},
		{name: "nothing that is a prof.log", args: []string{"analyze_test.go"}, code: 2},
		{name: "no time", args: []string{"--since=yesterday", healthyLog}, code: 2},
		{name: "a time after the log", args: []string{"--since=2026-11-22 17:40", leakingLog}, code: 2},
		{name: "a time before its end", args: []string{"--until=2026-11-22T17:38:30Z", leakingLog}, code: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if r := proftool(t, "", append([]string{"analyze"}, test.args...)...); r.code != test.code {
				t.Errorf("code %d, want %d\n%s", r.code, test.code, r.stderr)
			}
		})
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
			Answer   string
			Findings []struct{ Kind, Level string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Processes) != 1 || got.Processes[0].Answer != "suspected" || got.Processes[0].Findings[0].Kind != "script-table" {
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
