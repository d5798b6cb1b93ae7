package collector

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"

	"bro_exporter/internal/spooltest"
)

// formats are what a scrape may ask for.
var formats = map[string]string{
	"text":                  "text/plain;version=0.0.4",
	"text, UTF-8":           "text/plain;version=1.0.0;escaping=allow-utf-8",
	"text, escaped":         "text/plain;version=1.0.0;escaping=values",
	"OpenMetrics":           "application/openmetrics-text;version=1.0.0",
	"OpenMetrics, UTF-8":    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
	"protobuf":              "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
	"protobuf text":         "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
	"nothing in particular": "",
}

// scrape returns what a handler answers.
func scrape(h http.Handler, accept string) string {
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer.Header().Get("Content-Type") + "\n" + answer.Body.String()
}

var openMetrics = promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true}

// sameAsRegistry compares every byte of a scrape with what client_golang makes of the Collector.
func sameAsRegistry(t *testing.T, c *Collector, what string) {
	t.Helper()
	ours := promhttp.HandlerForTransactional(c, openMetrics)
	theirs := promhttp.HandlerFor(registryOf(c), openMetrics)
	for name, accept := range formats {
		got, want := scrape(ours, accept), scrape(theirs, accept)
		if got == want {
			continue
		}
		g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Errorf("%s, %s: line %d\n got %q\nwant %q", what, name, i+1, g[i], w[i])
				break
			}
		}
		t.Fatalf("%s, %s: %d bytes differ from %d", what, name, len(got), len(want))
	}
}

// All real logs, those of all releases side by side, and names that need to be escaped.
func TestGatherIsWhatARegistryMakes(t *testing.T) {
	c, err := New(Config{Patterns: patterns("../testdata/*/*/prof*.log", "../testdata/excerpts/*.txt")})
	if err != nil {
		t.Fatal(err)
	}
	if n := c.Poll(); n < 30 {
		t.Fatalf("%d logs", n)
	}
	sameAsRegistry(t, c, "all logs")

	spool := spooltest.New(t)
	for _, name := range []string{`quote"d`, "back\\slash", "new\nline", "bad\xff", "z"} {
		worker := spool.Node(name)
		worker.Start(spooltest.Load(t, "3.0.14/live/prof.log"))
		worker.Write(3)
		hostileSnapshot(worker, 1)
	}
	c, err = New(Config{Patterns: patterns(spool.Pattern()), Limits: Limits{Threads: 20}})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	sameAsRegistry(t, c, "hostile names")
}

// Whatever happens between two scrapes, and whether or not somebody still reads the first.
func TestGatherFollowsChanges(t *testing.T) {
	spool := spooltest.New(t)
	logs := logsOf(t, "7.0.11-cluster/worker-1/prof.log", "3.0.14/threads/prof.log", "2.3.2/threads/prof.log", "7.0.11/threads/prof.log")
	random := rand.New(rand.NewPCG(1, 2))
	var all []*soakNode
	for _, name := range []string{"worker-1", "worker-2", "manager", "a"} {
		n := &soakNode{Node: spool.Node(name), logs: logs}
		n.start(random)
		all = append(all, n)
	}
	c, _ := nodesOf(t, Config{Patterns: patterns(spool.Pattern()), ForgetAfter: time.Nanosecond})
	for round := range 20 {
		for _, n := range all {
			if random.IntN(2) == 0 {
				n.live(spool, random)
			}
		}
		c.discover()
		for _, n := range c.nodes {
			n.poll()
		}
		if round%3 == 0 {
			families, done, _ := c.Gather()
			before := text(t, families)
			sameAsRegistry(t, c, "while a scrape is read")
			if text(t, families) != before {
				t.Fatal("what is being read has changed")
			}
			done()
			done()
		}
		sameAsRegistry(t, c, "after a change")
	}
	for _, n := range all {
		if n.forbidden {
			chmod(t, n.Dir, 0o755)
		}
	}
}

// A scrape shows one snapshot of each process, even if others come while it is made.
func TestScrapeShowsOneViewOfEachProcess(t *testing.T) {
	spool := spooltest.New(t)
	worker := spool.Node("worker-1")
	log := spooltest.Load(t, "7.0.11/live/prof.log")
	worker.Start(log)
	worker.Write(2)
	c, nodes := nodesOf(t, Config{Patterns: patterns(spool.Pattern())})
	n := nodes["worker-1"]
	n.poll()
	first := n.view.Load()
	worker.Write(1)
	n.poll()
	second := n.view.Load()
	stamps := map[float64]float64{} // run-time of each, by time stamp
	for _, v := range []*view{first, second} {
		stamps[v.newest.Time] = v.newest.Runtime.Real.Value
	}
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				n.view.Store(first)
				n.view.Store(second)
			}
		}
	})
	registry := registryOf(c)
	for range 300 {
		for name, gatherer := range map[string]prometheus.TransactionalGatherer{"own": c, "registry": prometheus.ToTransactionalGatherer(registry)} {
			families, done, err := gatherer.Gather()
			if err != nil {
				t.Fatal(err)
			}
			stamp, real := only(families, "bro_prof_last_snapshot_timestamp_seconds"), only(families, "bro_runtime_real_seconds_total")
			done()
			if stamps[stamp] != real {
				t.Fatalf("%s: the snapshot of %f with the run-time of another, %v", name, stamp, real)
			}
		}
	}
	close(stop)
	swapping.Wait()
}

// only returns the value of a metric's only series.
func only(families []*dto.MetricFamily, name string) float64 {
	for _, f := range families {
		if f.GetName() == name && len(f.Metric) == 1 {
			return f.Metric[0].GetGauge().GetValue() + f.Metric[0].GetCounter().GetValue()
		}
	}
	return -1
}

func TestGatherWith(t *testing.T) {
	c, err := New(Config{Patterns: patterns("../testdata/3.0.14/live/prof.log")})
	if err != nil {
		t.Fatal(err)
	}
	c.Poll()
	others := prometheus.NewRegistry()
	dropped := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "bro_prof_dropped_series",
		Help: "Threads, globals, timers and findings without a series of their own because of a limit. All but findings are added up as \"other\".",
	}, []string{"process", "collector"})
	dropped.WithLabelValues("live", "findings").Set(3)
	others.MustRegister(dropped, prometheus.NewGauge(prometheus.GaugeOpts{Name: "aaa"}), prometheus.NewGauge(prometheus.GaugeOpts{Name: "zzz"}))
	families, done, err := c.GatherWith(others).Gather()
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	want, err := prometheus.Gatherers{registryOf(c), others}.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, families); got != text(t, want) {
		t.Errorf("got\n%s", got)
	}
}

// A scrape where nothing has changed makes next to nothing before it is encoded.
func TestGatherAllocatesLittle(t *testing.T) {
	const bound = 100
	c := manyProcesses(t, 64)
	n := testing.AllocsPerRun(10, func() {
		_, done, _ := c.Gather()
		done()
	})
	if n > bound {
		t.Errorf("%v allocations in a scrape", n)
	}
}

// manyProcesses returns a Collector of n processes that has polled them once.
func manyProcesses(t testing.TB, n int) *Collector {
	t.Helper()
	spool := spooltest.New(t)
	log := spooltest.Load(t, "7.0.11/pcap/prof.log")[100:]
	for i := range n {
		worker := spool.Node("worker-" + strings.Repeat("a", i/26) + string(rune('a'+i%26)))
		worker.Start(log)
		worker.Write(4)
		worker.Stop()
	}
	c, err := New(Config{Patterns: patterns(spool.Pattern())})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Poll(); got != n {
		t.Fatalf("%d of %d read", got, n)
	}
	return c
}
