package replay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Process writes a prof.log as a Bro process does.
type Process struct {
	file *os.File
}

// Start starts a process in dir, which it makes if need be. The prof.log there is empty then.
func Start(dir string) (*Process, error) { return open(dir, os.O_TRUNC) }

// open opens the prof.log of dir as Bro does: without O_APPEND, so a file that somebody else truncates
// gets a hole.
func open(dir string, flag int) (*Process, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "prof.log"), os.O_WRONLY|os.O_CREATE|flag, 0o644)
	if err != nil {
		return nil, err
	}
	return &Process{file}, nil
}

// Restart ends the process and returns the next one in dir, which truncates the same prof.log, or
// makes one if there is none. It fails where another file has taken the name: that one is not ours to
// truncate.
func (p *Process) Restart(dir string) (*Process, error) {
	path := filepath.Join(dir, "prof.log")
	own, err := p.file.Stat()
	if err != nil {
		return nil, err
	}
	found, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_ = p.Stop()
		return open(dir, os.O_EXCL)
	case err != nil:
		return nil, err
	case !os.SameFile(own, found):
		return nil, fmt.Errorf("%s has been replaced by another file, which is left as it is: remove it, or play into another directory", path)
	}
	// Through the open file, so that nothing which takes the name now is truncated either.
	if err := p.file.Truncate(0); err != nil {
		return nil, err
	}
	_, err = p.file.Seek(0, io.SeekStart)
	return p, err
}

// Write writes text line by line.
func (p *Process) Write(text string) error {
	for line := range strings.Lines(text) {
		if _, err := p.file.WriteString(line); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends the process and leaves its prof.log.
func (p *Process) Stop() error { return p.file.Close() }
