// Package packaging_test checks what the packages hold, as far as that needs no root: make
// packages-test installs them.
package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The unit is what systemd reads, and leaves the exporter little to do harm with.
func TestUnit(t *testing.T) {
	unit := read(t, "bro_exporter.service")
	for _, want := range []string{"User=bro_exporter\n", "NoNewPrivileges=yes\n", "ProtectSystem=strict\n", "CapabilityBoundingSet=\n", "Restart=always\n"} {
		if !strings.Contains(unit, "\n"+want) {
			t.Errorf("the unit lacks %s", want)
		}
	}
	if strings.Contains(unit, "\nSupplementaryGroups=") {
		t.Error("a service with SupplementaryGroups= does not start where a group is missing")
	}
	section, setting := regexp.MustCompile(`^\[(Unit|Service|Install)\]$`), regexp.MustCompile(`^[A-Z]\w+=`)
	for line := range strings.Lines(unit) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && !section.MatchString(line) && !setting.MatchString(line) {
			t.Errorf("not a line of a unit: %q", line)
		}
	}
}

// The garbage collector must work before systemd kills.
func TestUnitMemory(t *testing.T) {
	unit := read(t, "bro_exporter.service")
	mib := func(expr string) int {
		m := regexp.MustCompile(expr).FindStringSubmatch(unit)
		if m == nil {
			t.Fatalf("the unit lacks %s", expr)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	limit, killed := mib(`(?m)^Environment=GOMEMLIMIT=(\d+)MiB$`), mib(`(?m)^MemoryMax=(\d+)M$`)
	if limit >= killed*9/10 {
		t.Errorf("GOMEMLIMIT of %d MiB leaves too little below MemoryMax of %d MiB", limit, killed)
	}
}

func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		shell := "sh"
		if strings.HasPrefix(read(t, script), "#!/usr/bin/env bash\n") {
			shell = "bash"
		}
		if out, err := exec.Command(shell, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
}

// A release is described before it is made.
func TestVersion(t *testing.T) {
	version := strings.TrimSpace(read(t, "../VERSION"))
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
		t.Errorf("VERSION is %q", version)
	}
	if !strings.Contains(read(t, "../CHANGELOG.md"), "\n## ["+version+"]") {
		t.Errorf("CHANGELOG.md has no section for version %s", version)
	}
}

// What workflows and pages tell to make can be made.
func TestTargets(t *testing.T) {
	makefile := read(t, "../Makefile")
	var pages []string
	for _, pattern := range []string{"../.github/workflows/*.yml", "../*.md", "../docs/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil || more == nil {
			t.Fatal(pattern, err)
		}
		pages = append(pages, more...)
	}
	commands := regexp.MustCompile("(?m)(?:`|run: |^    |&& |sudo )make ([a-z-]+)")
	for _, page := range pages {
		for _, m := range commands.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s tells to make %s, and there is no such target", page, m[1])
			}
		}
	}
}
