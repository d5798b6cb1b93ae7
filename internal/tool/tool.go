// Package tool finds the programs of others that tests and the demo run, built by the Go command.
package tool

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Path returns where the Go command keeps a tool of tools/MODULE/go.mod. The first time on a machine
// it is built, which takes minutes; make test does so before.
func Path(module, name string) (string, error) {
	cmd := exec.Command("go", "tool", "-n", "-modfile=tools/"+module+"/go.mod", name)
	cmd.Dir = Root()
	// As in the Makefile: without service discovery, which nothing here needs, it is half as large.
	cmd.Env = append(os.Environ(), "GOFLAGS=-tags=remove_all_sd -buildvcs=false")
	cmd.Stderr = os.Stderr
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot build %s: %w", name, err)
	}
	return strings.TrimSpace(string(path)), nil
}

// Root returns the directory of the repository.
func Root() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "../..")
}
