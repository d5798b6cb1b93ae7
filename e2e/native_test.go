package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"bro_exporter/e2e/stack"
	"bro_exporter/internal/tool"
)

// telemetry serves what a real Zeek has answered to scrapes, the last answer again and again.
func telemetry(t *testing.T, path string) *httptest.Server {
	t.Helper()
	answers := scrapes(read(t, path))
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(answers[min(int(asked.Add(1)), len(answers))-1]))
	}))
	t.Cleanup(server.Close)
	return server
}

var sample = regexp.MustCompile(`(?m)^([a-z]\S*) (\S+)$`)

// scrapes returns the answers of a recording. But for the first it holds only the series that changed.
func scrapes(recording string) (answers []string) {
	parts := strings.Split(recording, "# SCRAPE ")[1:]
	_, answer, _ := strings.Cut(parts[0], "\n")
	answers = append(answers, answer)
	for _, part := range parts[1:] {
		changed := map[string]string{}
		for _, m := range sample.FindAllStringSubmatch(part, -1) {
			changed[m[1]] = m[0]
		}
		answer = sample.ReplaceAllStringFunc(answer, func(line string) string {
			series, _, _ := strings.Cut(line, " ")
			if now, ok := changed[series]; ok {
				return now
			}
			return line
		})
		answers = append(answers, answer)
	}
	return answers
}

// The same processes of a real cluster are seen by prof.log and by Zeek's own telemetry; one sensor has
// both, one only prof.log, one only telemetry. A real Prometheus brings them under one name.
func TestNativeTelemetry(t *testing.T) {
	s := newStack(t)
	_, err := s.Replay("--loop", "--interval=500ms", filepath.Join(tool.Root(), "testdata/9.0.0-rc1-cluster"))
	check(t, err)
	check(t, s.StartExporter())
	worker, manager := telemetry(t, "testdata/9.0.0-rc1-cluster/worker-1/native.prom"), telemetry(t, "testdata/9.0.0-rc1-cluster/manager/native.prom")
	zeromq := telemetry(t, "testdata/9.0.0-rc1-cluster-zeromq/worker-1/native.prom")

	write(t, s.Dir+"/native.yml", strings.ReplaceAll(read(t, "dashboards/native.yml"), "interval: 1m", "interval: 500ms"))
	config := "global: {scrape_interval: 500ms, evaluation_interval: 500ms}\nrule_files: [native.yml]\nscrape_configs:\n"
	config += job("zeek", target{s.Exporter.URL, "both:10147"}, target{s.Exporter.URL, "prof:10147"})
	config += job("zeek_native", target{worker.URL, "both:9991"}, target{manager.URL, "both:9992"}, target{zeromq.URL, "native:9991"})
	write(t, s.Dir+"/native-prometheus.yml", config)
	prometheus, err := s.ServePrometheus("--config.file="+s.Dir+"/native-prometheus.yml", "--storage.tsdb.path="+s.Dir+"/native", "--web.listen-address=127.0.0.1:0")
	check(t, err)

	const workers, processes = 3, 5
	for _, name := range []string{"memory:bytes", "connections:current", "timers:pending", "threads:current", "dns_pending:current", "cpu:rate5m", "connections:rate5m"} {
		await(t, prometheus, "host_process:bro_"+name, processes)
	}
	await(t, prometheus, `host_process:bro_connections:current{process="worker-1"} > 0`, workers)
	// This worker has no threads, so its prof.log lists none.
	await(t, prometheus, "host_process:bro_messages_pending_in:sum", processes-1)
	// Only telemetry knows packets and log records.
	await(t, prometheus, `host_process:bro_packets:rate5m{process="worker-1"} > 0`, 2)
	await(t, prometheus, `host_process:bro_log_writes:rate5m{process="worker-1"} > 0`, 2)
	// Broker knows the events of its own cluster only.
	await(t, prometheus, `host_process:bro_events_out:rate5m{process="worker-1"} > 0`, workers)
	await(t, prometheus, `zeek_broker_outgoing_events_total{instance="native:9991"} == 0`, 1)
	// Before the first timer, and later on workers, telemetry's lag is the time since 1970.
	await(t, prometheus, `zeek_timers_lag_time_seconds > 1e8`, 2)
	await(t, prometheus, `host_process:bro_timers_lag:seconds > 1e8`, 0)

	nativeDashboards(t, prometheus, processes)

	await(t, prometheus, "host_process:bro_native_up:current == 1", 3)
	worker.Close()
	await(t, prometheus, `host_process:bro_native_up:current{host="both",process="worker-1"} == 0`, 1)
	await(t, prometheus, "host_process:bro_connections:current", processes)
}

// nativeDashboards checks the dashboards of a fleet in which some sensors have no prof.log. Each process must
// appear once, and the process with only telemetry must have its panels.
func nativeDashboards(t *testing.T, prometheus *stack.Process, processes int) {
	t.Helper()
	all := queries(t, "-job=zeek_native", "-instance=native", "-process=worker-1")
	expr := func(dashboard, panel string) string {
		i := slices.IndexFunc(all, func(q query) bool { return q.Dashboard == dashboard && q.Row+": "+q.Panel+" "+q.Ref == panel })
		if i < 0 {
			t.Fatalf("%s has no %s", dashboard, panel)
		}
		return all[i].Expr
	}
	const noProfLog = 4 // see stateTexts in dashboards/generate/findings.go
	await(t, prometheus, fmt.Sprintf("%s == %d", expr("bro-overview", "Now: Processes A"), processes), 1)
	await(t, prometheus, expr("bro-overview", "Processes: Processes A"), processes)
	await(t, prometheus, fmt.Sprintf(`(%s) == %d`, expr("bro-overview", "Processes: Processes A"), noProfLog), 1)
	for _, column := range []string{"E", "G", "H", "K"} { // Memory, CPU, Connections, Waiting
		await(t, prometheus, `(`+expr("bro-overview", "Processes: Processes "+column)+`) and on (instance) instance_process:bro_up:native{instance="native"}`, 1)
	}
	await(t, prometheus, expr("bro-overview", "Sensors: Sensors A"), 3)
	await(t, prometheus, expr("bro-fleet", "Now: Sensors A")+" == 3", 1)
	await(t, prometheus, expr("bro-fleet", "Now: Without prof.log A")+" == 1", 1)
	for _, q := range all {
		// Its telemetry shows the lag of timers only as the time since 1970.
		if q.Dashboard == "bro-process" && strings.Contains(q.Expr, "_process:bro_") && !strings.Contains(q.Expr, "bro_timers_lag") {
			check(t, stack.Await("for "+q.Row+": "+q.Panel, func() error {
				series, err := stack.Query(prometheus, q.Expr)
				if err == nil && len(series) != 1 {
					err = fmt.Errorf("%d series: %s", len(series), q.Expr)
				}
				return err
			}))
		}
	}
}

// target is what Prometheus scrapes, under the name of a sensor.
type target struct{ url, instance string }

func job(name string, targets ...target) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - job_name: %s\n    static_configs:\n", name)
	for _, t := range targets {
		fmt.Fprintf(&b, "      - {targets: ['%s'], labels: {instance: '%s'}}\n", strings.TrimPrefix(t.url, "http://"), t.instance)
	}
	return b.String()
}
