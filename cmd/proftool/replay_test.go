package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bro_exporter/internal/spooltest"
)

const shortLog = `0.000000 ------------------------
0.000000 Command line: zeek -i eth0 
0.000000 ------------------------
0.000000 Memory: total=1K
1500000000.000000 ------------------------
1500000000.000000 Memory: total=2K
`

// Every process gets its directory; logs of one name are its runs.
func TestReplay(t *testing.T) {
	spool := filepath.Join(t.TempDir(), "spool")
	long := file(t, "long.log", shortLog)
	last := strings.ReplaceAll(shortLog, "total=2K", "total=3K")
	output(t, last, "replay", "--spool="+spool, "worker-1="+long, "worker-1=-",
		"manager="+file(t, "prof.log.gz", zipped(shortLog)))
	for node, want := range map[string]string{"worker-1": "total=3K", "manager": "total=2K"} {
		text, err := os.ReadFile(filepath.Join(spool, node, "prof.log"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), "Command line:") != 1 || !strings.Contains(string(text), want) || strings.Contains(string(text), "1500000000") {
			t.Errorf("%s:\n%s", node, text)
		}
	}
}

func TestReplayUntilStopped(t *testing.T) {
	spool := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	var stdout, stderr bytes.Buffer
	end := make(chan int, 1)
	go func() {
		end <- run(ctx, []string{"replay", "--spool=" + spool, "--loop", "--interval=1h", "../../testdata/7.0.11-cluster"}, nil, &stdout, &stderr)
	}()
	for _, node := range []string{"manager", "proxy-1", "worker-1", "worker-2"} {
		await(t, filepath.Join(spool, node, "prof.log"), " Triggers: ")
	}
	stop()
	if code := <-end; code != stopped || stderr.Len() > 0 {
		t.Errorf("code %d, %s", code, &stderr)
	}
}

// await waits until a file holds text.
func await(t *testing.T, path, text string) {
	t.Helper()
	spooltest.Await(t, func() error {
		if b, _ := os.ReadFile(path); !strings.Contains(string(b), text) {
			return fmt.Errorf("%s never holds %q", path, text)
		}
		return nil
	})
}

func TestReplayRefuses(t *testing.T) {
	spool := t.TempDir()
	path := filepath.Join(spool, "worker-1", "prof.log")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(shortLog), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"--spool=" + spool, path}, "worker-1/prof.log exists: remove it"},
		{[]string{"--spool=" + spool, "--loop", "-"}, "standard input cannot be read again"},
		{[]string{"--spool=" + spool, "--speed=0", path}, "must be more than 0"},
		{[]string{"--spool=" + spool, "--interval=-1s", path}, "must be more than 0"},
		{[]string{"--spool=" + spool, "..=" + path}, `".." cannot be the name`},
		{[]string{path}, "--spool"},
	} {
		t.Run(test.says, func(t *testing.T) {
			r := proftool(t, "", append([]string{"replay"}, test.args...)...)
			if r.code != failed || !strings.Contains(r.stderr, test.says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("code %d, %s", r.code, r.stderr)
			}
		})
	}
	if text, _ := os.ReadFile(path); string(text) != shortLog {
		t.Error("a log was overwritten")
	}
}
