package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"bro_exporter/logs"
)

// patience is how long work may take before its progress is shown.
const patience = time.Second

// progress shows how much of the logs has been read when that takes long. A nil progress shows nothing.
type progress struct {
	out   io.Writer
	total int64
	begun time.Time

	mu   sync.Mutex
	done int64
	bar  *progressbar.ProgressBar // nil before patience has run out
}

// newProgress counts what is read of the logs. It returns nil if their sizes are unknown.
func newProgress(out io.Writer, files []logs.Log) *progress {
	p := &progress{out: out, begun: time.Now()}
	for i := range files {
		if files[i].IsStdin() {
			return nil
		}
		p.total += files[i].Size
	}
	for i := range files {
		files[i].OnRead = p.add
	}
	return p
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (p *progress) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += int64(n)
	if time.Since(p.begun) < patience {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(p.total, progressbar.OptionSetWriter(p.out), progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	}
	_ = p.bar.Set64(min(p.done, p.total)) // a file may have grown
}

// clear removes the bar before something else is printed.
func (p *progress) clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
