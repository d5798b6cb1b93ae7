package dashboards_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bro_exporter/internal/promtool"
)

// Two sites have a sensor and a process of the same name, and in the middle a label of all series changes.
// Neither breaks a rule, and what is wrong in one site is not excused by the other.
const twoSites = `
rule_files: [recording.yml, alerts.yml]
evaluation_interval: 1m
group_eval_order: [GROUPS]
tests:
  - interval: 1m
    input_series:
      # Site a: the process dies at minute 60, but not in site b.
      - series: 'bro_up{cluster="a",ID}'
        values: '1x60 0x60'
      - series: 'bro_process_resident_memory_bytes{cluster="a",ID}'
        values: '1e9x60 stale'
      - series: 'bro_up{cluster="b",ID}'
        values: '1x120'
      - series: 'bro_process_resident_memory_bytes{cluster="b",ID}'
        values: '1e9x120'
      # Both sites: CPU, the busier one is a.
      - series: 'bro_runtime_user_seconds_total{cluster="a",ID}'
        values: '0+60x60 stale'
      - series: 'bro_runtime_system_seconds_total{cluster="a",ID}'
        values: '0+0x60 stale'
      - series: 'bro_sessions_current{cluster="a",ID}'
        values: '100x60 stale'
      - series: 'bro_runtime_user_seconds_total{cluster="b",ID}'
        values: '0+6x120'
      - series: 'bro_runtime_system_seconds_total{cluster="b",ID}'
        values: '0+0x120'
      - series: 'bro_sessions_current{cluster="b",ID}'
        values: '100x120'
      # Site c: the label rack changes at minute 60, while a writer is stuck, another is slow and memory leaks.
      - series: 'bro_thread_messages_pending_in{rack="1",thread="stuck \"dns\"",ID}'
        values: '0+60x60 stale'
      - series: 'bro_thread_queue_in_reads_total{rack="1",thread="stuck \"dns\"",ID}'
        values: '70x60 stale'
      - series: 'bro_thread_queue_in_writes_total{rack="1",thread="stuck \"dns\"",ID}'
        values: '70+60x60 stale'
      - series: 'bro_thread_messages_pending_in{rack="2",thread="stuck \"dns\"",ID}'
        values: '_x60 3600+60x60'
      - series: 'bro_thread_queue_in_reads_total{rack="2",thread="stuck \"dns\"",ID}'
        values: '_x60 70x60'
      - series: 'bro_thread_queue_in_writes_total{rack="2",thread="stuck \"dns\"",ID}'
        values: '_x60 3670+60x60'
      - series: 'bro_thread_messages_pending_in{rack="1",thread="slow",ID}'
        values: '0+30x60 stale'
      - series: 'bro_thread_queue_in_reads_total{rack="1",thread="slow",ID}'
        values: '0+30x60 stale'
      - series: 'bro_thread_messages_pending_in{rack="2",thread="slow",ID}'
        values: '_x60 1800+30x60'
      - series: 'bro_thread_queue_in_reads_total{rack="2",thread="slow",ID}'
        values: '_x60 1800+30x60'
      - series: 'bro_finding{rack="1",level="leak",kind="core",resource="memory (total)",ID}'
        values: '1x60 stale'
      - series: 'bro_finding{rack="2",level="leak",kind="core",resource="memory (total)",ID}'
        values: '_x60 1x60'
      - series: 'bro_finding{rack="2",level="leak",kind="backlog-out",resource="x pending out",ID}'
        values: '_x60 1x60'
      # Sites d and e: the same leak in both, told apart by a label that no rule knows.
      - series: 'bro_finding{site="d",level="leak",kind="intel",resource="x",ID}'
        values: '1x120'
      - series: 'bro_finding_growth_per_second{site="d",level="leak",kind="intel",resource="x",unit="entries",ID}'
        values: '1x120'
      - series: 'bro_memory_exhaustion_timestamp_seconds{site="d",ID}'
        values: '360000x120'
      - series: 'bro_finding{site="e",level="leak",kind="intel",resource="x",ID}'
        values: '1x120'
      - series: 'bro_finding_growth_per_second{site="e",level="leak",kind="intel",resource="x",unit="bytes",ID}'
        values: '2x120'
    promql_expr_test:
      - expr: 'count by (alertname, cluster, rack, thread) (ALERTS{alertstate="firing"})'
        eval_time: 57m
        exp_samples:
          - {labels: '{alertname="BroCPUSaturated", cluster="a"}', value: 1}
          - {labels: '{alertname="BroThreadStuck", rack="1", thread="stuck \"dns\""}', value: 1}
          - {labels: '{alertname="BroQueueInGrowing", rack="1", thread="slow"}', value: 1}
          - {labels: '{alertname="BroCoreLeak", rack="1"}', value: 1}
          - {labels: '{alertname="BroIntelGrowing"}', value: 2}
      # The alert on the leak does not pause when the label changes.
      - expr: 'count by (rack) (ALERTS{alertname="BroCoreLeak", alertstate="firing"})'
        eval_time: 61m
        exp_samples:
          - {labels: '{rack="1"}', value: 1}
      - expr: 'count by (rack) (ALERTS{alertname="BroCoreLeak", alertstate="firing"})'
        eval_time: 63m
        exp_samples:
          - {labels: '{rack="1"}', value: 1}
          - {labels: '{rack="2"}', value: 1}
      - expr: 'count by (alertname, cluster, rack, thread) (ALERTS{alertstate="firing"})'
        eval_time: 119m
        exp_samples:
          - {labels: '{alertname="BroProcessDown", cluster="a"}', value: 1}
          - {labels: '{alertname="BroThreadStuck", rack="2", thread="stuck \"dns\""}', value: 1}
          - {labels: '{alertname="BroQueueInGrowing", rack="2", thread="slow"}', value: 1}
          - {labels: '{alertname="BroQueueOutGrowing", rack="2"}', value: 1}
          - {labels: '{alertname="BroCoreLeak", rack="2"}', value: 1}
          - {labels: '{alertname="BroIntelGrowing"}', value: 2}
    alert_rule_test:
      - alertname: BroIntelGrowing
        eval_time: 119m
        exp_alerts:
          - exp_labels: {severity: warning, site: d, level: leak, kind: intel, resource: x, job: zeek, instance: 's:10147', process: w}
            exp_annotations:
              summary: The intelligence store grows, which it must not after start-up.
              description: 'x of w on s:10147 grows by 3.6k entries an hour. Memory is used up at Jan 5 04:00 UTC.'
              runbook_url: INTEL
              dashboard: http://localhost:3000/d/bro-leak-hunt?var-job=zeek&var-instance=s%3A10147&var-process=w
          - exp_labels: {severity: warning, site: e, level: leak, kind: intel, resource: x, job: zeek, instance: 's:10147', process: w}
            exp_annotations:
              summary: The intelligence store grows, which it must not after start-up.
              description: 'x of w on s:10147 grows by 7.031kiB an hour.'
              runbook_url: INTEL
              dashboard: http://localhost:3000/d/bro-leak-hunt?var-job=zeek&var-instance=s%3A10147&var-process=w
      - alertname: BroThreadStuck
        eval_time: 119m
        exp_alerts:
          - exp_labels: {severity: critical, rack: "2", thread: 'stuck "dns"', job: zeek, instance: 's:10147', process: w}
            exp_annotations:
              summary: A thread of a Bro process is stuck, so nobody writes its log any more and memory grows.
              description: 'Thread stuck "dns" of w on s:10147 has read nothing for 5 minutes: 7.14k messages wait. It is 1h 59m 0s behind.'
              runbook_url: RUNBOOK
              dashboard: http://localhost:3000/d/bro-queues?var-job=zeek&var-instance=s%3A10147&var-process=w&var-thread=stuck+%22dns%22
`

func TestLabelsThatAreAddedOrChange(t *testing.T) {
	test := strings.NewReplacer("ID", `job="zeek",instance="s:10147",process="w"`, "RUNBOOK", runbookOf(t, "BroThreadStuck"), "INTEL", runbookOf(t, "BroIntelGrowing")).Replace(twoSites)
	promtest(t, test)
}

// promtest has promtool run a test of the rules.
func promtest(t *testing.T, test string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"recording.yml", "alerts.yml"} {
		write(t, filepath.Join(dir, name), read(t, name))
	}
	write(t, filepath.Join(dir, "test.yml"), strings.Replace(test, "GROUPS", strings.Join(groups(t), ", "), 1))
	promtool.Run(t, "test", "rules", filepath.Join(dir, "test.yml"))
}

func runbookOf(t *testing.T, alert string) string {
	t.Helper()
	for _, a := range alerts(t) {
		if a.Alert == alert {
			return a.Annotations["runbook_url"]
		}
	}
	t.Fatalf("no alert %s", alert)
	return ""
}

// Findings of each kind and level, and what else no log shows.
func TestFindings(t *testing.T) {
	var series, want strings.Builder
	add := func(name, labels, values string) {
		fmt.Fprintf(&series, "      - series: '%s{job=\"zeek\",instance=\"s:10147\",%s}'\n        values: '%s'\n", name, labels, values)
	}
	for _, level := range []string{"leak", "stuck", "suspected", "note"} {
		for kind, alert := range alertOf() {
			process := level + "-" + string(kind)
			labels := fmt.Sprintf(`process="%s",level="%s",kind="%s",resource="table \"x\\y"`, process, level, kind)
			add("bro_finding", labels, "1x60")
			unit := "entries"
			if kind == "core" {
				unit = "bytes"
			}
			add("bro_finding_growth_per_second", labels+`,unit="`+unit+`"`, "1x60")
			add("bro_finding_onset_timestamp_seconds", labels, "0x60")
			severity := "warning"
			switch {
			case level == "note":
				continue
			case kind == "thread-stuck":
				severity = "critical"
			case level == "suspected" && kind != "dns-stuck":
				severity = "info"
			}
			fmt.Fprintf(&want, "          - {labels: '{alertname=\"%s\", process=\"%s\", severity=\"%s\"}', value: 1}\n", alert, process, severity)
		}
	}
	// Ten hours after the start of the test's clock.
	add("bro_memory_exhaustion_timestamp_seconds", `process="leak-core"`, "36000x60")
	want.WriteString("          - {labels: '{alertname=\"BroMemoryExhaustedSoon\", process=\"leak-core\", severity=\"critical\"}', value: 1}\n")
	add("bro_memory_exhaustion_timestamp_seconds", `process="leak-intel"`, "72000x60")
	add("bro_exporter_unreadable_directories", `x=""`, "2x60")
	want.WriteString("          - {labels: '{alertname=\"BroDirectoryUnreadable\", severity=\"warning\"}', value: 1}\n")
	// An exporter that restarts and reads the history again.
	blink := regexp.MustCompile(`1x60`)
	text := blink.ReplaceAllString(series.String(), "1x35 stale _x10 1x14")

	const annotated = `
      - alertname: BroCoreLeak
        eval_time: 30m
        exp_alerts:
          - exp_labels: {severity: warning, level: leak, kind: core, resource: 'table "x\y', job: zeek, instance: 's:10147', process: leak-core}
            exp_annotations:
              summary: The memory of a Bro process grows while its tables, connections and queues do not.
              description: 'table "x\y of leak-core on s:10147 grows by 3.516kiB an hour, since Jan 1 00:00 UTC. Memory is used up at Jan 1 10:00 UTC.'
              runbook_url: CORE
              dashboard: http://localhost:3000/d/bro-leak-hunt?var-job=zeek&var-instance=s%3A10147&var-process=leak-core
          - exp_labels: {severity: warning, level: stuck, kind: core, resource: 'table "x\y', job: zeek, instance: 's:10147', process: stuck-core}
            exp_annotations:
              summary: The memory of a Bro process grows while its tables, connections and queues do not.
              description: 'table "x\y of stuck-core on s:10147 grows by 3.516kiB an hour, since Jan 1 00:00 UTC.'
              runbook_url: CORE
              dashboard: http://localhost:3000/d/bro-leak-hunt?var-job=zeek&var-instance=s%3A10147&var-process=stuck-core
          - exp_labels: {severity: info, level: suspected, kind: core, resource: 'table "x\y', job: zeek, instance: 's:10147', process: suspected-core}
            exp_annotations:
              summary: The memory of a Bro process grows while its tables, connections and queues do not.
              description: 'table "x\y of suspected-core on s:10147 grows by 3.516kiB an hour, since Jan 1 00:00 UTC. This is suspected, not sure.'
              runbook_url: CORE
              dashboard: http://localhost:3000/d/bro-leak-hunt?var-job=zeek&var-instance=s%3A10147&var-process=suspected-core
`
	test := "rule_files: [recording.yml, alerts.yml]\nevaluation_interval: 1m\ngroup_eval_order: [GROUPS]\ntests:\n  - interval: 1m\n    input_series:\n" + text +
		"    promql_expr_test:\n"
	for _, at := range []string{"30m", "44m"} {
		test += "      - expr: 'count by (alertname, process, severity) (ALERTS{alertstate=\"firing\"})'\n        eval_time: " + at + "\n        exp_samples:\n" + want.String()
	}
	test += "    alert_rule_test:" + strings.ReplaceAll(annotated, "CORE", runbookOf(t, "BroCoreLeak"))
	promtest(t, test)
}
