package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// growing is the log of a process whose memory grows by 40 MiB an hour for 30 hours.
func growing() string {
	var b strings.Builder
	b.WriteString("0.000000 ------------------------\n0.000000 Command line: zeek -i eth0 \n")
	for i := range 2 * 60 * 30 {
		stamp := fmt.Sprintf("%d.000000 ", 1_700_000_000+30*i)
		total := 300_000 + 30*i*40*1024/3600 + i*7919%500
		for _, line := range []string{
			"------------------------",
			fmt.Sprintf("Memory: total=%dK total_adj=%dK malloced: 0K", total, total-300_000),
			fmt.Sprintf("Run-time: user+sys=%d.0 user=%d.0 sys=0.0 real=%d.0", i, i, 30*i),
			fmt.Sprintf("Conns: total=%d current=%d/%d", 1000+10*i, 100+i%9, 100+i%9),
			"Conns: tcp=5/10 udp=3/9 icmp=0/0",
			fmt.Sprintf("Timers: current=%d max=900 lag=0.00s", 500+i%7),
			"DNS_Mgr: requests=0 successful=0 failed=0 pending=0 cached_hosts=0 cached_addrs=0",
			"Triggers: total=0 pending=0",
			"Threads: current=0",
		} {
			b.WriteString(stamp + line + "\n")
		}
	}
	return b.String()
}

var usedUp = regexp.MustCompile(`it has\s+used\s+all\s+the\s+memory\s+it\s+may\s+have\s+\(([^)]*)\)\s+by`)

func TestMemoryLimit(t *testing.T) {
	path := file(t, "prof.log", growing())
	if r := proftool(t, "", "analyze", path); r.code != 1 || usedUp.MatchString(r.stdout) {
		t.Errorf("code %d without a limit: %s%s", r.code, r.stdout, r.stderr)
	}
	r := proftool(t, "", "analyze", "--memory-limit=16GB", path)
	if m := usedUp.FindStringSubmatch(r.stdout); m == nil || m[1] != "16.0 GiB" {
		t.Errorf("the limit is %q in %s", m, r.stdout)
	}
}

// What runs on this host may use what the host has left.
func TestMemoryLimitOfThisHost(t *testing.T) {
	path := file(t, "prof.log", growing())
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	zeek := filepath.Join(t.TempDir(), "zeek")
	if err := os.WriteFile(zeek, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(zeek, "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), ".pid"), fmt.Appendln(nil, cmd.Process.Pid), 0o644); err != nil {
		t.Fatal(err)
	}
	r := proftool(t, "", "analyze", path)
	if m := usedUp.FindStringSubmatch(r.stdout); m == nil {
		t.Errorf("no limit in %s%s", r.stdout, r.stderr)
	}
}
