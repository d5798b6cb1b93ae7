package dashboards_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"bro_exporter/collector"
	"bro_exporter/parse"
	"bro_exporter/verdict"
)

// recorder has what Prometheus would have scraped of one sensor: for each series, by its name with
// labels, a value for every scrape.
type recorder struct {
	sensor  string
	every   time.Duration
	metrics []string // the only ones that are kept
	series  map[string][]string
	scrapes int
}

// absent is how promtool writes a scrape without the series.
const absent = "_"

func newRecorder(sensor string, every time.Duration, metrics []string) *recorder {
	return &recorder{sensor: sensor, every: every, metrics: metrics, series: map[string][]string{}}
}

// name returns a series as it is after the scrape, "" if the metric is not wanted. Labels are in
// pairs.
func (r *recorder) name(metric string, labels ...string) string {
	if !slices.Contains(r.metrics, metric) {
		return ""
	}
	name := fmt.Sprintf(`%s{job="zeek",instance=%q`, metric, r.sensor)
	for pair := range slices.Chunk(labels, 2) {
		name += "," + pair[0] + "=" + strconv.Quote(pair[1])
	}
	return name + "}"
}

func (r *recorder) scrape(exposed map[string]float64) {
	for name, value := range exposed {
		for len(r.series[name]) < r.scrapes {
			r.series[name] = append(r.series[name], absent)
		}
		r.series[name] = append(r.series[name], strconv.FormatFloat(value, 'g', -1, 64))
	}
	r.scrapes++
}

func (r *recorder) lasts() time.Duration { return time.Duration(r.scrapes) * r.every }

// write writes the series for promtool. What ends before the last scrape does so by a stale marker.
func (r *recorder) write(w *strings.Builder) {
	for _, name := range slices.Sorted(maps.Keys(r.series)) {
		values := r.series[name]
		if len(values) < r.scrapes {
			values = append(values, "stale")
		}
		fmt.Fprintf(w, "      - series: '%s'\n        values: '%s'\n", strings.ReplaceAll(name, "'", "''"), runs(values))
	}
}

// runs joins values; of equal ones that follow each other, one is written and how many more come.
func runs(values []string) string {
	var words []string
	for len(values) > 0 {
		n := 1
		for n < len(values) && values[n] == values[0] {
			n++
		}
		switch {
		case n == 1:
			words = append(words, values[0])
		case values[0] == absent:
			words = append(words, fmt.Sprintf("%sx%d", absent, n))
		default:
			words = append(words, fmt.Sprintf("%sx%d", values[0], n-1))
		}
		values = values[n:]
	}
	return strings.Join(words, " ")
}

// player lets a process of the past write its snapshots once more, and a recorder scrape it.
type player struct {
	*recorder
	process  string
	stretch  float64
	history  *collector.History
	known    []collector.Metric
	exposed  map[string]float64
	findings map[string]float64 // exposed as well
	from     float64            // when the process started, in seconds since the first scrape
	now      float64
	real     float64
}

// restarting is how many seconds of the log a process is away when it restarts.
const restarting = 2

// newPlayer returns a player. Time is what the process itself counted, real=, for packet time may
// stand still; stretched, so that some minutes show what else takes hours. The CPU seconds are
// stretched with it.
func newPlayer(r *recorder, process string, stretch float64) *player {
	return &player{
		recorder: r, process: process, stretch: stretch,
		history: collector.NewHistory(collector.Limits{}), known: collector.HistoryMetrics(),
	}
}

// play writes a snapshot, once all scrapes before it are done.
func (p *player) play(snapshot *parse.Snapshot) {
	real := snapshot.Runtime.Real.Value
	if real < p.real {
		p.from = p.now + restarting*p.stretch
	}
	p.real = real
	at := p.from + real*p.stretch
	for p.lasts().Seconds() < at {
		p.scrape(p.exposed)
	}
	p.now = at
	for _, seconds := range []*parse.Opt[float64]{&snapshot.Runtime.Real, &snapshot.Runtime.User, &snapshot.Runtime.Sys} {
		seconds.Value *= p.stretch
	}
	p.exposed = map[string]float64{}
	p.history.Add(snapshot, func(metric int, value float64, labels ...string) {
		m := &p.known[metric]
		if !slices.Contains(p.metrics, m.Name) {
			return
		}
		pairs := []string{"process", p.process}
		for i, label := range m.Labels {
			pairs = append(pairs, label, labels[i])
		}
		p.exposed[p.name(m.Name, pairs...)] = value
	})
	maps.Copy(p.exposed, p.findings)
}

// judge lets the exporter expose a verdict from now on.
func (p *player) judge(v *verdict.Verdict) {
	p.findings = map[string]float64{}
	v.Series(func(metric int, value float64, labels ...string) {
		m := verdict.Metrics()[metric]
		if !slices.Contains(p.metrics, m.Name) {
			return
		}
		pairs := []string{"process", p.process}
		for i, label := range m.Labels {
			pairs = append(pairs, label, labels[i])
		}
		p.findings[p.name(m.Name, pairs...)] = value
	})
}

// end has the last snapshot scraped, and what was found at the end, for as long as alerts wait.
func (p *player) end() {
	for range 25 {
		p.scrape(p.exposed)
		maps.Copy(p.exposed, p.findings)
	}
}
