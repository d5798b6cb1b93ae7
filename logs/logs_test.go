package logs

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree makes files and works in their directory.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, []byte("text"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFind(t *testing.T) {
	for _, test := range []struct {
		name      string
		files     []string
		arguments []string
		want      []string // PROCESS PATH
	}{
		{
			name:      "a node's log",
			files:     []string{"spool/worker-1/prof.log"},
			arguments: []string{"spool/worker-1/prof.log"},
			want:      []string{"worker-1 spool/worker-1/prof.log"},
		},
		{
			name: "a spool directory, with what zeekctl has moved away",
			files: []string{"spool/worker-1/prof.log", "spool/worker-1/conn.log", "spool/manager/prof.log",
				"spool/tmp/post-terminate-worker-1-2026-11-22-14-00-00-4711-crash/prof.log"},
			arguments: []string{"spool"},
			want: []string{"manager spool/manager/prof.log",
				"post-terminate-worker-1-2026-11-22-14-00-00-4711-crash spool/tmp/post-terminate-worker-1-2026-11-22-14-00-00-4711-crash/prof.log",
				"worker-1 spool/worker-1/prof.log"},
		},
		{
			name: "archives",
			files: []string{"logs/2026-11-21/prof.14:00:00-15:00:00.log.gz", "logs/2026-11-22/prof.14:00:00-15:00:00.log.gz",
				"logs/2026-11-22/prof.15:00:00-16:00:00.log.gz", "logs/2026-11-22/conn.15:00:00-16:00:00.log.gz"},
			arguments: []string{"logs"},
			want: []string{"2026-11-21/prof.14:00:00-15:00:00 logs/2026-11-21/prof.14:00:00-15:00:00.log.gz",
				"2026-11-22/prof.14:00:00-15:00:00 logs/2026-11-22/prof.14:00:00-15:00:00.log.gz",
				"2026-11-22/prof.15:00:00-16:00:00 logs/2026-11-22/prof.15:00:00-16:00:00.log.gz"},
		},
		{
			name:      "archives of one process",
			files:     []string{"logs/2026-11-21/prof.14:00:00-15:00:00.log.gz", "logs/2026-11-22/prof.14:00:00-15:00:00.log.gz"},
			arguments: []string{"worker-1=logs/*/prof.*.log.gz"},
			want:      []string{"worker-1 logs/2026-11-21/prof.14:00:00-15:00:00.log.gz", "worker-1 logs/2026-11-22/prof.14:00:00-15:00:00.log.gz"},
		},
		{
			name:      "copies of runs",
			files:     []string{"restart/prof.run1.log", "restart/prof.run2.log"},
			arguments: []string{"restart"},
			want:      []string{"restart/prof.run1 restart/prof.run1.log", "restart/prof.run2 restart/prof.run2.log"},
		},
		{
			name:      "what was mailed, and a log in the working directory",
			files:     []string{"mail.txt", "Downloads/mail.txt", "prof.log"},
			arguments: []string{"mail.txt", "Downloads/mail.txt", "prof.log"},
			want:      []string{"mail mail.txt", "Downloads/mail Downloads/mail.txt", "bro prof.log"},
		},
		{
			name:      "equal names",
			files:     []string{"a/worker-1/prof.log", "b/worker-1/prof.log.gz"},
			arguments: []string{"b", "a"},
			want:      []string{"b/worker-1 b/worker-1/prof.log.gz", "a/worker-1 a/worker-1/prof.log"},
		},
		{
			name:      "a pattern that also matches directories",
			files:     []string{"spool/worker-1/prof.log", "spool/worker-2/prof.log"},
			arguments: []string{"spool/worker-?"},
			want:      []string{"worker-1 spool/worker-1/prof.log", "worker-2 spool/worker-2/prof.log"},
		},
		{
			name:      "a file named twice",
			files:     []string{"a/prof.log"},
			arguments: []string{"a", "./a/prof.log", "a/../a/prof.log"},
			want:      []string{"a a/prof.log"},
		},
		{
			name:      "a file under two given names",
			files:     []string{"a/prof.log"},
			arguments: []string{"w1=a/prof.log", "w2=a", "w1=a", "a"},
			want:      []string{"w1 a/prof.log", "w2 a/prof.log"},
		},
		{
			name:      "standard input",
			files:     nil,
			arguments: []string{"-", "-", "worker-1=-"},
			want:      []string{"stdin -"},
		},
		{
			name:      "a file whose name looks like more than that",
			files:     []string{"a=b/prof.log", "x[1].log"},
			arguments: []string{"a=b/prof.log", "x[1].log"},
			want:      []string{"a=b a=b/prof.log", "x[1] x[1].log"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree(t, test.files...)
			logs, errs := Find(test.arguments, strings.NewReader(""))
			if len(errs) > 0 {
				t.Error(errs)
			}
			var got []string
			for _, l := range logs {
				got = append(got, l.Process+" "+l.Path)
				if l.Path != "-" && l.Size != 4 {
					t.Errorf("%s has %d bytes", l.Path, l.Size)
				}
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestFindFollowsALinkToADirectory(t *testing.T) {
	tree(t, "spool/manager/prof.log")
	if err := os.Symlink("spool/manager", "current"); err != nil {
		t.Fatal(err)
	}
	logs, errs := Find([]string{"current"}, nil)
	if len(errs) > 0 || len(logs) != 1 || logs[0].Process != "current" {
		t.Errorf("%v, %v", logs, errs)
	}
}

// An argument that names no file gives an error of one line, and affects no other.
func TestFindErrors(t *testing.T) {
	tree(t, "a/prof.log", "empty/conn.log")
	logs, errs := Find([]string{"nothing.log", "a", "no*match", "empty", "b[/prof.log", "x="}, nil)
	if len(logs) != 1 {
		t.Errorf("found %v", logs)
	}
	for i, want := range []string{
		"nothing.log: there is no such file: give ",
		"no*match: no file matches",
		"empty: there is no prof*.log",
		"b[/prof.log: syntax error in pattern: a [ needs its ]",
		`"x=" names no file: write it as [NAME=]FILE`,
	} {
		if i >= len(errs) || !strings.HasPrefix(errs[i].Error(), want) || strings.Contains(errs[i].Error(), "\n") {
			t.Errorf("errors %q, want %q", errs, want)
		}
	}
}

// A directory that a pattern matches and that cannot be read hides no other, and is named.
func TestFindNamesUnreadableDirectories(t *testing.T) {
	tree(t, "spool/worker-1/prof.log")
	if err := os.Symlink("worker-2", "spool/worker-2"); err != nil { // a link to itself
		t.Fatal(err)
	}
	logs, errs := Find([]string{"spool/*/prof.log"}, nil)
	if len(logs) != 1 || logs[0].Process != "worker-1" {
		t.Errorf("found %v", logs)
	}
	if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "spool") {
		t.Errorf("errors %v", errs)
	}
}
