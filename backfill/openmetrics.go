package backfill

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bro_exporter/collector"
)

// Write writes the history as OpenMetrics: each metric once, each of its series once, and its
// points from old to new. It ends with ctx's error when that is done.
func (h *History) Write(ctx context.Context, out io.Writer) error {
	to := bufio.NewWriterSize(out, 256<<10)
	h.spilled.rewind()
	for i := range h.metrics {
		if err := h.writeMetric(ctx, to, i); err != nil {
			return err
		}
	}
	if _, err := to.WriteString("# EOF\n"); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	if err := to.Flush(); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

func (h *History) writeMetric(ctx context.Context, to *bufio.Writer, metric int) error {
	if len(h.series[metric]) == 0 {
		return nil
	}
	m := &h.metrics[metric]
	family, kind := m.Name, "gauge"
	if m.Type == prometheus.CounterValue {
		family, kind = strings.TrimSuffix(m.Name, "_total"), "counter"
	}
	_, _ = fmt.Fprintf(to, "# TYPE %s %s\n# HELP %s %s\n", family, kind, family, escaped(m.Help))
	for i, s := range h.series[metric] {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := h.writeSeries(to, metric, i, s); err != nil {
			return err
		}
	}
	return nil
}

func (h *History) writeSeries(to *bufio.Writer, metric, i int, s *series) error {
	write := func(p point) { s.write(to, p) }
	for _, run := range h.spilled.runs {
		if err := run.points(metric, i, write); err != nil {
			return fmt.Errorf("cannot read what did not fit into memory: %w", err)
		}
	}
	for _, p := range s.points {
		write(p)
	}
	// A writer that has failed goes on failing: here is often enough to ask.
	if _, err := to.Write(nil); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

func (s *series) write(to *bufio.Writer, p point) {
	b := append(to.AvailableBuffer(), s.name...)
	b = appendValue(append(b, ' '), p.value)
	b = appendSeconds(append(b, ' '), p.at)
	_, _ = to.Write(append(b, '\n'))
}

func appendValue(b []byte, v float64) []byte {
	const exact = 1 << 53
	if v == float64(int64(v)) && v < exact && v > -exact {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

func appendSeconds(b []byte, millis int64) []byte {
	b = strconv.AppendInt(b, millis/1000, 10)
	m := millis % 1000
	return append(b, '.', byte('0'+m/100), byte('0'+m/10%10), byte('0'+m%10))
}

// seriesName returns a series as it stands before its value.
func seriesName(m *collector.Metric, process string, values []string, further []Label) string {
	var b strings.Builder
	fmt.Fprintf(&b, `%s{process="%s"`, m.Name, escaped(process))
	for i, value := range values {
		fmt.Fprintf(&b, `,%s="%s"`, m.Labels[i], escaped(value))
	}
	for _, label := range further {
		fmt.Fprintf(&b, `,%s="%s"`, label.Name, escaped(strings.ToValidUTF8(label.Value, "\uFFFD")))
	}
	return b.String() + "}"
}

func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
