package stack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that runs.
type Process struct {
	// Name is what it is called in messages.
	Name string
	// URL is where it listens; "" if it does not.
	URL string
	// Ended is closed when it has ended; Err returns why then.
	Ended <-chan struct{}

	cmd *exec.Cmd
	err error // once it has ended

	mu  sync.Mutex
	log strings.Builder
}

// patience is how long a program may take to start, to stop, and to reach an expected state. A busy machine
// may need a minute; only a failing test waits to the end.
const patience = 5 * time.Minute

// Run starts a program.
func Run(path string, args ...string) (*Process, error) {
	p, _, err := run(path, args)
	return p, err
}

// Serve starts a program that says "Listening on" an address, and waits until it does.
func Serve(path string, args ...string) (*Process, error) {
	p, address, err := run(path, args)
	if err != nil {
		return nil, err
	}
	select {
	case a := <-address:
		p.URL = "http://" + a
		return p, nil
	case <-p.Ended:
		err = fmt.Errorf("%s ended at once: %w\n%s", p.Name, p.err, p.Log())
	case <-time.After(patience):
		err = fmt.Errorf("%s never listened:\n%s", p.Name, p.Log())
	}
	return nil, errors.Join(err, p.Stop())
}

func run(path string, args []string) (*Process, <-chan string, error) {
	ended, address, started := make(chan struct{}), make(chan string, 1), make(chan error)
	p := &Process{Name: filepath.Base(path), Ended: ended, cmd: exec.Command(path, args...)}
	go func() {
		defer close(ended)
		dieWithParent(p.cmd)
		out, err := p.start()
		started <- err
		if err != nil {
			return
		}
		p.read(out, address)
		_ = out.Close()
		p.err = p.cmd.Wait()
	}()
	return p, address, <-started
}

// start starts the program and returns what it says.
func (p *Process) start() (io.ReadCloser, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := errors.Join(p.cmd.Start(), in.Close()); err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}

// The exporter, Prometheus and Alertmanager use the same package to serve. VictoriaMetrics and vmalert print
// the other line.
var listening = regexp.MustCompile(`msg="Listening on".* address=(\S+)|started server at http://([^/\s]+)/`)

// read keeps what the program says and tells the first address.
func (p *Process) read(from io.Reader, address chan<- string) {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		p.mu.Lock()
		p.log.WriteString(line)
		p.mu.Unlock()
		if m := listening.FindStringSubmatch(line); m != nil && address != nil {
			address <- m[1] + m[2]
			address = nil
		}
		if err != nil {
			return
		}
	}
}

// Err returns what was wrong when the program ended.
func (p *Process) Err() error {
	<-p.Ended
	return p.err
}

// Log returns what the program has said.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// Stop asks the program to end and waits until it has.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.Ended:
		return nil
	case <-time.After(patience):
	}
	err := p.cmd.Process.Kill()
	<-p.Ended
	return errors.Join(fmt.Errorf("%s did not stop and was killed", p.Name), err)
}
