package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// asNobody lets the test, if it runs as root, do only what any user may, in dir.
func asNobody(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error { return os.Chown(path, nobody, nobody) })
	if err != nil {
		t.Fatal(err)
	}
	for d := dir; d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Setreuid(-1, nobody); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Setreuid(-1, 0); err != nil {
			t.Error(err)
		}
	})
}

func forbid(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
}

// A directory that may not be read is reported, and what can be told of it is.
func TestFindReportsWhatItCannotRead(t *testing.T) {
	for _, test := range []struct {
		name       string
		forbidden  string
		pattern    string
		want       map[string]string
		unreadable []string
		says       string
	}{
		{
			name: "a node", forbidden: "spool/worker-2", pattern: "spool/*/prof.log",
			want:       map[string]string{"worker-1": "spool/worker-1/prof.log", "worker-2": "spool/worker-2/prof.log"},
			unreadable: []string{"spool/worker-2"},
			says:       "found 1 prof.log",
		},
		{
			name: "the spool directory", forbidden: "spool", pattern: "spool/*/prof.log",
			unreadable: []string{"spool"},
			says:       "cannot read DIR/spool: permission denied: run the exporter as a user who may, such as the one Zeek runs as",
		},
		{
			name: "a directory above", forbidden: ".", pattern: "spool/*/prof.log",
			unreadable: []string{"."},
			says:       "cannot read DIR: permission denied: run the exporter as a user who may, such as the one Zeek runs as",
		},
		{
			name: "a file named outright", forbidden: "spool/worker-2", pattern: "spool/worker-2/prof.log",
			want:       map[string]string{"worker-2": "spool/worker-2/prof.log"},
			unreadable: []string{"spool/worker-2"},
			says:       "cannot read DIR/spool/worker-2: permission denied: run the exporter as a user who may, such as the one Zeek runs as",
		},
		{
			name: "a directory of zeekctl's own", forbidden: "spool/tmp", pattern: "spool/*/prof.log",
			want: map[string]string{"worker-1": "spool/worker-1/prof.log", "worker-2": "spool/worker-2/prof.log"},
			says: "found 2 prof.logs",
		},
		{
			name: "anybody's directory", forbidden: "spool/worker-2", pattern: ".",
			want:       map[string]string{"worker-1": "spool/worker-1/prof.log"},
			unreadable: []string{"spool/worker-2"},
			says:       "found 1 prof.log",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := tree(t, "spool/worker-1/prof.log", "spool/worker-2/prof.log", "spool/tmp/prof.log")
			asNobody(t, dir)
			forbid(t, filepath.Join(dir, test.forbidden))
			r := NewFinder(patterns(filepath.Join(dir, test.pattern))).Find()
			if got := below(dir, r.Files); !maps.Equal(got, test.want) {
				t.Errorf("found %v, want %v", got, test.want)
			}
			var unreadable []string
			for _, u := range r.Unreadable() {
				path, _ := filepath.Rel(dir, u.Path)
				unreadable = append(unreadable, path)
				if !errors.Is(u.Err, fs.ErrPermission) {
					t.Errorf("%s: %v", path, u.Err)
				}
			}
			if !slices.Equal(unreadable, test.unreadable) {
				t.Errorf("unreadable are %v, want %v", unreadable, test.unreadable)
			}
			if got := strings.ReplaceAll(r.Searched[0].String(), dir, "DIR"); got != test.says {
				t.Errorf("says %q, want %q", got, test.says)
			}
		})
	}
}

func TestFindTellsWhyThereIsNothing(t *testing.T) {
	dir := tree(t, "spool/worker-1/conn.log")
	for pattern, want := range map[string]string{
		"spool/*/prof.log": "DIR/spool holds no prof.log: add '@load misc/profiling' to local.zeek and deploy",
		"bro/*/prof.log":   "there is no DIR/bro",
		"spool":            "DIR/spool holds no prof.log: add '@load misc/profiling' to local.zeek and deploy",
	} {
		t.Run(pattern, func(t *testing.T) {
			r := NewFinder(patterns(filepath.Join(dir, pattern))).Find()
			if got := strings.ReplaceAll(r.Searched[0].String(), dir, "DIR"); got != want {
				t.Errorf("says %q, want %q", got, want)
			}
		})
	}
}

// What is found is what filepath.Glob finds.
func TestFindAgreesWithGlob(t *testing.T) {
	dir := tree(t, "a/b/c", "a/bb/c", "a/.h/c", "a/[x]/c", `a/x*y/c`, "ab/b/d", "f", "a/f")
	if err := os.Symlink("a", filepath.Join(dir, "l")); err != nil {
		t.Fatal(err)
	}
	for _, glob := range []string{"*", "*/*/c", "a/?/c", "a/[ab]*/c", `a/\[x\]/c`, `a/x\*y/c`, "a/b/c", "f/*", "*/f", "l/*/c", "none/*", "a/none", "*/b/[cd]", "./*/b/c", "a//*/c"} {
		t.Run(glob, func(t *testing.T) {
			t.Chdir(dir)
			for _, glob := range []string{glob, dir + "/" + glob} {
				want, err := filepath.Glob(glob)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, p := range newWalk(Pattern{Glob: glob}).places {
					if p.exists {
						got = append(got, p.path)
					}
				}
				for i, path := range want {
					want[i] = filepath.Clean(path)
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s: got %q, want %q", glob, got, want)
				}
			}
		})
	}
}

// A name that was given stays, whoever comes and goes.
func TestNamesStay(t *testing.T) {
	dir := tree(t, "bro/worker-1/prof.log", "bro/worker-2/prof.log")
	f := NewFinder(patterns(dir + "/*/*/prof.log"))
	find := func(want map[string]string) {
		t.Helper()
		if got := below(dir, f.Find().Files); !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	find(map[string]string{"worker-1": "bro/worker-1/prof.log", "worker-2": "bro/worker-2/prof.log"})
	write := func(path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("zeek/worker-1/prof.log")
	both := map[string]string{"worker-1": "bro/worker-1/prof.log", "zeek/worker-1": "zeek/worker-1/prof.log", "worker-2": "bro/worker-2/prof.log"}
	find(both)
	if err := os.RemoveAll(filepath.Join(dir, "bro")); err != nil {
		t.Fatal(err)
	}
	find(map[string]string{"zeek/worker-1": "zeek/worker-1/prof.log"})
	write("bro/worker-1/prof.log")
	write("bro/worker-2/prof.log")
	find(both)
}

// A name that the pattern gives goes on to the next file.
func TestGivenNameGoesOn(t *testing.T) {
	dir := tree(t, "run-1/prof.log")
	f := NewFinder([]Pattern{{Name: "sensor", Glob: dir + "/*/prof.log"}})
	for _, run := range []string{"run-1", "run-2", "run-3"} {
		if got, want := below(dir, f.Find().Files), (map[string]string{"sensor": run + "/prof.log"}); !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		next := fmt.Sprintf("run-%c", run[4]+1)
		if err := os.Rename(filepath.Join(dir, run), filepath.Join(dir, next)); err != nil {
			t.Fatal(err)
		}
	}
}

// A name depends on the directories there are, not on who is up in them.
func TestNameDoesNotDependOnWhoIsUp(t *testing.T) {
	dir := tree(t, "bro/worker-1/prof.log", "zeek/worker-1/conn.log")
	got := below(dir, NewFinder(patterns(dir+"/*/*/prof.log")).Find().Files)
	if want := map[string]string{"bro/worker-1": "bro/worker-1/prof.log"}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The names of prof.logs that are no more are not kept for ever.
func TestNamesAreBounded(t *testing.T) {
	n := newNames()
	for i := range 3 * maxNames {
		path := fmt.Sprintf("worker-%d/prof.log", i)
		n.give([]place{{path: path, process: ProcessName(path), exists: true}})
	}
	if len(n.given) > maxNames+1 || len(n.holder) != len(n.given) {
		t.Errorf("%d names are kept", len(n.given))
	}
}
