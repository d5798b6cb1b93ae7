package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"golang.org/x/time/rate"
)

// occasional logs what strangers can make happen any number of times: at its level the first time
// and then at most once in ten minutes, else for debugging.
type occasional struct {
	log  *slog.Logger
	loud *rate.Sometimes
}

func newOccasional(log *slog.Logger) occasional {
	return occasional{log, &rate.Sometimes{First: 1, Interval: 10 * time.Minute}}
}

func (o occasional) say(level slog.Level, text string, err any) {
	quiet := true
	o.loud.Do(func() { quiet = false })
	if quiet {
		level = slog.LevelDebug
	}
	o.log.Log(context.Background(), level, text, "err", err)
}

// serverLog takes the messages of net/http, one per Write.
type serverLog struct{ occasional }

func (l serverLog) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	if strings.HasPrefix(text, "http: TLS handshake error") {
		l.say(slog.LevelWarn, "A client failed to connect by TLS", text)
	} else {
		l.log.Error("The web server met an error", "err", text)
	}
	return len(b), nil
}

// scrapeLog takes the errors of a scrape that promhttp cannot send.
type scrapeLog struct{ occasional }

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) {
	l.say(slog.LevelWarn, "A client hung up before it had all metrics: if it is Prometheus, raise its scrape_timeout", strings.TrimSpace(fmt.Sprintln(v...)))
}

// tolerant gathers what it can: one bad metric must not keep the others from Prometheus.
type tolerant struct {
	prometheus.Gatherer
	occasional
}

// Gather implements prometheus.Gatherer. It never fails.
func (t tolerant) Gather() ([]*dto.MetricFamily, error) {
	families, err := t.Gatherer.Gather()
	if err != nil {
		t.say(slog.LevelError, "Some metrics are left out: this is a fault of the exporter", err)
	}
	return families, nil
}
