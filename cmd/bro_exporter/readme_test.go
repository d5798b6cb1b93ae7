package main

import (
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/cmd/internal/readme"
	"bro_exporter/collector"
	"bro_exporter/spool"
	"bro_exporter/verdict"
)

var update = flag.Bool("update", false, "rewrite the tables of the documentation")

// The tables of the documentation are made from the code.
func TestReadme(t *testing.T) {
	readme.Check(t, "../../README.md", *update, readme.Section{Name: "sample", Content: sample(t)})
	readme.Check(t, "../../docs/metrics.md", *update, readme.Section{Name: "metrics", Content: metricTables()}, readme.Section{Name: "exporter", Content: selfTable(t)})
	readme.Check(t, "../../docs/flags.md", *update, readme.Section{Name: "flags", Content: flags(t)})
}

func metricTables() string {
	types := map[prometheus.ValueType]string{prometheus.GaugeValue: "gauge", prometheus.CounterValue: "counter"}
	var b strings.Builder
	for _, topic := range append([]collector.Topic{collector.Health()}, collector.Topics()...) {
		fmt.Fprintf(&b, "\n**%s**\n\n| metric | type | labels | meaning | line | releases |\n|---|---|---|---|---|---|\n", topic.Name)
		for _, m := range topic.Metrics {
			cells := []string{"`" + m.Name + "`", types[m.Type], strings.Join(m.Labels, ", "), m.Help, m.Line, m.Written()}
			b.WriteString("|")
			for _, cell := range cells {
				fmt.Fprintf(&b, " %s |", strings.ReplaceAll(cell, "|", "\\|"))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n**findings**\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, m := range verdict.Metrics() {
		if m.Name == "bro_prof_dropped_series" {
			continue // it stands above
		}
		fmt.Fprintf(&b, "| `%s` | gauge | %s | %s |\n", m.Name, strings.Join(m.Labels, ", "), m.Help)
	}
	return b.String() + "\n"
}

func flags(t *testing.T) string {
	t.Helper()
	code, help, _ := command(t, "", "--help")
	_, flags, found := strings.Cut(help, "Flags:\n")
	flags, _, _ = strings.Cut(flags, "\nExit status:\n")
	if code != 0 || !found {
		t.Fatalf("code %d:\n%s", code, help)
	}
	return readme.Help(flags)
}

// sample is a part of /metrics that shows what prof.log has: memory, load, threads, tables.
func sample(t *testing.T) string {
	t.Helper()
	_, text, _ := command(t, "", "--once",
		"--prof.path=../../testdata/7.0.11-cluster/*/prof.log", "--prof.path=zeek=../../testdata/3.0.14/table-leak/prof.log")
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		series, _, _ := strings.Cut(line, "} ")
		lines[series+"}"] = line
	}
	var b strings.Builder
	b.WriteString("```\n")
	for _, series := range []string{
		`bro_memory_total_bytes{process="worker-1"}`,
		`bro_connections_current{process="worker-1"}`,
		`bro_tcp_connections{originator="established",process="worker-1",responder="established"}`,
		`bro_thread_messages_pending_in{process="manager",thread="http/Log::WRITER_ASCII"}`,
		`bro_thread_queue_in_writes_total{process="manager",thread="http/Log::WRITER_ASCII"}`,
		`bro_thread_queue_in_reads_total{process="manager",thread="http/Log::WRITER_ASCII"}`,
		`bro_global_table_entries{global="Leak::conns_seen",process="zeek"}`,
	} {
		if lines[series] == "" {
			t.Errorf("/metrics has no %s", series)
		}
		b.WriteString(lines[series])
	}
	b.WriteString("```\n")
	return b.String()
}

// selfTable has the metrics of the exporter itself.
func selfTable(t *testing.T) string {
	t.Helper()
	c, err := collector.New(collector.Config{Patterns: spool.DefaultPatterns()})
	if err != nil {
		t.Fatal(err)
	}
	described := regexp.MustCompile(`fqName: "(.*?)", help: "(.*?)", (?:unit: ".*?", )?constLabels: \{\}, variableLabels: \{(.*?)\}`)
	var rows []string
	for _, self := range c.Self() {
		descs := make(chan *prometheus.Desc, 10)
		self.Describe(descs)
		close(descs)
		for desc := range descs {
			m := described.FindStringSubmatch(desc.String())
			if m == nil {
				t.Fatal(desc)
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |\n", m[1], m[3], m[2]))
		}
	}
	slices.Sort(rows)
	return "\n| metric | labels | meaning |\n|---|---|---|\n" + strings.Join(rows, "") + "\n"
}
