package collector

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"bro_exporter/internal/spooltest"
)

// program starts a process that is called name, waits, and does nothing.
func program(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

func writePid(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ".pid"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// findProcess returns the process that runs in dir.
func findProcess(t *testing.T, dir string) *LiveProcess {
	t.Helper()
	f := processFinder{dir: dir}
	f.update(time.Now())
	return f.live
}

func TestFindProcess(t *testing.T) {
	dir := t.TempDir()
	zeek := program(t, "zeek")
	writePid(t, dir, strconv.Itoa(zeek.Process.Pid)+"\n")
	live := findProcess(t, dir)
	// It has no memory before its program is loaded.
	for deadline := time.Now().Add(time.Minute); live != nil && live.Resident == 0 && time.Now().Before(deadline); {
		live = findProcess(t, dir)
	}
	if live == nil {
		t.Fatal("a running zeek is not found")
	}
	if live.Resident <= 0 || live.Virtual < live.Resident || live.FDs < 3 || time.Since(live.Start) > time.Minute || time.Since(live.Start) < -time.Second {
		t.Errorf("%+v", live)
	}
	// The number of a process that has started after .pid was written is another's.
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, ".pid"), long, long); err != nil {
		t.Fatal(err)
	}
	if findProcess(t, dir) != nil {
		t.Error("a zeek that took over the number is taken for the old one")
	}
	writePid(t, dir, strconv.Itoa(zeek.Process.Pid))
	zeek.Process.Kill()
	zeek.Wait()
	if findProcess(t, dir) != nil {
		t.Error("a process that is gone is found")
	}
	writePid(t, dir, strconv.Itoa(program(t, "vim").Process.Pid))
	if findProcess(t, dir) != nil {
		t.Error("another program is taken for zeek")
	}
	for _, text := range []string{"", "x", "-1", "0", "99999999999999999999", string(make([]byte, 1000))} {
		if writePid(t, dir, text); findProcess(t, dir) != nil {
			t.Errorf("a .pid of %q names a process", text)
		}
	}
	if findProcess(t, filepath.Join(dir, "none")) != nil {
		t.Error("no .pid names a process")
	}
}

func TestLiveProcess(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	bro := program(t, "bro")
	writePid(t, worker.Dir, strconv.Itoa(bro.Process.Pid))
	worker.Start(spooltest.Load(t, "2.3.2/live/prof.log"))
	worker.Write(2)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	all := w.series()
	for _, name := range []string{"resident_memory_bytes", "virtual_memory_bytes", "cpu_seconds_total", "open_fds", "start_time_seconds"} {
		if _, ok := all["bro_process_"+name+" process=worker-1"]; !ok {
			t.Errorf("no bro_process_%s", name)
		}
	}
}

// A process whose .pid is as odd as its log must not hurt.
func TestPidIsNoFile(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	if err := os.Symlink("/dev/zero", filepath.Join(worker.Dir, ".pid")); err != nil {
		t.Fatal(err)
	}
	worker.Start(spooltest.Load(t, "2.3.2/live/prof.log"))
	worker.Write(2)
	w := follow(t, Config{Patterns: patterns(spool.Pattern())})
	w.until("the newest snapshot", func(all map[string]float64) bool { return len(of(all, "worker-1")) > 50 })
}
