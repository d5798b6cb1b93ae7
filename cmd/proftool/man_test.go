package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// asProgram is set for a process that is to be proftool itself, as kingpin prints its pages to the
// real standard output.
const asProgram = "TEST_AS_PROFTOOL"

func asProcess(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A pipe into which nobody writes does not keep the program from ending.
func TestInterruptedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "prof.log")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"analyze"}, {"dump"}, {"dump", "--last"}, {"backfill"}, {"replay", "--spool=" + t.TempDir()},
	} {
		t.Run(args[0], func(t *testing.T) {
			cmd := exec.Command(os.Args[0], append(args, "missing.log", "bro="+pipe)...)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			complaints, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// It complains about the missing log before it opens the pipe.
			if _, err := complaints.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != stopped {
				t.Errorf("error %v, want exit code %d", err, stopped)
			}
		})
	}
}

// Nor does a pipe that somebody holds open without writing.
func TestInterruptedReading(t *testing.T) {
	for _, args := range [][]string{{"analyze"}, {"dump"}, {"dump", "--last"}, {"backfill"}, {"replay", "--spool=" + t.TempDir()}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			pipe := filepath.Join(t.TempDir(), "prof.log")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], append(args, "bro="+pipe)...)
			cmd.Env = append(os.Environ(), asProgram+"=1")
			var complaints bytes.Buffer
			cmd.Stderr = &complaints
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until the program has opened it
			if err != nil {
				t.Fatal(err)
			}
			defer writer.Close()
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != stopped {
				t.Errorf("error %v, want exit code %d", err, stopped)
			}
			if complaints.Len() > 0 {
				t.Errorf("it complains: %s", &complaints)
			}
		})
	}
}

// A build without make does not know its version.
func TestVersionOfABuildWithoutMake(t *testing.T) {
	if out := asProcess(t, "--version"); !strings.HasPrefix(out, "proftool, version unknown") {
		t.Errorf("--version: %s", out)
	}
}

func TestManPage(t *testing.T) {
	page := asProcess(t, "--help-man")
	for _, want := range []string{".TH proftool 1 \"\" \"proftool ", "proftool \\- find leaks", `.SH "EXIT STATUS"`, `.SH "FILES"`, `.SH "ENVIRONMENT"`, `.SH "EXAMPLES"`, `.SH "COMMANDS"`, `\fBanalyze [<flags>]`, `\fBdump [<flags>]`, `\fBbackfill [<flags>]`, `\fBreplay --spool=DIR`, "--last", "--label=NAME=VALUE", "--loop"} {
		if !strings.Contains(page, want) {
			t.Errorf("the man page has no %s", want)
		}
	}
}

func TestCompletion(t *testing.T) {
	if got := asProcess(t, "--completion-bash", ""); got != "help\nanalyze\ndump\nbackfill\nreplay" {
		t.Errorf("commands %q", got)
	}
	if got := asProcess(t, "--completion-bash", "replay", "--"); !strings.Contains(got, "--speed\n") {
		t.Errorf("flags of replay %q", got)
	}
	for shell, want := range map[string]string{"bash": "complete -F _proftool_bash_autocomplete -o default proftool", "zsh": "#compdef proftool"} {
		if got := asProcess(t, "--completion-script-"+shell); !strings.Contains(got, want) {
			t.Errorf("%s: %s", shell, got)
		}
	}
}
