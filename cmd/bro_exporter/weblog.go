package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/exporter-toolkit/web"
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
type serverLog struct {
	configFile                             string // of the web server
	config, handshakes, requests, anything occasional
}

func newServerLog(configFile string, log *slog.Logger) serverLog {
	return serverLog{configFile, newOccasional(log), newOccasional(log), newOccasional(log), newOccasional(log)}
}

// Write implements io.Writer.
func (l serverLog) Write(b []byte) (int, error) {
	text := strings.TrimSpace(string(b))
	switch {
	case strings.HasPrefix(text, "http: TLS handshake error"):
		l.handshake(text)
	case strings.HasPrefix(text, "http2: "):
		l.requests.say(slog.LevelWarn, "A client does not speak HTTP/2 as it should", text)
	default:
		l.anything.say(slog.LevelError, "The web server met an error", text)
	}
	return len(b), nil
}

// handshake logs why TLS has failed. The server reads the web configuration for each connection, so a broken
// one locks all clients out while the exporter runs.
func (l serverLog) handshake(text string) {
	if err := web.Validate(l.configFile); err != nil {
		l.config.say(slog.LevelError, "No client can connect: correct the web configuration "+l.configFile+" or the files that it names", err)
		return
	}
	l.handshakes.say(slog.LevelWarn, "A client failed to connect by TLS", text)
}

// scrapeLog takes the errors of a scrape that promhttp cannot send.
type scrapeLog struct{ aborted, odd occasional }

func newScrapeLog(log *slog.Logger) scrapeLog {
	return scrapeLog{newOccasional(log), newOccasional(log)}
}

// Println implements promhttp.Logger.
func (l scrapeLog) Println(v ...any) {
	text := strings.TrimSpace(fmt.Sprintln(v...))
	if strings.HasPrefix(text, "error getting writer") {
		l.odd.say(slog.LevelWarn, "A client accepts no encoding of the metrics; it got them as plain text", text)
		return
	}
	l.aborted.say(slog.LevelWarn, "A client hung up before it had all metrics: if it is Prometheus, raise its scrape_timeout", text)
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
