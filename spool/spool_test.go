package spool

import (
	"os"
	"path/filepath"
	"reflect"
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

func TestDiscover(t *testing.T) {
	for _, test := range []struct {
		name     string
		files    []string
		patterns []string // below the directory
		want     map[string]string
	}{
		{
			"nodes, and what zeekctl keeps beside them",
			[]string{"spool/manager/prof.log", "spool/worker-1-2/prof.log", "spool/proxy-1/conn.log", "spool/tmp/prof.log",
				"spool/brokerstore/prof.log", "spool/extract_files/prof.log", "spool/stores/prof.log", "spool/debug/prof.log",
				"spool/installed-scripts-do-not-touch-x/prof.log", "spool/tmp/post-terminate-1/prof.log"},
			[]string{"spool/*/prof.log"},
			map[string]string{"manager": "spool/manager/prof.log", "worker-1-2": "spool/worker-1-2/prof.log"},
		},
		{
			"a directory that is named outright",
			[]string{"tmp/prof.log"},
			[]string{"tmp/prof.log"},
			map[string]string{"tmp": "tmp/prof.log"},
		},
		{
			"two roots with the same node",
			[]string{"bro/spool/worker-1/prof.log", "zeek/spool/worker-1/prof.log", "zeek/spool/worker-2/prof.log"},
			[]string{"*/spool/*/prof.log"},
			map[string]string{"bro/spool/worker-1": "bro/spool/worker-1/prof.log", "zeek/spool/worker-1": "zeek/spool/worker-1/prof.log",
				"worker-2": "zeek/spool/worker-2/prof.log"},
		},
		{
			"a suffix",
			[]string{"worker-1/prof.log", "worker-1/prof.txt", "worker-2/prof.txt"},
			[]string{"*/prof.*"},
			map[string]string{"worker-1/prof.log": "worker-1/prof.log", "worker-1/prof.txt": "worker-1/prof.txt", "worker-2": "worker-2/prof.txt"},
		},
		{
			"a name for one file and for several",
			[]string{"a/prof.log", "b/prof.log", "c/prof.log"},
			[]string{"sensor=a/prof.log", "x=[bc]/prof.log"},
			map[string]string{"sensor": "a/prof.log", "x:b": "b/prof.log", "x:c": "c/prof.log"},
		},
		{
			"a file that two patterns match",
			[]string{"a/prof.log"},
			[]string{"*/prof.log", "other=a/prof.log"},
			map[string]string{"a": "a/prof.log"},
		},
	} {
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
		got := map[string]string{}
		for _, f := range Find(all) {
			path, _ := filepath.Rel(dir, f.Path)
			got[f.Process] = path
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n got %v\nwant %v", test.name, got, test.want)
		}
	}
}

func TestDiscoverSymlink(t *testing.T) {
	dir := tree(t, "spool/worker-1/prof.log")
	if err := os.Symlink(filepath.Join(dir, "spool"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got := Find(patterns(dir + "/*/*/prof.log")); len(got) != 1 {
		t.Errorf("one file through two paths is %v", got)
	}
}

func TestStandalone(t *testing.T) {
	t.Chdir(tree(t, "prof.log"))
	if got := Find(DefaultPatterns()); len(got) == 0 || got[len(got)-1].Path != "prof.log" && got[0].Process != "bro" {
		t.Errorf("a process started by hand: %v", got)
	}
}

func TestParsePattern(t *testing.T) {
	for text, want := range map[string]Pattern{
		"/a/*/prof.log":        {"", "/a/*/prof.log"},
		"sensor=/a/prof.log":   {"sensor", "/a/prof.log"},
		"/a/x=y/prof.log":      {"", "/a/x=y/prof.log"},
		"eth0=/a/x=y/prof.log": {"eth0", "/a/x=y/prof.log"},
	} {
		if got, err := ParsePattern(text); got != want || err != nil {
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
