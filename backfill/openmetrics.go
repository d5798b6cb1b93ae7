package backfill

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Write writes the history of all processes that have ended as OpenMetrics: each metric once, each of
// its series once, and its points from old to new. It can be called once. It ends with ctx's error when
// that is done.
func (h *History) Write(ctx context.Context, out io.Writer) error {
	runs, err := h.sorter.finish()
	if err != nil {
		return unreadable(err)
	}
	w := newWriter(out)
	for metric := range h.metrics {
		if err := h.writeMetric(ctx, w, runs, metric); err != nil {
			return err
		}
	}
	w.b = append(w.b, "# EOF\n"...)
	w.flush()
	return w.failed()
}

func unreadable(err error) error {
	return fmt.Errorf("cannot read what did not fit into memory: %w", err)
}

func (h *History) writeMetric(ctx context.Context, w *writer, runs []*runReader, metric int) error {
	number := least(runs, metric)
	if number == 0 {
		return nil
	}
	m := &h.metrics[metric]
	family, kind := m.name, "gauge"
	if m.counter {
		family, kind = strings.TrimSuffix(m.name, "_total"), "counter"
	}
	w.b = fmt.Appendf(w.b, "# TYPE %s %s\n# HELP %s %s\n", family, kind, family, escaped(m.help))
	for ; number != 0; number = least(runs, metric) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, run := range runs {
			if run.number != number {
				continue
			}
			if err := w.series(run); err != nil {
				return unreadable(err)
			}
		}
		if err := w.failed(); err != nil {
			return err
		}
	}
	return nil
}

// writer writes points. It keeps the text of the last 1000 seconds, because most points share them.
type writer struct {
	out     io.Writer
	err     error // the first of out
	b       []byte
	line    []byte // of a series: up to the time
	seconds int64  // in thousands
	prefix  []byte // of seconds
	digits  [1000][3]byte
}

// bufferSize is how many bytes are written at a time.
const bufferSize = 256 << 10

func newWriter(out io.Writer) *writer {
	w := &writer{out: out, b: make([]byte, 0, bufferSize+4<<10)}
	for i := range w.digits {
		copy(w.digits[i][:], fmt.Sprintf("%03d", i))
	}
	return w
}

func (w *writer) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.b)
	}
	w.b = w.b[:0]
}

func (w *writer) failed() error {
	if w.err != nil {
		return fmt.Errorf("cannot write: %w", w.err)
	}
	return nil
}

// series writes the points of a run's head and goes on to the next.
func (w *writer) series(run *runReader) error {
	w.line = append(append(w.line[:0], run.name...), ' ')
	name := len(w.line)
	w.value(name, 0)
	var p point
	for rest := run.points; len(rest) > 0; {
		var changed bool
		var err error
		if rest, changed, err = p.next(rest); err != nil {
			return err
		}
		if changed {
			w.value(name, p.value)
		}
		w.b = append(w.appendSeconds(append(w.b, w.line...), p.at), '\n')
		if len(w.b) >= bufferSize {
			w.flush()
		}
	}
	return run.next()
}

// value appends a value to a line that has its name.
func (w *writer) value(name int, v float64) {
	w.line = append(appendValue(w.line[:name], v), ' ')
}

func appendValue(b []byte, v float64) []byte {
	if v == float64(int64(v)) && v < exact && v > -exact {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// appendSeconds appends a time of milliseconds in seconds, with three decimals.
func (w *writer) appendSeconds(b []byte, millis int64) []byte {
	const million = 1_000_000
	if millis < million {
		b = strconv.AppendInt(b, millis/1000, 10)
	} else {
		if thousands := millis / million; thousands != w.seconds {
			w.seconds, w.prefix = thousands, strconv.AppendInt(w.prefix[:0], thousands, 10)
		}
		b = append(b, w.prefix...)
		b = append(b, w.digits[millis/1000%1000][:]...)
	}
	b = append(b, '.')
	return append(b, w.digits[millis%1000][:]...)
}

// seriesName returns a series as it stands before its value.
func seriesName(m *metric, process string, values []string, further []Label) string {
	b := append([]byte(m.name), '{')
	b = appendLabel(b, "process", process)
	for i, value := range values {
		b = appendLabel(append(b, ','), m.labels[i], value)
	}
	for _, label := range further {
		b = appendLabel(append(b, ','), label.Name, strings.ToValidUTF8(label.Value, "\uFFFD"))
	}
	return string(append(b, '}'))
}

func appendLabel(b []byte, name, value string) []byte {
	b = append(append(b, name...), `="`...)
	return append(append(b, escaped(value)...), '"')
}

func escaped(s string) string {
	if !strings.ContainsAny(s, "\\\"\n") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
