// Command bench prints what the programs cost, each number beside an anchor that is measured on the same
// machine in the same run. It takes a few minutes and 2 to 3 times -size of temporary files.
//
// Commands run in turn, and what counts is the CPU time of the median: the machine may be busy.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"bro_exporter/internal/tool"
	"bro_exporter/parse"
)

func main() {
	size := flag.Int64("size", 256, "read logs of this many `MB`")
	rounds := flag.Int("rounds", 5, "take the median of this many runs")
	parseOnly := flag.String("parse", "", "only parse this `file`, to be measured by another bench")
	flag.Parse()
	var err error
	if *parseOnly != "" {
		err = parseFile(*parseOnly)
	} else {
		err = run(*size*1e6, *rounds, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := parse.NewReader(file, path)
	for r.Scan() {
	}
	return r.Err()
}

func run(size int64, rounds int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "bro_exporter-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{dir: dir, size: size, rounds: rounds}
	if err := b.build(); err != nil {
		return err
	}
	for _, part := range []struct {
		title   string
		measure func() ([]row, error)
	}{
		{title: "Reading a log", measure: b.parsing},
		{title: "Commands", measure: b.commands},
		{title: "Scraping and following 256 logs", measure: b.collector},
		{title: "The exporter with 256 logs", measure: b.exporter},
	} {
		fmt.Fprintln(os.Stderr, part.title, "...")
		rows, err := part.measure()
		if err != nil {
			return fmt.Errorf("%s: %w", part.title, err)
		}
		b.rows = append(b.rows, rows...)
	}
	_, err = io.WriteString(out, b.page())
	return err
}

// bench is one run.
type bench struct {
	dir     string // of temporary files
	size    int64  // of a large log, in bytes
	rounds  int
	self    string // the path of this program
	rows    []row
	missing []string // anchors that are not installed
}

func (b *bench) build() (err error) {
	build := exec.Command("go", "build", "-o", b.dir+"/", "./cmd/bro_exporter", "./cmd/proftool")
	build.Dir, build.Stderr = tool.Root(), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("cannot build the programs: %w", err)
	}
	b.self, err = os.Executable()
	return err
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// row is a line of the table.
type row struct {
	work, measured, anchor string
	figure                 float64 // the ratio to the anchor, or an amount of unit
	unit                   string  // "x"
	goal                   float64 // at most, or at least if below zero; 0 for none
	miss                   string  // why the goal is missed, if it is
}

func (r *row) reached() bool {
	return r.goal == 0 || r.goal > 0 && r.figure <= r.goal || r.goal < 0 && r.figure >= -r.goal
}

func (r *row) goalText() string {
	switch {
	case r.goal > 0:
		return fmt.Sprintf("<= %g %s", r.goal, r.unit)
	case r.goal < 0:
		return fmt.Sprintf(">= %g %s", -r.goal, r.unit)
	}
	return ""
}

// page returns the table as Markdown.
func (b *bench) page() string {
	var page strings.Builder
	page.WriteString("# Benchmarks\n\nThis page shows what the programs cost. Each cost stands beside an anchor from the same run, and a bold figure misses its goal.\n`make bench` prints this page for your machine.\n\n")
	fmt.Fprintf(&page, "One run on %s, commit %s. Large logs have %d MB. Times are CPU time unless marked as wall clock, and medians of %d runs.\n\n", machine(), commit(), b.size/1e6, b.rounds)
	for _, name := range b.missing {
		fmt.Fprintf(&page, "Not installed, so not measured: %s.\n\n", name)
	}
	page.WriteString("| work | measured | anchor | figure | goal |\n|---|---|---|---|---|\n")
	var missed []string
	for _, r := range b.rows {
		figure := fmt.Sprintf("%.3g %s", r.figure, r.unit)
		if !r.reached() {
			figure = "**" + figure + "**"
			missed = append(missed, fmt.Sprintf("- %s: %.3g %s. %s\n", r.work, r.figure, r.unit, r.miss))
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s |\n", r.work, r.measured, r.anchor, figure, r.goalText())
	}
	if len(missed) > 0 {
		page.WriteString("\n## Missed goals\n\n" + strings.Join(missed, ""))
	}
	return page.String()
}

func machine() string {
	model := runtime.GOARCH
	cpus, _ := os.ReadFile("/proc/cpuinfo") // not everywhere
	for line := range strings.Lines(string(cpus)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d processors, %s, %s", model, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}

func commit() string {
	git := exec.Command("git", "rev-parse", "--short", "HEAD")
	git.Dir = tool.Root()
	if id, err := git.Output(); err == nil {
		return strings.TrimSpace(string(id))
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
