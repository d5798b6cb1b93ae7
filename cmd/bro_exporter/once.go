package main

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"golang.org/x/term"

	"bro_exporter/collector"
)

// once prints the metrics of all Bro processes to w and returns the exit code.
func once(c *collector.Collector, w io.Writer, log *slog.Logger) int {
	if c.Poll() == 0 {
		warnNothing(c.Status(), log)
		return failed
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		log.Error("Cannot collect", "err", err)
		return failed
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			log.Error("Cannot print", "err", err)
			return failed
		}
	}
	return 0
}

// terminal returns a writer to f. If f is a terminal, the names of directories and threads must
// not control it.
func terminal(f *os.File) io.Writer {
	if term.IsTerminal(int(f.Fd())) {
		return printable{f}
	}
	return f
}

// printable replaces characters that control a terminal or the direction of text. A character must not be
// split between two writes.
type printable struct{ io.Writer }

func (p printable) Write(b []byte) (int, error) {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(b))
	_, err := io.WriteString(p.Writer, text)
	return len(b), err
}
