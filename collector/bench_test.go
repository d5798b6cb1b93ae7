package collector

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"bro_exporter/internal/spooltest"
)

// BenchmarkScrape measures scrapes by the CPU time of a series, and compares them with one of
// families that are made already, by the same encoder: ours where nothing has changed, ours where
// every process has written a snapshot since, that of a registry, and that of a registry whose
// collector makes the same series as const metrics.
func BenchmarkScrape(b *testing.B) {
	for _, processes := range []int{64, 256, 1024} {
		c := manyProcesses(b, processes)
		registry := registryOf(c)
		families, err := registry.Gather()
		if err != nil {
			b.Fatal(err)
		}
		constant := prometheus.NewRegistry()
		constant.MustRegister(constMetrics(families))
		made := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
		series := 0
		for _, f := range families {
			series += len(f.Metric)
		}
		for _, encoding := range []string{"identity", "gzip"} {
			anchor := 0.0
			for _, bench := range []struct {
				name     string
				gatherer prometheus.TransactionalGatherer
			}{
				{name: "families", gatherer: prometheus.ToTransactionalGatherer(made)},
				{name: "unchanged", gatherer: c},
				{name: "changed", gatherer: changingGatherer{c}},
				{name: "registry", gatherer: prometheus.ToTransactionalGatherer(registry)},
				{name: "const", gatherer: prometheus.ToTransactionalGatherer(constant)},
			} {
				b.Run(fmt.Sprintf("%d/%s/%s", processes, encoding, bench.name), func(b *testing.B) {
					handler := promhttp.HandlerForTransactional(bench.gatherer, promhttp.HandlerOpts{})
					request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
					request.Header.Set("Accept-Encoding", encoding)
					handler.ServeHTTP(nowhere{http.Header{}}, request)
					b.ReportAllocs()
					start := processorTime(b)
					for b.Loop() {
						handler.ServeHTTP(nowhere{http.Header{}}, request)
					}
					used := float64((processorTime(b) - start).Nanoseconds()) / float64(b.N) / float64(series)
					if bench.name == "families" {
						anchor = used
					}
					b.ReportMetric(used, "cpu-ns/series")
					if anchor > 0 {
						b.ReportMetric(used/anchor, "x-families")
					}
				})
			}
		}
	}
}

// BenchmarkPoll measures a second of 256 logs: nothing happens, or each gets a snapshot.
func BenchmarkPoll(b *testing.B) {
	spool := spooltest.New(b)
	log := spooltest.Load(b, "7.0.11/pcap/prof.log")[100:]
	var workers []*spooltest.Node
	for i := range 256 {
		worker := spool.Node(fmt.Sprintf("worker-%d", i))
		worker.Start(log)
		worker.Write(3)
		workers = append(workers, worker)
	}
	c, err := New(Config{Patterns: patterns(spool.Pattern())})
	if err != nil {
		b.Fatal(err)
	}
	c.discover()
	var running sync.WaitGroup
	c.pollAll(&running)
	for _, busy := range []bool{false, true} {
		b.Run(map[bool]string{false: "idle", true: "busy"}[busy], func(b *testing.B) {
			var used time.Duration
			text := workers[0].Next()
			for b.Loop() {
				if busy {
					for _, worker := range workers {
						worker.WriteText(text)
					}
				}
				start := processorTime(b)
				c.pollAll(&running)
				running.Wait()
				used += processorTime(b) - start
			}
			b.ReportMetric(100*used.Seconds()/float64(b.N), "%core-each-second")
		})
	}
}

// BenchmarkStart measures the first poll of 256 logs of 1 GiB.
func BenchmarkStart(b *testing.B) {
	spool := spooltest.New(b)
	text := longTail(b, "7.0.11/pcap/prof.log")
	for i := range 256 {
		worker := spool.Node(fmt.Sprintf("worker-%d", i))
		if err := hole(worker.Path(), 1<<30); err != nil {
			b.Fatal(err)
		}
		file, err := os.OpenFile(worker.Path(), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := file.WriteString(strings.Repeat(text, 3)); err != nil {
			b.Fatal(err)
		}
		file.Close()
	}
	start, read, polls := processorTime(b), bytesRead(b), 0
	for b.Loop() {
		c, err := New(Config{Patterns: patterns(filepath.Join(spool.Dir, "*", "prof.log"))})
		if err != nil {
			b.Fatal(err)
		}
		if n := c.Poll(); n != 256 {
			b.Fatalf("%d read", n)
		}
		polls++
	}
	b.ReportMetric((processorTime(b)-start).Seconds()/float64(polls), "cpu-s/start")
	b.ReportMetric(float64(bytesRead(b)-read)/float64(polls)/256/1024, "KiB/log")
}

// constMetrics is a Collector that makes the same metrics at each scrape, as exporters usually do.
type constMetrics []*dto.MetricFamily

func (constMetrics) Describe(chan<- *prometheus.Desc) {}

func (families constMetrics) Collect(to chan<- prometheus.Metric) {
	for _, f := range families {
		var names []string
		for _, l := range f.Metric[0].Label {
			names = append(names, l.GetName())
		}
		desc := prometheus.NewDesc(f.GetName(), f.GetHelp(), names, nil)
		for _, m := range f.Metric {
			values := make([]string, len(m.Label))
			for i, l := range m.Label {
				values[i] = l.GetValue()
			}
			kind, value := prometheus.GaugeValue, m.Gauge.GetValue()
			if m.Counter != nil {
				kind, value = prometheus.CounterValue, m.Counter.GetValue()
			}
			to <- prometheus.MustNewConstMetric(desc, kind, value, values...)
		}
	}
}

// changingGatherer gives every process a new snapshot before each scrape.
type changingGatherer struct{ *Collector }

func (g changingGatherer) Gather() ([]*dto.MetricFamily, func(), error) {
	for _, n := range g.nodes {
		v := *n.view.Load()
		newest, expensive := *v.newest, *v.expensive
		v.newest, v.expensive = &newest, &expensive
		n.view.Store(&v)
	}
	return g.Collector.Gather()
}

// processorTime returns how long this process has used processors: the machine may be busy with
// other things.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// nowhere is a ResponseWriter that keeps nothing.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n nowhere) WriteHeader(int)             {}
