// Package promtool runs Prometheus's own promtool in tests.
package promtool

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"bro_exporter/internal/tool"
)

// Run runs promtool and returns what it prints. It fails the test if promtool fails.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	path, err := tool.Path("prometheus", "promtool")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("promtool %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}
