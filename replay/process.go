package replay

import (
	"os"
	"path/filepath"
	"strings"
)

// Process writes a prof.log as a Bro process does.
type Process struct {
	file *os.File
}

// Start starts a process in dir, which is made if it is not there: the prof.log in it is empty
// then. Nobody else may write to it.
func Start(dir string) (*Process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	// As Bro does: without O_APPEND, so what somebody else truncates gets a hole.
	file, err := os.OpenFile(filepath.Join(dir, "prof.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	return &Process{file}, nil
}

// Write writes text line by line, each at once.
func (p *Process) Write(text string) error {
	for line := range strings.Lines(text) {
		if _, err := p.file.WriteString(line); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the process. What it wrote stays.
func (p *Process) Stop() error { return p.file.Close() }
