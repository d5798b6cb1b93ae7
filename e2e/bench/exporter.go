package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bro_exporter/e2e/stack"
	"bro_exporter/replay"
)

const logs = 256

// spool is a spool directory of many processes that all write the same text.
type spool struct {
	dir       string
	snapshots []replay.Snapshot
	written   int
}

// newSpool makes logs that begin with a hole, so they look large and take no room.
func (b *bench) newSpool(name string, hole int64) (*spool, error) {
	text, err := realLog("7.0.11/pcap")
	if err != nil {
		return nil, err
	}
	s := &spool{dir: b.path(name), snapshots: split(text)[100:]}
	for i := range logs {
		if err := os.MkdirAll(s.node(i), 0o755); err != nil {
			return nil, err
		}
		if err := errors.Join(os.WriteFile(s.log(i), nil, 0o644), os.Truncate(s.log(i), hole)); err != nil {
			return nil, err
		}
	}
	return s, s.write(60)
}

func (s *spool) node(i int) string { return filepath.Join(s.dir, fmt.Sprintf("worker-%d", i)) }
func (s *spool) log(i int) string  { return filepath.Join(s.node(i), "prof.log") }

// write writes n snapshots to each log.
func (s *spool) write(n int) error {
	var text strings.Builder
	for _, next := range s.snapshots[s.written : s.written+n] {
		text.WriteString(next.Text)
	}
	s.written += n
	for i := range logs {
		file, err := os.OpenFile(s.log(i), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if _, err := file.WriteString(text.String()); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// newest is the time of the newest snapshot, as /metrics shows it.
func (s *spool) newest() float64 { return s.snapshots[s.written-1].Time }

// start starts the exporter and waits until it listens.
func (b *bench) start(s *spool, args ...string) (*stack.Process, error) {
	return stack.Serve(b.path("bro_exporter"), append(args, "--web.listen-address=127.0.0.1:0", "--prof.path="+s.dir+"/*/prof.log")...)
}

// page is the part of a scrape that the benchmarks need.
type page struct {
	times  []float64 // of the newest snapshots
	memory float64   // resident, in bytes
	cpu    float64   // seconds used so far
}

func scrape(p *stack.Process) (page, error) {
	answer, err := http.Get(p.URL + "/metrics")
	if err != nil {
		return page{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	var got page
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		series, number, _ := strings.Cut(lines.Text(), " ") // their labels have no blanks
		value, _ := strconv.ParseFloat(number, 64)
		switch name, _, _ := strings.Cut(series, "{"); name {
		case "bro_prof_last_snapshot_timestamp_seconds":
			got.times = append(got.times, value)
		case "process_resident_memory_bytes":
			got.memory = value
		case "process_cpu_seconds_total":
			got.cpu = value
		}
	}
	return got, lines.Err()
}

// await scrapes until every process shows its newest snapshot, and returns the last scrape and the seconds
// since begun.
func await(p *stack.Process, s *spool, begun float64) (page, float64, error) {
	const patience = 60                            // seconds
	again := time.NewTicker(50 * time.Millisecond) // a scrape costs more than a poll
	defer again.Stop()
	for now() < begun+patience {
		got, err := scrape(p)
		if err != nil {
			return page{}, 0, err
		}
		shown := slices.DeleteFunc(got.times, func(t float64) bool { return t != s.newest() })
		if len(shown) == logs {
			return got, now() - begun, nil
		}
		<-again.C
	}
	return page{}, 0, fmt.Errorf("a snapshot was never shown:\n%.500s", p.Log())
}

func (b *bench) exporter() ([]row, error) {
	rows, err := b.firstStart()
	if err != nil {
		return nil, err
	}
	for _, variant := range []struct {
		work string
		args []string
	}{
		{work: "live analysis", args: nil},
		{work: "no live analysis", args: []string{"--analysis.interval=0s"}},
	} {
		more, err := b.following(variant.work, variant.args...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// firstStart measures how long it takes from the start of the exporter to a complete scrape, with logs of 1 GB.
func (b *bench) firstStart() ([]row, error) {
	s, err := b.newSpool("large", 1<<30)
	if err != nil {
		return nil, err
	}
	var took, used []float64
	for range b.rounds {
		begun := now()
		p, err := b.start(s)
		if err != nil {
			return nil, err
		}
		complete, seconds, err := await(p, s, begun)
		if err := errors.Join(err, p.Stop()); err != nil {
			return nil, err
		}
		took, used = append(took, seconds), append(used, complete.cpu)
	}
	middle := func(list []float64) float64 { return median(list, func(v float64) float64 { return v }) }
	return []row{{
		work: "from first start on 256 logs of 1 GB to a complete scrape", measured: fmt.Sprintf("%.2f s of CPU, with scrapes; wall clock %.2f to %.2f s", middle(used), slices.Min(took), slices.Max(took)),
		figure: middle(took), unit: "s", goal: 1, miss: "This is wall-clock time on a busy machine; the CPU time shows what a free one would need.",
	}}, nil
}

// following measures the memory of a running exporter, and how late it shows a snapshot.
func (b *bench) following(work string, args ...string) (rows []row, err error) {
	s, err := b.newSpool(work, 0)
	if err != nil {
		return nil, err
	}
	p, err := b.start(s, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	if _, _, err := await(p, s, now()); err != nil {
		return nil, err
	}
	var last page
	for range 100 {
		if last, err = scrape(p); err != nil {
			return nil, err
		}
	}
	var late []float64
	for range 10 {
		begun := now()
		if err := s.write(1); err != nil {
			return nil, err
		}
		_, seconds, err := await(p, s, begun)
		if err != nil {
			return nil, err
		}
		late = append(late, seconds)
	}
	slices.Sort(late)
	return []row{
		{work: "resident memory with 256 processes after 100 scrapes, " + work, figure: last.memory / 1e6, unit: "MB", goal: 100, miss: "Live analysis keeps 0.2 MB or more for each process."},
		{work: "longest delay of a snapshot from disk to /metrics, 256 logs written at once, " + work, measured: fmt.Sprintf("median %.2f s, wall clock", late[len(late)/2]), anchor: "polled each second",
			figure: late[len(late)-1], unit: "s", goal: 1.5, miss: "This is wall-clock time on a busy machine that also reads the scrapes."},
	}, nil
}
