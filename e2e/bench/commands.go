package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bro_exporter/replay"
)

func now() float64 { return float64(time.Now().UnixNano()) / 1e9 }

const (
	everyNumber = "grep looks for one word; the parser reads every number in each line."
	realLogs    = 1.3
)

// parsing compares the parser with a search for a word, on real texts and on hostile ones.
func (b *bench) parsing() ([]row, error) {
	live, err := realLog("7.0.11/live")
	if err != nil {
		return nil, err
	}
	snapshots := split(live)
	var rows []row
	for _, text := range []struct {
		name string
		path string // of a real log
		next func(i int) []byte
		goal float64
		miss string
	}{
		{name: "7.0, live", path: "7.0.11/live", goal: realLogs, miss: everyNumber},
		{name: "2.3, live", path: "2.3.2/live", goal: realLogs, miss: everyNumber},
		{name: "3.0, live", path: "3.0.14/live", goal: realLogs, miss: everyNumber},
		{name: "7.0, manager of a cluster", path: "7.0.11-cluster/manager", goal: realLogs, miss: everyNumber},
		{name: "threads come and go", next: func(i int) []byte { return comeAndGo(snapshots, i) }, goal: 2, miss: everyNumber},
		{name: "every name is new", next: func(i int) []byte { return newNames(snapshots, i) }, goal: 3, miss: everyNumber},
	} {
		if text.path != "" {
			log, err := realLog(text.path)
			if err != nil {
				return nil, err
			}
			text.next = func(int) []byte { return log }
		}
		log, err := b.repeat("prof.log", b.size, text.next)
		if err != nil {
			return nil, err
		}
		costs, err := inTurn(b.rounds, b.parse(log), grep(log), []string{"wc", "-l", log})
		if err != nil {
			return nil, err
		}
		parse, grep, wc := costs[0], costs[1], costs[2]
		rows = append(rows, row{
			work: "parse, " + text.name, measured: b.speed(parse), anchor: fmt.Sprintf("grep -c pending=: %s; wc -l: %s", b.speed(grep), b.speed(wc)),
			figure: parse.cpu / grep.cpu, unit: "x grep", goal: text.goal, miss: text.miss,
		})
	}
	growth, err := b.growth(live)
	if err != nil {
		return nil, err
	}
	mtail, err := b.mtail()
	return append(append(rows, growth), mtail...), err
}

func (b *bench) parse(path string) []string { return []string{b.self, "-parse", path} }

func grep(path string) []string { return []string{"grep", "-c", "pending=", path} }

// speed returns how fast a large log was read.
func (b *bench) speed(c cost) string {
	return fmt.Sprintf("%.0f MB/s", float64(b.size)/1e6/c.cpu)
}

func split(log []byte) (snapshots []replay.Snapshot) {
	for s, err := range replay.Split(bytes.NewReader(log)) {
		if err == nil { // reading memory does not fail
			snapshots = append(snapshots, s)
		}
	}
	return snapshots
}

// growth measures how much more a byte costs in a log 16 times as large.
func (b *bench) growth(text []byte) (row, error) {
	var commands [][]string
	for i, size := range []int64{b.size / 16, b.size / 4, b.size} {
		path, err := b.repeat(fmt.Sprintf("growth-%d.log", i), size, func(int) []byte { return text })
		if err != nil {
			return row{}, err
		}
		defer func() { _ = os.Remove(path) }()
		commands = append(commands, b.parse(path))
	}
	costs, err := inTurn(b.rounds, commands...)
	if err != nil {
		return row{}, err
	}
	each := func(i int) float64 { return float64(b.size) / float64(int(16)>>(2*i)) / 1e6 / costs[i].cpu }
	return row{
		work: "parse, 1, 4 and 16 times the size", measured: fmt.Sprintf("%.0f, %.0f, %.0f MB/s", each(0), each(1), each(2)), anchor: "the smallest, for each byte",
		figure: each(0) / each(2), unit: "x", goal: 1.1, miss: "The machine was busy; a test holds the parser to linear work.",
	}, nil
}

// mtail compares the parser with a program of mtail that counts the same lines as grep.
func (b *bench) mtail() ([]row, error) {
	if _, err := exec.LookPath("mtail"); err != nil {
		b.missing = append(b.missing, "mtail")
		return nil, nil
	}
	program, log := b.path("count.mtail"), b.path("prof.log")
	if err := os.WriteFile(program, []byte("counter threads\n/pending=/ {\n  threads++\n}\n"), 0o644); err != nil {
		return nil, err
	}
	costs, err := inTurn(1, b.parse(log), []string{"mtail", "--one_shot", "--progs", program, "--logs", log})
	if err != nil {
		return nil, err
	}
	return []row{{
		work: "parse", measured: b.speed(costs[0]), anchor: "mtail counts lines with pending=: " + b.speed(costs[1]),
		figure: costs[0].cpu / costs[1].cpu, unit: "x mtail",
	}}, nil
}

// commands measures the commands of proftool on logs of all shapes.
func (b *bench) commands() ([]row, error) {
	long, err := b.long()
	if err != nil {
		return nil, err
	}
	proftool := b.path("proftool")
	costs, err := inTurn(b.rounds, b.parse(long), []string{proftool, "analyze", "--fail-on=never", long}, []string{proftool, "dump", "-q", long},
		[]string{proftool, "backfill", "-q", long}, []string{proftool, "backfill", "-q", "--analysis-interval=0s", long})
	if err != nil {
		return nil, err
	}
	parse, analyze := costs[0], costs[1]
	against := fmt.Sprintf("parse: %.2f s", parse.cpu)
	rows := []row{
		{work: "analyze", measured: b.speed(analyze), anchor: against, figure: analyze.cpu / parse.cpu, unit: "x parse", goal: 1.6, miss: judges},
		{work: "analyze, wall clock", measured: fmt.Sprintf("%.2f s", analyze.wall), anchor: fmt.Sprintf("parse: %.2f s", parse.wall), figure: analyze.wall / parse.wall, unit: "x parse", goal: 0.8,
			miss: "One goroutine takes up the snapshots, and on a busy machine the second processor helps little."},
		{work: "analyze, memory", anchor: "", figure: analyze.memory / 1e6, unit: "MB", goal: 64, miss: "Each processor parses a piece of 512 KiB at a time."},
		b.perSecond("dump", costs[2], 300, "Most of it is formatting numbers."),
		b.perSecond("backfill", costs[3], 200, "A third of the time goes into findings: the judge takes each process at every ten minutes of its history."),
		b.perSecond("backfill without findings", costs[4], 200, "backfill writes each number with the name of its series, so its output is five to six times as large as the log."),
	}
	many, err := b.manyFiles()
	if err != nil {
		return nil, err
	}
	restarts, err := b.restarts()
	return append(append(rows, many), restarts), err
}

const (
	judges     = "A quarter of the time goes into taking up the numbers of each snapshot."
	judgesEach = "Half of the time goes into taking up the numbers of each snapshot and into judging: each run is judged by itself, however short it is."
)

func (b *bench) perSecond(work string, c cost, goal float64, miss string) row {
	return row{work: work, measured: fmt.Sprintf("%.2f s", c.cpu), figure: float64(b.size) / 1e6 / c.cpu, unit: "MB/s", goal: -goal, miss: miss}
}

// long writes one log of one process.
func (b *bench) long() (string, error) {
	sample, hours, err := process(15)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(sample, 1e6))
	if err != nil {
		return "", err
	}
	each := float64(len(text)) / float64(bytes.Count(text, []byte(" Memory: ")))
	log, _, err := process(3600 * hours * each / float64(b.size) * 0.95)
	if err != nil {
		return "", err
	}
	return b.copyOf(log, "long/prof.log", b.size)
}

// copyOf writes the first size bytes of a text.
func (b *bench) copyOf(text io.Reader, name string, size int64) (string, error) {
	path := b.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if _, err := io.CopyN(file, text, size); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return path, file.Close()
}

// manyFiles compares analyze of many logs with parsing all their text.
func (b *bench) manyFiles() (row, error) {
	const each = 5e6
	n := int(b.size / each)
	var all io.Reader = strings.NewReader("")
	for i := range n {
		log, _, err := process(15)
		if err != nil {
			return row{}, err
		}
		path, err := b.copyOf(log, fmt.Sprintf("many/w%d/prof.log", i), each)
		if err != nil {
			return row{}, err
		}
		file, err := os.Open(path)
		if err != nil {
			return row{}, err
		}
		defer file.Close()
		all = io.MultiReader(all, file)
	}
	whole, err := b.copyOf(all, "prof.log", int64(n)*each)
	if err != nil {
		return row{}, err
	}
	return b.analyze(fmt.Sprintf("analyze %d files of 5 MB", n), whole, b.path("many"))
}

// restarts compares analyze of a log of many short processes with parsing it.
func (b *bench) restarts() (row, error) {
	const each = 1.1e6
	log, _, err := process(15)
	if err != nil {
		return row{}, err
	}
	text, err := io.ReadAll(io.LimitReader(log, each))
	if err != nil {
		return row{}, err
	}
	snapshots := split(text)
	span := snapshots[len(snapshots)-2].Time - snapshots[0].Time + 60
	text = text[:len(text)-len(snapshots[len(snapshots)-1].Text)] // which is cut
	path, err := b.repeat("restarts.log", b.size, func(i int) []byte { return later(text, float64(i)*span) })
	if err != nil {
		return row{}, err
	}
	return b.analyze(fmt.Sprintf("analyze %d restarts", int(b.size)/len(text)), path, path)
}

// analyze compares analyze with parsing a text.
func (b *bench) analyze(work, text, path string) (row, error) {
	costs, err := inTurn(min(b.rounds, 3), b.parse(text), []string{b.path("proftool"), "analyze", "--fail-on=never", path})
	if err != nil {
		return row{}, err
	}
	parse, analyze := costs[0], costs[1]
	return row{
		work: work, measured: fmt.Sprintf("%.2f s, %.2f s wall, %.0f MB of memory", analyze.cpu, analyze.wall, analyze.memory/1e6), anchor: fmt.Sprintf("parse: %.2f s, %.2f s wall", parse.cpu, parse.wall),
		figure: analyze.cpu / parse.cpu, unit: "x parse", goal: 2, miss: judgesEach,
	}, nil
}
