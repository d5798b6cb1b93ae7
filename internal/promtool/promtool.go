// Package promtool runs Prometheus's own promtool in tests.
package promtool

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Run runs promtool and returns what it prints. It fails the test if promtool fails. The first time
// on a machine promtool is built, which takes minutes; make test does so before.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.Command(path(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("promtool %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// path returns where the Go command keeps promtool.
func path(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	cmd := exec.Command("go", "tool", "-n", "-modfile=tools/prometheus/go.mod", "promtool")
	cmd.Dir = filepath.Join(filepath.Dir(here), "../..")
	// As in the Makefile: without service discovery, of which no test needs any, it is half as large.
	cmd.Env = append(os.Environ(), "GOFLAGS=-tags=remove_all_sd -buildvcs=false")
	cmd.Stderr = os.Stderr
	path, err := cmd.Output()
	if err != nil {
		t.Fatalf("cannot build promtool: %v", err)
	}
	return strings.TrimSpace(string(path))
}
