package verdict

import (
	"cmp"
	"context"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"bro_exporter/analyze"
	"bro_exporter/collector"
)

// Config configures a Live.
type Config struct {
	// Source returns the processes that are followed now. It must not wait for any file.
	Source func() []collector.Process
	// Interval is how often each process is judged: 10 min if zero.
	Interval time.Duration
	// MemoryLimit is how many bytes all processes together may have. If zero, it is what is left in
	// their Rooms.
	MemoryLimit float64
	Rooms       func(collector.Process) []Room // HostRooms if nil
	Logger      *slog.Logger                   // none if nil
}

// Live keeps an analysis of every process that is followed. It is a prometheus.Collector, and a
// prometheus.Gatherer of itself alone, which costs nothing while there is no other verdict.
type Live struct {
	config Config
	descs  []*prometheus.Desc

	registry *prometheus.Registry // of nothing but itself

	mu     sync.Mutex
	tracks map[string]*track // by path

	gather   sync.Mutex
	shown    []shown             // what families were made of
	families []*dto.MetricFamily // as they were gathered last
}

// shown is a verdict under the name that its process had.
type shown struct {
	process string
	*Verdict
}

// pollInterval is how often logs are looked at for new snapshots.
const pollInterval = 15 * time.Second

// NewLive returns a Live. It knows nothing before Run.
func NewLive(config Config) *Live {
	config.Interval = cmp.Or(config.Interval, 10*time.Minute)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Rooms == nil {
		config.Rooms = HostRooms
	}
	l := &Live{config: config, registry: prometheus.NewRegistry(), tracks: map[string]*track{}}
	for _, m := range Metrics() {
		l.descs = append(l.descs, prometheus.NewDesc(m.Name, m.HelpText(), append([]string{"process"}, m.Labels...), nil))
	}
	l.registry.MustRegister(l)
	return l
}

// Run analyzes until ctx is done.
func (l *Live) Run(ctx context.Context) {
	lowerPriority()
	ticker := time.NewTicker(min(pollInterval, l.config.Interval))
	defer ticker.Stop()
	for ctx.Err() == nil {
		if l.pass(time.Now()) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// pass reads what has been written to the logs, and a piece of what is older in one of them. It
// reports whether there is more of that.
func (l *Live) pass(now time.Time) (more bool) {
	var late []*track
	for _, t := range l.update() {
		if t.due(now) && t.late() {
			late = append(late, t)
			continue
		}
		if t.due(now) {
			l.take(t, now)
		}
		if !t.late() && t.hanging == nil {
			l.judge(t, now)
		}
	}
	if len(late) > 0 {
		l.take(slices.MinFunc(late, older), now)
	}
	return len(late) > 0
}

// older orders by the start of the process; a process without a known start comes last.
func older(a, b *track) int {
	if a.status.Started.IsZero() != b.status.Started.IsZero() {
		if a.status.Started.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(a.status.Started.Compare(b.status.Started), cmp.Compare(a.path, b.path))
}

func (l *Live) take(t *track, now time.Time) {
	if err := t.take(now); err != nil {
		t.pause = now.Add(pollInterval)
		// The collector warns of it.
		l.config.Logger.Debug("Cannot analyze a prof.log", "process", t.status.Name, "path", t.path, "err", err)
	}
}

// update returns a track of each process that is followed now.
func (l *Live) update() []*track {
	followed := l.config.Source()
	var tracks []*track
	l.mu.Lock() // a scrape waits for it
	defer l.mu.Unlock()
	known := l.tracks
	l.tracks = make(map[string]*track, len(followed))
	for _, p := range followed {
		if p.State == collector.Gone {
			continue
		}
		t := known[p.Path]
		if t == nil {
			t = newTrack(p.Path)
		}
		t.status = p
		l.tracks[p.Path] = t
		tracks = append(tracks, t)
	}
	return tracks
}

// judge judges a process, at once if it never was, and then at intervals if it wrote anything.
func (l *Live) judge(t *track, now time.Time) {
	if t.snapshots == t.judged || t.verdict.Load() != nil && now.Before(t.next) {
		return
	}
	t.judged = t.snapshots
	t.next = l.turn(t.path, now)
	report := t.report(t.status.Name)
	memory := course(&report, coursePoints)
	for i := range report.Runs {
		report.Runs[i].Resources = nil // they hold nearly all of its memory
	}
	v := &Verdict{At: now, Course: memory, Report: report}
	v.Exhausted = l.exhaustion(t, v)
	l.tell(t.verdict.Load(), v)
	t.verdict.Store(v)
}

// coursePoints is how many values of its memory are kept of each process.
const coursePoints = 30

// turn returns when to judge the process next: each has its own time in the interval.
func (l *Live) turn(path string, now time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path))
	phase := time.Duration(h.Sum64() % uint64(l.config.Interval))
	return now.Add(-phase).Truncate(l.config.Interval).Add(l.config.Interval + phase)
}

// tell logs what a verdict has that the one before had not.
func (l *Live) tell(before, now *Verdict) {
	type key struct {
		kind     analyze.Kind
		level    analyze.Level
		resource string
	}
	known := map[key]bool{}
	if before != nil {
		for _, f := range before.Current() {
			known[key{f.Kind, f.Level, f.Resource}] = true
		}
	}
	for _, f := range now.Current() {
		if f.Level >= analyze.Suspected && !known[key{f.Kind, f.Level, f.Resource}] {
			l.config.Logger.Warn(headline(f.Level), "process", now.Process, "kind", string(f.Kind), "finding", f.Text, "advice", f.Advice)
		}
	}
}

func headline(level analyze.Level) string {
	switch level {
	case analyze.Leak:
		return "A process leaks"
	case analyze.Stuck:
		return "A process is stuck"
	default:
		return "A process may leak"
	}
}

// Verdicts returns the newest verdict on each process that was judged.
func (l *Live) Verdicts() map[string]Verdict {
	all := l.newest()
	verdicts := make(map[string]Verdict, len(all))
	for _, s := range all {
		v := *s.Verdict
		v.Process = s.process
		verdicts[s.process] = v
	}
	return verdicts
}

// newest returns the newest verdicts by the names of their processes.
func (l *Live) newest() []shown {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]shown, 0, len(l.tracks))
	for _, t := range l.tracks {
		if v := t.verdict.Load(); v != nil {
			all = append(all, shown{t.status.Name, v})
		}
	}
	slices.SortFunc(all, func(a, b shown) int { return cmp.Compare(a.process, b.process) })
	return all
}

// Gather implements prometheus.Gatherer. Its families are made again only when there is another verdict:
// change nothing in them.
func (l *Live) Gather() ([]*dto.MetricFamily, error) {
	l.gather.Lock()
	defer l.gather.Unlock()
	all := l.newest()
	if l.families != nil && slices.Equal(all, l.shown) {
		return l.families, nil
	}
	families, err := l.registry.Gather()
	if err == nil {
		l.shown, l.families = all, families
	}
	return families, err
}

// Describe implements prometheus.Collector.
func (l *Live) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range l.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It waits for no analysis.
func (l *Live) Collect(ch chan<- prometheus.Metric) {
	for _, s := range l.newest() {
		s.Series(func(metric int, value float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(l.descs[metric], prometheus.GaugeValue, value, append([]string{s.process}, labels...)...)
		})
	}
}

// Report analyzes a process now, with all of its numbers over time; false if it is not followed.
func (l *Live) Report(process string) (r analyze.Report, ok bool) {
	l.mu.Lock()
	var of *track
	for _, t := range l.tracks {
		if t.status.Name == process {
			of = t
		}
	}
	l.mu.Unlock()
	if of == nil {
		return r, false
	}
	return of.report(process), true
}
