// Command proftool reads the prof.logs of Bro and Zeek: it shows them as JSON, turns them into
// Prometheus history, and plays them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

const name = "proftool"

// The exit codes; 0 if all went well.
const (
	leaking = 1   // what analyze was to look for was found
	failed  = 2   // something could not be read or written, or the arguments are wrong
	stopped = 130 // by a signal, before the work was done
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// command is a subcommand with its flags.
type command interface {
	// declare declares the subcommand.
	declare(app *kingpin.Application) *kingpin.CmdClause
	// run does its work. An error is one that ends it, and has not been printed.
	run(ctx context.Context, p *program) error
}

func commands() []command { return []command{&diagnosis{}, &dump{}, &history{}, &play{}} }

// run is the program: it returns the exit code when the work is done, or ctx.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	app := kingpin.New(name, "Reads the prof.logs of Bro and Zeek (2.0 to 9.0).")
	app.Version(version.Print(name)).UsageWriter(stdout)
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
	return p.code
}

// parseFlags returns the command that args name, or that they asked for help or the like and have
// been answered.
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
	// Kingpin would end the program here, and if it is kept from that, print the help again.
	app.Terminate(func(int) { panic(answer{}) })
	command, err = app.Parse(args)
	return command, false, err
}

// program is what every command works with.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	progress *progress // nil if none is to be shown

	mu   sync.Mutex // of all below, and of stderr
	code int
}

// fail says what went wrong, and lets the program end with an error.
func (p *program) fail(err error) {
	p.warn(err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code = failed
}

// found lets the program end with the code for leaks, unless something goes wrong.
func (p *program) found() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code = max(p.code, leaking)
}

// warn says what went wrong without making it an error.
func (p *program) warn(err error) {
	p.progress.clear()
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.stderr, "%s: %v\n", name, err)
}
