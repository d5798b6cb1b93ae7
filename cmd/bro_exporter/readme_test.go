package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/cmd/internal/readme"
	"bro_exporter/collector"
	"bro_exporter/verdict"
)

var update = flag.Bool("update", false, "rewrite the README's tables")

// The README's tables are made from the code.
func TestReadme(t *testing.T) {
	readme.Check(t, "../../README.md", *update,
		readme.Section{Name: "metrics", Content: metricTables()}, readme.Section{Name: "flags", Content: flags(t)})
}

func metricTables() string {
	types := map[prometheus.ValueType]string{prometheus.GaugeValue: "gauge", prometheus.CounterValue: "counter"}
	var b strings.Builder
	for _, topic := range append([]collector.Topic{collector.Health(0)}, collector.Topics()...) {
		fmt.Fprintf(&b, "\n**%s**\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n", topic.Name)
		for _, m := range topic.Metrics {
			help := strings.ReplaceAll(m.Help, "|", "\\|")
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, types[m.Type], strings.Join(m.Labels, ", "), help)
		}
	}
	b.WriteString("\n**findings**\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, m := range verdict.Metrics() {
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
