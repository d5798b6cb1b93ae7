package spool

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes empty files and returns the directory they are in.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	for _, test := range []struct {
		name     string
		files    []string
		patterns []string // below the directory
		want     map[string]string
	}{
		{
			name: "nodes, and what zeekctl keeps beside them",
			files: []string{"spool/manager/prof.log", "spool/worker-1-2/prof.log", "spool/proxy-1/conn.log", "spool/tmp/prof.log",
				"spool/brokerstore/prof.log", "spool/extract_files/prof.log", "spool/stores/prof.log", "spool/debug/prof.log",
				"spool/installed-scripts-do-not-touch-x/prof.log", "spool/tmp/post-terminate-1/prof.log"},
			patterns: []string{"spool/*/prof.log"},
			want:     map[string]string{"manager": "spool/manager/prof.log", "worker-1-2": "spool/worker-1-2/prof.log"},
		},
		{
			name:     "a directory that is named outright",
			files:    []string{"tmp/prof.log"},
			patterns: []string{"tmp/prof.log"},
			want:     map[string]string{"tmp": "tmp/prof.log"},
		},
		{
			name:     "two roots with the same node",
			files:    []string{"bro/spool/worker-1/prof.log", "zeek/spool/worker-1/prof.log", "zeek/spool/worker-2/prof.log"},
			patterns: []string{"*/spool/*/prof.log"},
			want: map[string]string{"bro/spool/worker-1": "bro/spool/worker-1/prof.log", "zeek/spool/worker-1": "zeek/spool/worker-1/prof.log",
				"worker-2": "zeek/spool/worker-2/prof.log"},
		},
		{
			name:     "a suffix",
			files:    []string{"worker-1/prof.log", "worker-1/prof.txt", "worker-2/prof.txt"},
			patterns: []string{"*/prof.*"},
			want:     map[string]string{"worker-1/prof.log": "worker-1/prof.log", "worker-1/prof.txt": "worker-1/prof.txt", "worker-2": "worker-2/prof.txt"},
		},
		{
			name:     "a name for one file and for several",
			files:    []string{"a/prof.log", "b/prof.log", "c/prof.log"},
			patterns: []string{"sensor=a/prof.log", "x=[bc]/prof.log"},
			want:     map[string]string{"sensor": "a/prof.log", "x:b": "b/prof.log", "x:c": "c/prof.log"},
		},
		{
			name:     "a file that two patterns match",
			files:    []string{"a/prof.log"},
			patterns: []string{"*/prof.log", "other=a/prof.log"},
			want:     map[string]string{"a": "a/prof.log"},
		},
		{
			name:     "a directory: what is in it and two levels below, but not what zeekctl has put away",
			files:    []string{"zeek/prof.log", "zeek/spool/worker-1/prof.log", "zeek/spool/tmp/prof.log", "zeek/spool/x/y/prof.log", "zeek/spool/worker-1/conn.log"},
			patterns: []string{"zeek"},
			want:     map[string]string{"zeek": "zeek/prof.log", "worker-1": "zeek/spool/worker-1/prof.log"},
		},
		{
			name:     "a name that is no UTF-8 and one that differs in that alone",
			files:    []string{"spool/a\xff/prof.log", "spool/a\xfe/prof.log", "spool/a\ufffd/prof.log"},
			patterns: []string{"spool/*/prof.log"},
			want:     map[string]string{`a\xff`: "spool/a\xff/prof.log", `a\xfe`: "spool/a\xfe/prof.log", "a\ufffd": "spool/a\ufffd/prof.log"},
		},
		{
			name:     "names that would control a terminal",
			files:    []string{"spool/a\x1b[31m/prof.log", "spool/a\n/prof.log", "spool/\u202eb/prof.log"},
			patterns: []string{"spool/*/prof.log"},
			want:     map[string]string{`a\u001b[31m`: "spool/a\x1b[31m/prof.log", `a\u000a`: "spool/a\n/prof.log", `\u202eb`: "spool/\u202eb/prof.log"},
		},
		{
			name:     "a name that looks like an invalid one",
			files:    []string{"spool/a\xff/prof.log", `spool/a\xff/prof.log`},
			patterns: []string{"spool/*/prof.log"},
			want:     map[string]string{`a\xff`: `spool/a\xff/prof.log`, `spool/a\xff`: "spool/a\xff/prof.log"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := tree(t, test.files...)
			var all []Pattern
			for _, text := range test.patterns {
				p, err := ParsePattern(text)
				if err != nil {
					t.Fatal(err)
				}
				p.Glob = filepath.Join(dir, p.Glob)
				all = append(all, p)
			}
			if got := below(dir, NewFinder(all).Find().Files); !maps.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}

// below returns the paths below dir, by process.
func below(dir string, files []File) map[string]string {
	found := map[string]string{}
	for _, f := range files {
		found[f.Process], _ = filepath.Rel(dir, f.Path)
	}
	return found
}

func TestFindThroughSymlink(t *testing.T) {
	dir := tree(t, "spool/worker-1/prof.log")
	if err := os.Symlink(filepath.Join(dir, "spool"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got := NewFinder(patterns(dir + "/*/*/prof.log")).Find().Files; len(got) != 1 {
		t.Errorf("one file through two paths is %v", got)
	}
}

func TestStandalone(t *testing.T) {
	t.Chdir(tree(t, "prof.log"))
	if got := NewFinder(DefaultPatterns()).Find().Files; len(got) == 0 || got[len(got)-1].Path != "prof.log" && got[0].Process != "bro" {
		t.Errorf("a process started by hand: %v", got)
	}
}

func TestParsePattern(t *testing.T) {
	for text, want := range map[string]Pattern{
		"/a/*/prof.log":        {Glob: "/a/*/prof.log"},
		"sensor=/a/prof.log":   {Name: "sensor", Glob: "/a/prof.log"},
		"/a/x=y/prof.log":      {Glob: "/a/x=y/prof.log"},
		"eth0=/a/x=y/prof.log": {Name: "eth0", Glob: "/a/x=y/prof.log"},
	} {
		if got, err := ParsePattern(text); got != want || err != nil || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "name=", "/a/[/prof.log", `/a\`} {
		if _, err := ParsePattern(text); err == nil || !strings.Contains(err.Error(), "pattern") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func patterns(globs ...string) []Pattern {
	var p []Pattern
	for _, g := range globs {
		p = append(p, Pattern{Glob: g})
	}
	return p
}
