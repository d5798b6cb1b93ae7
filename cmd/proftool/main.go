// Command proftool tells what leaks in the Bro and Zeek processes that wrote some prof.logs, with text,
// JSON or an HTML page. It also prints the logs as JSON, turns them into history for Prometheus, and
// plays them into a spool directory.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

const name = "proftool"

// The exit codes. It is 0 if all went well.
const (
	leaking = 1   // analyze has found what --fail-on asks for
	failed  = 2   // something could not be read or written, or the arguments are wrong
	stopped = 130 // by a signal, before the work was done
)

func main() {
	version.Version = cmp.Or(version.Version, "unknown") // go run knows none
	kingpin.ManPageTemplate = page().Man()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr) }()
	code := stopped
	select {
	case code = <-ended:
	case <-ctx.Done():
		select {
		case code = <-ended:
		case <-time.After(grace):
		}
	}
	stop()
	os.Exit(code)
}

// grace is how long a command may take to end after a signal. One that opens or reads a pipe into which
// nobody writes does not see the signal.
const grace = time.Second

// command is a subcommand with its flags.
type command interface {
	// declare declares the subcommand.
	declare(app *kingpin.Application) *kingpin.CmdClause
	// run does the work. It prints what it can go on after, and returns what ends it.
	run(ctx context.Context, p *program) error
}

func commands() []command { return []command{&diagnosis{}, &dump{}, &history{}, &play{}} }

// run is the program. It returns the exit code when the work or ctx is done.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	app := kingpin.New(name, "Reads the prof.logs of Bro and Zeek (2.0 to 9.0).")
	app.Version(version.Print(name)).UsageWriter(stdout).UsageTemplate(page().Usage())
	app.HelpFlag.Short('h')
	byName := map[string]command{}
	for _, c := range commands() {
		byName[c.declare(app).FullCommand()] = c
	}
	selected, answered, err := parseFlags(app, args)
	if answered {
		return 0
	}
	if err != nil {
		p.fail(fmt.Errorf("%w; see --help", err))
		return failed
	}
	err = byName[selected].run(ctx, p)
	p.progress.clear()
	switch {
	case ctx.Err() != nil:
		return stopped
	case err != nil:
		p.fail(err)
	}
	return p.code()
}

// parseFlags returns the command that args name. It reports whether they asked for help or the like
// instead, which kingpin has printed then.
func parseFlags(app *kingpin.Application, args []string) (command string, answered bool, err error) {
	type answer struct{}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case answer:
			answered = true
		default:
			panic(r)
		}
	}()
	// Kingpin ends the program here. Where that returns, it prints the help a second time.
	app.Terminate(func(int) { panic(answer{}) })
	command, err = app.Parse(args)
	return command, false, err
}

// program is what every command works with.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	progress *progress // nil where none is shown

	mu            sync.Mutex // guards all below, and stderr
	leaks, failed bool
}

// fail reports what went wrong. The program then exits with failed, unless a leak was found.
func (p *program) fail(err error) {
	p.warn(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = true
}

// found lets the program exit with leaking. A file that could not be read must not hide a leak.
func (p *program) found() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leaks = true
}

func (p *program) code() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.leaks:
		return leaking
	case p.failed:
		return failed
	default:
		return 0
	}
}

// warn reports what went wrong without making it an error.
func (p *program) warn(err error) {
	p.progress.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.stderr, "%s: %v\n", name, err)
}
