package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/collector"
)

var update = flag.Bool("update", false, "rewrite the README's tables")

// The README's tables are made from the code.
func TestReadme(t *testing.T) {
	const path = "../../README.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := section(t, string(b), "metrics", metricTables())
	want = section(t, want, "flags", "```\n"+flags(t)+"```\n")
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(b) {
		t.Error("README.md has not the tables that the code makes: run go test ./... -update, and read the diff")
	}
}

// section replaces what text holds between two comments.
func section(t *testing.T, text, name, content string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	head, rest, found := strings.Cut(text, begin)
	_, tail, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("README.md lacks %q or %q", begin, end)
	}
	return head + begin + content + end + tail
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
	return b.String() + "\n"
}

func flags(t *testing.T) string {
	t.Helper()
	code, help, _ := command(t, "", "--help")
	_, flags, found := strings.Cut(help, "Flags:\n")
	if code != 0 || !found {
		t.Fatalf("code %d:\n%s", code, help)
	}
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(flags, "\n") + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}
