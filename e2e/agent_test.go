package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bro_exporter/e2e/stack"
	"bro_exporter/e2e/timelapse"
	"bro_exporter/internal/tool"
)

// This test runs the example's own files: a Prometheus agent scrapes the exporter and writes to another
// Prometheus. Samples scraped while that one is away arrive later.
func TestRemoteWrite(t *testing.T) {
	s, store, address := startSensor(t)
	agent := startAgent(t, s, "site-a", "sensor7", address)

	const sensor = `{job="zeek",instance="sensor7:10147",sensor="sensor7",cluster="site-a"}`
	await(t, store, "bro_up"+sensor, 4)
	await(t, store, "up"+sensor, 1)
	await(t, store, "instance_process:bro_memory:bytes", 4)
	await(t, store, `{sensor!="",instance!="sensor7:10147"}`, 0)
	await(t, store, `{__name__=~"go_.*|promhttp_.*"}`, 0)

	check(t, store.Stop())
	from := time.Now()
	scraped := appended(t, agent)
	check(t, stack.Await("for scrapes without a store", func() error {
		if appended(t, agent) < 2*scraped {
			return errors.New("too few")
		}
		return nil
	}))
	to := time.Now()
	store = startStore(t, s, address)
	await(t, store, fmt.Sprintf("count_over_time(up%s[%dms] @ %.3f) > 2", sensor, to.Sub(from).Milliseconds(), float64(to.UnixMilli())/1000), 1)
}

// An agent that does not know its sensor's name writes nothing: all sensors would write the same series.
func TestRemoteWriteWithoutSensor(t *testing.T) {
	s, store, address := startSensor(t)
	nameless := startAgent(t, s, "site-a", "", address)
	check(t, stack.Await("for scrapes", func() error {
		if appended(t, nameless) < 1000 {
			return errors.New("too few")
		}
		return nil
	}))
	startAgent(t, s, "site-a", "sensor7", address)
	await(t, store, `bro_up{sensor="sensor7"}`, 4)
	await(t, store, `{sensor="",__name__=~"bro_.+|up"}`, 0)
}

// startSensor starts an exporter on a cluster that is played, and a store without an agent.
func startSensor(t *testing.T) (s *stack.Stack, store *stack.Process, address string) {
	t.Helper()
	s = newStack(t)
	_, err := s.Replay("--loop", "--interval=500ms", filepath.Join(tool.Root(), "testdata/7.0.11-cluster"))
	check(t, err)
	check(t, s.StartExporter())
	store = startStore(t, s, "127.0.0.1:0")
	return s, store, strings.TrimPrefix(store.URL, "http://")
}

// center writes the configuration of the center to dir, with all intervals shortened by speed.
func center(t *testing.T, dir string, speed int) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Join(dir, "rules"), 0o755))
	interval := scrapeInterval(speed)
	write(t, filepath.Join(dir, "prometheus.yml"), strings.Replace(read(t, "examples/fleet/prometheus-central.yml"), "evaluation_interval: 15s", "evaluation_interval: "+interval, 1))
	for name, from := range map[string]string{
		"fleet.yml":     "examples/fleet/fleet.yml",
		"alerts.yml":    "dashboards/alerts.yml",
		"recording.yml": "dashboards/recording.yml",
	} {
		text := []byte(read(t, from))
		if speed > 1 {
			var err error
			text, err = timelapse.Rules(text, speed, "BroMemoryExhaustedSoon") // it compares the logs' time with the clock
			check(t, err)
		}
		write(t, filepath.Join(dir, "rules", name), string(text))
	}
}

// scrapeInterval is how often agents scrape at some speed.
func scrapeInterval(speed int) string {
	if speed == 1 {
		return "15s"
	}
	return (time.Minute / time.Duration(speed)).String()
}

// startStore starts the Prometheus that the agents write to, with all its rules.
func startStore(t *testing.T, s *stack.Stack, address string) *stack.Process {
	t.Helper()
	dir := filepath.Join(s.Dir, "store")
	center(t, dir, s.Speed)
	p, err := s.ServePrometheus("--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/data", "--web.enable-remote-write-receiver",
		"--web.listen-address="+address)
	check(t, err)
	return p
}

// startAgent starts a sensor's agent with another exporter, other stores and short waits.
func startAgent(t *testing.T, s *stack.Stack, cluster, sensor string, stores ...string) *stack.Process {
	t.Helper()
	config := filepath.Join(s.Dir, "prometheus-agent"+sensor+".yml")
	exporter := strings.TrimPrefix(s.Exporter.URL, "http://")
	text := strings.NewReplacer("['localhost:10147']", "['"+exporter+"']\n        labels: {instance: 'localhost:10147'}", "cluster: site-a", "cluster: "+cluster, "scrape_interval: 15s", "scrape_interval: "+scrapeInterval(s.Speed),
		"max_backoff: 30s", "max_backoff: 1s").Replace(read(t, "examples/fleet/prometheus-agent.yml"))
	before, writes, found := strings.Cut(text, "remote_write:\n")
	if !found || !strings.Contains(writes, "url: http://store:9090/") {
		t.Fatal("the example writes to no store")
	}
	text = before + "remote_write:\n"
	for _, store := range stores {
		text += strings.ReplaceAll(writes, "store:9090", store)
	}
	write(t, config, text)
	t.Setenv("SENSOR", sensor)
	p, err := s.ServePrometheus("--agent", "--config.file="+config, "--storage.agent.path="+s.Dir+"/agent"+sensor, "--web.listen-address=127.0.0.1:0",
		"--storage.remote.flush-deadline=1s") // the stores are stopped first
	check(t, err)
	return p
}

// await waits until a query has a number of series.
func await(t *testing.T, prometheus *stack.Process, expr string, want int) {
	t.Helper()
	check(t, stack.Await("for "+expr, func() error {
		series, err := stack.Query(prometheus, expr)
		if err == nil && len(series) != want {
			err = fmt.Errorf("%d series, want %d: %v", len(series), want, series)
		}
		return err
	}))
}

// appended returns how many samples an agent has scraped so far.
func appended(t *testing.T, agent *stack.Process) float64 {
	t.Helper()
	return value(t, agent, "prometheus_agent_samples_appended_total")
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(tool.Root(), path))
	check(t, err)
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	check(t, os.WriteFile(path, []byte(text), 0o644))
}
