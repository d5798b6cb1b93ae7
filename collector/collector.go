// Package collector turns the prof.logs of a host into Prometheus metrics. It finds them by
// patterns, follows each, and exposes the newest snapshot of every Bro or Zeek process.
//
//	c, err := collector.New(collector.Config{Patterns: spool.DefaultPatterns()})
//	registry.MustRegister(c)
//	go c.Run(ctx)
//
// Collecting does no I/O and waits for no file: it shows what the last look at each file has
// found. Each file is looked at by a goroutine of its own, so that one that hangs does not keep
// the others.
//
// # How files are read, and what is guarded
//
// The tail library reads a file from where the last look ended to its end; it never follows
// one. So its known weaknesses with renamed directories, missing paths, truncated files and fatal
// stat errors, at which it ends the program, cannot be met: nothing of it lives between two looks.
// What remains is guarded here:
//
//   - A path is only read while it is a regular file. A directory, FIFO, socket or device is an
//     error that is counted; so is a file whose last MiB holds no newline.
//   - What tells a file from another of the same name is the device, the inode, and the last 8 KiB
//     that were read, which must still stand where they stood: before each look, and after it, or
//     what it read does not count. A process that restarts truncates its prof.log and writes on at
//     once, so neither the inode nor the size tells. A hash of the file's beginning would not
//     do: the first snapshot of a worker has the time stamp 0 and the same command line each time.
//   - What was delivered is held against the size of the file.
//   - After any doubt reading starts again with the newest snapshots, since only those matter; the
//     reason is counted. A file that has grown by more than 16 MiB is also read from its end.
//   - A file that cannot be read is tried again less and less often, at least every 16th look.
//
// A line that is written to a file between the last look and its replacement is lost; for values
// of which only the newest counts that is harmless. A FIFO that takes a file's place in the
// microseconds between stat and open stops its own goroutine, and no other.
package collector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/spool"
)

// Config says what to collect and how often to look. Zero intervals mean the defaults.
type Config struct {
	Patterns          []spool.Pattern
	Topics            []Topic       // all of Topics() if nil
	DiscoveryInterval time.Duration // how often the patterns are tried again: 15 s
	PollInterval      time.Duration // how often each file is looked at: 1 s
	StaleAfter        time.Duration // bro_up is 0 when a file was not written to for so long: 2 min
	ForgetAfter       time.Duration // how long bro_up 0 stays when a file is gone: 1 h
	Limits            Limits
	Logger            *slog.Logger // none if nil
	Observer          Observer     // nobody if nil
}

// Collector is a prometheus.Collector of every Bro process that its patterns find.
type Collector struct {
	config  Config
	parts   []prometheus.Collector
	ready   chan struct{}
	resyncs *prometheus.CounterVec
	finder  *spool.Finder

	mu    sync.Mutex
	nodes map[string]*node // by path
	found spool.Report     // by the last search
}

// node is a prof.log that was found.
type node struct {
	process string
	view    *view
	missing time.Time // since when discovery finds it no more, zero if it does
	stop    context.CancelFunc
}

// New returns a Collector. It finds nothing before Run or Look.
func New(config Config) (*Collector, error) {
	if len(config.Patterns) == 0 {
		return nil, errors.New("no patterns: there is nothing to collect")
	}
	for _, interval := range []struct {
		value    *time.Duration
		fallback time.Duration
		name     string
	}{
		{&config.DiscoveryInterval, 15 * time.Second, "discovery interval"},
		{&config.PollInterval, time.Second, "poll interval"},
		{&config.StaleAfter, 2 * time.Minute, "stale-after"},
		{&config.ForgetAfter, time.Hour, "forget-after"},
	} {
		if *interval.value < 0 {
			return nil, fmt.Errorf("%s is below zero: %v", interval.name, *interval.value)
		}
		if *interval.value == 0 {
			*interval.value = interval.fallback
		}
	}
	for _, limit := range []*int{&config.Limits.Threads, &config.Limits.Globals} {
		if *limit < 0 {
			return nil, fmt.Errorf("a limit is below zero: %d", *limit)
		}
	}
	config.Limits = config.Limits.withDefaults()
	if config.Topics == nil {
		config.Topics = Topics()
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Collector{config: config, ready: make(chan struct{}), nodes: map[string]*node{}, finder: spool.NewFinder(config.Patterns)}
	c.resyncs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bro_exporter_resyncs_total",
		Help: "How often a prof.log was read from its newest blocks on because it was not the file it had been.",
	}, []string{"reason"})
	c.parts = append(c.parts, newTopicCollector(Health(config.StaleAfter), c.views))
	for _, topic := range config.Topics {
		c.parts = append(c.parts, newTopicCollector(topic, c.views))
	}
	return c, nil
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, part := range c.parts {
		part.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	for _, part := range c.parts {
		part.Collect(ch)
	}
}

// Self returns the metrics of the Collector itself, for another registry than that of the
// processes.
func (c *Collector) Self() []prometheus.Collector {
	return []prometheus.Collector{
		c.resyncs,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bro_exporter_processes",
			Help: "Bro processes whose prof.log is there or was there lately.",
		}, func() float64 { return float64(c.known()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "bro_exporter_unreadable_directories",
			Help: "Directories that the patterns name and the exporter may not read: it misses the prof.logs in them.",
		}, func() float64 { return float64(len(c.report().Unreadable())) }),
		matches{c},
	}
}

// Ready is closed when Run has looked at every prof.log once.
func (c *Collector) Ready() <-chan struct{} { return c.ready }

// report returns what the last search has found.
func (c *Collector) report() spool.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found
}

// matches exposes how many prof.logs each pattern finds.
type matches struct{ *Collector }

var matchesDesc = prometheus.NewDesc("bro_exporter_pattern_matches", "prof.logs that the pattern finds.", []string{"pattern"}, nil)

// Describe implements prometheus.Collector.
func (m matches) Describe(ch chan<- *prometheus.Desc) { ch <- matchesDesc }

// Collect implements prometheus.Collector.
func (m matches) Collect(ch chan<- prometheus.Metric) {
	seen := map[string]bool{}
	for _, s := range m.report().Searched {
		pattern := valid(s.Pattern.String())
		if seen[pattern] {
			continue
		}
		seen[pattern] = true
		ch <- prometheus.MustNewConstMetric(matchesDesc, prometheus.GaugeValue, float64(s.Matches), pattern)
	}
}

func (c *Collector) known() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.nodes)
}

// views returns what is known of each process now.
func (c *Collector) views() []view {
	c.mu.Lock()
	defer c.mu.Unlock()
	views := make([]view, 0, len(c.nodes))
	for path, n := range c.nodes {
		v := view{path: path}
		if n.view != nil {
			v = *n.view
		}
		v.process = n.process
		views = append(views, v)
	}
	return views
}

// Look looks once at every prof.log there is, takes it as it is although its process may be
// about to write more, and returns how many could be read.
func (c *Collector) Poll() int {
	read := 0
	for _, file := range c.find().Files {
		// What is half written today will not be completed in the time that we have.
		v := c.newFollower(file).poll(time.Now().Add(givenUp))
		if v.file.readable {
			read++
		}
		c.mu.Lock()
		c.nodes[file.Path] = &node{process: file.Process, view: v}
		c.mu.Unlock()
	}
	return read
}

// Run follows all prof.logs until ctx is done.
func (c *Collector) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	first := c.discover(ctx, &running)
	running.Go(func() {
		first.Wait()
		close(c.ready)
	})
	ticker := time.NewTicker(c.config.DiscoveryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.discover(ctx, &running)
		}
	}
}

func (c *Collector) newFollower(file spool.File) *follower {
	return newFollower(file, c.config, c.resyncs)
}

// discover begins to follow what is new and forgets what has long been gone. It returns what
// to wait for until all that is new has been looked at once.
func (c *Collector) discover(ctx context.Context, running *sync.WaitGroup) (first *sync.WaitGroup) {
	first = new(sync.WaitGroup)
	files := c.find().Files
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget(files)
	for _, file := range files {
		if n := c.nodes[file.Path]; n != nil {
			n.missing = time.Time{}
			continue
		}
		c.config.Logger.Info("Following a prof.log", "process", file.Process, "path", file.Path)
		follow, stop := context.WithCancel(ctx)
		n := &node{process: file.Process, stop: stop}
		c.nodes[file.Path] = n
		first.Add(1)
		running.Go(func() { c.follow(follow, c.newFollower(file), n, first.Done) })
	}
	return first
}

// find searches for prof.logs, and logs when a directory becomes unreadable or readable.
func (c *Collector) find() spool.Report {
	r := c.finder.Find()
	c.mu.Lock()
	defer c.mu.Unlock()
	before, followed := map[string]bool{}, map[string]bool{}
	for _, u := range c.found.Unreadable() {
		before[u.Path] = true
	}
	for _, f := range r.Files {
		followed[filepath.Dir(f.Path)] = true
	}
	for _, u := range r.Unreadable() {
		// Its follower tells about the directory of a prof.log that is followed.
		if !before[u.Path] && !followed[u.Path] {
			c.config.Logger.Warn("Cannot see what is in a directory: run the exporter as a user who may read it, such as the one Zeek runs as", "dir", u.Path, "err", u.Err)
		}
		delete(before, u.Path)
	}
	for dir := range before {
		if followed[dir] {
			continue
		}
		c.config.Logger.Info("Can see what is in a directory again", "dir", dir)
	}
	c.found = r
	return r
}

// forget stops following files that are no more: long since, or because their process has
// moved to one of those that were found.
func (c *Collector) forget(found []spool.File) {
	paths, processes := map[string]bool{}, map[string]bool{}
	for _, f := range found {
		paths[f.Path], processes[f.Process] = true, true
	}
	now := time.Now()
	for path, n := range c.nodes {
		if paths[path] {
			continue
		}
		if n.missing.IsZero() {
			n.missing = now
		}
		if now.Sub(n.missing) >= c.config.ForgetAfter || processes[n.process] {
			c.config.Logger.Info("Forgetting a prof.log that is gone", "process", n.process, "path", path)
			n.stop()
			delete(c.nodes, path)
			if c.config.Observer != nil {
				c.config.Observer.End(n.process, path)
			}
		}
	}
}

// follow looks at a file until ctx is done.
func (c *Collector) follow(ctx context.Context, f *follower, n *node, looked func()) {
	ticker := time.NewTicker(c.config.PollInterval)
	defer ticker.Stop()
	for done := looked; ; done = func() {} {
		v := f.poll(time.Now())
		c.mu.Lock()
		n.view = v
		c.mu.Unlock()
		done()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
