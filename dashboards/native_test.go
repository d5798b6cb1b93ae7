package dashboards_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"

	"bro_exporter/internal/promtool"
)

func alertsOfNative(t testing.TB) (names []string) {
	t.Helper()
	var content struct{ Groups []group }
	if err := yaml.Unmarshal([]byte(read(t, "native.yml")), &content); err != nil {
		t.Fatal(err)
	}
	for _, g := range content.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				names = append(names, r.Alert)
			}
		}
	}
	if len(names) == 0 {
		t.Fatal("native.yml has no alerts")
	}
	return names
}

// nativeSensor is a sensor that is scraped by two jobs for an hour, a value each minute.
type nativeSensor struct {
	host string
	// process and node are what bro_exporter and Zeek call it.
	process, node string
	series        map[string]string
	alerts        []string
	// connections is what host_process:bro_connections:current must be; none if "".
	connections string
}

func nativeSensors() []nativeSensor {
	const version = `zeek_version_info{N,version_string="9.0.0"}`
	return []nativeSensor{
		{
			host: "both", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "1x60", `bro_connections_current{P}`: "10x60",
				`up{N}`: "1x60", version: "1x60",
				`zeek_active_sessions{N,protocol="tcp"}`: "8x60", `zeek_active_sessions{N,protocol="udp"}`: "3x60",
			},
			connections: "10",
		},
		{
			host: "prof", process: "worker-1",
			series:      map[string]string{`bro_up{P}`: "1x60", `bro_connections_current{P}`: "20x60"},
			connections: "20",
		},
		{
			host: "native", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`up{N}`: "1x60", version: "1x60",
				`zeek_active_sessions{N,protocol="tcp"}`: "28x60", `zeek_active_sessions{N,protocol="udp"}`: "2x60",
			},
			connections: "30",
		},
		{
			host: "standalone", process: "zeek",
			series: map[string]string{
				`bro_up{P}`: "1x60", `bro_connections_current{P}`: "40x60",
				`up{N}`: "1x60", version: "1x60", `zeek_active_sessions{N,protocol="tcp"}`: "41x60",
			},
			connections: "40",
		},
		{
			host: "old-log", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "0x60", `bro_connections_current{P}`: "1x60",
				`up{N}`: "1x60", version: "1x60", `zeek_active_sessions{N,protocol="tcp"}`: "50x60",
			},
			connections: "50",
		},
		{
			host: "busy", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "1x60", `bro_connections_current{P}`: "60x60",
				`up{N}`: "1x20 0x40", version: "1x20 _x40",
			},
			alerts:      []string{"BroProcessBusy"},
			connections: "60",
		},
		{
			host: "hangs", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "1x22 0x38", `bro_connections_current{P}`: "70x60", `bro_process_resident_memory_bytes{P}`: "1e9x60",
				`up{N}`: "1x20 0x40", version: "1x20 _x40",
			},
			alerts: []string{"BroProcessHangs"},
		},
		{
			host: "one-missed-scrape", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "1x60", `bro_connections_current{P}`: "80x60",
				`up{N}`: "1x49 0x0 1x9", version: "1x60",
			},
			connections: "80",
		},
		{
			host: "drops", process: "worker-1", node: "worker-1",
			series: map[string]string{
				`bro_up{P}`: "1x60", `bro_connections_current{P}`: "90x60", `up{N}`: "1x60", version: "1x60",
				`zeek_net_received_packets_total{N}`: "0+9500x60", `zeek_net_dropped_packets_total{N}`: "0+500x60",
			},
			alerts:      []string{"BroPacketsDropped"},
			connections: "90",
		},
	}
}

// A fleet in which some sensors have only prof.log, some only telemetry and some both: each process is
// there once, and a process that hangs is told from one that is busy.
func TestNativeRules(t *testing.T) {
	var input, connections strings.Builder
	alerts := map[string]*strings.Builder{}
	for _, name := range alertsOfNative(t) {
		alerts[name] = &strings.Builder{}
	}
	for _, s := range nativeSensors() {
		labels := strings.NewReplacer(
			"{P", fmt.Sprintf(`{job="zeek",instance="%s:10147",process="%s",site="a"`, s.host, s.process),
			"{N", strings.Replace(fmt.Sprintf(`{job="zeek_native",instance="%s:9991",node="%s"`, s.host, s.node), `,node=""`, "", 1),
		)
		for series, values := range s.series {
			if strings.HasPrefix(series, "up{") { // a target's own series has no label of Zeek's
				series = fmt.Sprintf(`up{job="zeek_native",instance="%s:9991"}`, s.host)
			}
			fmt.Fprintf(&input, "      - {series: '%s', values: '%s'}\n", labels.Replace(series), values)
		}
		if s.connections != "" {
			fmt.Fprintf(&connections, "          - {labels: 'host_process:bro_connections:current{host=\"%s\",process=\"%s\"}', value: %s}\n", s.host, s.process, s.connections)
		}
		for _, name := range s.alerts {
			fmt.Fprintf(alerts[name], "          - {exp_labels: {host: %s, process: %s}}\n", s.host, s.process)
		}
	}
	var test strings.Builder
	fmt.Fprintf(&test, "rule_files: [native.yml]\nevaluation_interval: 1m\ngroup_eval_order: [bro_native, bro_native_alerts]\ntests:\n  - interval: 1m\n    input_series:\n%s    promql_expr_test:\n      - expr: host_process:bro_connections:current\n        eval_time: 50m\n        exp_samples:\n%s", &input, &connections)
	for name, firing := range alerts {
		fmt.Fprintf(&test, "      - expr: 'max by (host, process) (ALERTS{alertname=\"%s\",alertstate=\"firing\"})'\n        eval_time: 50m\n        exp_samples:\n%s", name,
			strings.NewReplacer("{exp_labels: {host: ", "{labels: '{host=\"", ", process: ", "\",process=\"", "}}", "\"}', value: 1}").Replace(firing.String()))
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "native.yml"), read(t, "native.yml"))
	write(t, filepath.Join(dir, "test.yml"), test.String())
	promtool.Run(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, "native.yml"))
	promtool.Run(t, "test", "rules", filepath.Join(dir, "test.yml"))
}
