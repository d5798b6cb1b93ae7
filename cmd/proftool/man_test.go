package main

import (
	"os"
	"os/exec"
	"strings"
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

func TestManPage(t *testing.T) {
	page := asProcess(t, "--help-man")
	for _, want := range []string{".TH proftool 1", `.SH "COMMANDS"`, `\fBanalyze [<flags>]`, `\fBdump [<flags>]`, `\fBbackfill [<flags>]`, `\fBreplay --spool=DIR`, "--last", "--label=NAME=VALUE", "--loop"} {
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
