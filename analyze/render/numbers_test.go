package render

import (
	"math"
	"testing"
	"time"

	"bro_exporter/analyze"
)

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit analyze.Unit
		want string
	}{
		{0, analyze.Bytes, "0 B"},
		{1.204 * gib, analyze.Bytes, "1.20 GiB"},
		{15.96 * gib, analyze.Bytes, "16.0 GiB"},
		{-300 * mib, analyze.Bytes, "-300 MiB"},
		{-.4, analyze.Bytes, "0 B"},
		{1200, analyze.Entries, "1,200"},
		{12345678.9, analyze.Entries, "12,345,679"},
		{-1234.4, analyze.Entries, "-1,234"},
		{0.126, analyze.Messages, "0.13"},
		{-0.001, analyze.Messages, "0"},
		{42.25, analyze.Messages, "42.3"},
		{math.NaN(), analyze.Bytes, "-"},
		{math.Inf(-1), analyze.Entries, "-"},
	} {
		if got := amount(c.v, c.unit); got != c.want {
			t.Errorf("amount(%v, %s) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestRate(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit analyze.Unit
		want string
	}{
		{14.2 * mib, analyze.Bytes, "+14 MiB/h"},
		{1.25 * mib, analyze.Bytes, "+1.3 MiB/h"},
		{-2048, analyze.Bytes, "-2.0 KiB/h"},
		{1200, analyze.Entries, "+1,200 entries/h"},
		{-3, analyze.Connections, "-3 connections/h"},
		{0, analyze.Timers, "0 timers/h"},
		{math.NaN(), analyze.Timers, "-"},
	} {
		if got := rate(c.v, c.unit); got != c.want {
			t.Errorf("rate(%v, %s) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

func TestConfidence(t *testing.T) {
	for _, c := range []struct {
		p, slope float64
		want     string
	}{
		{0, 1, ">99.99 %"},
		{.00009, 1, ">99.99 %"},
		{.00011, 1, "99.98 %"},
		{.009, 1, "99.10 %"},
		{.011, 1, "98 %"},
		{.5, 1, "50 %"},
		{.5, 0, "-"},
		{.999, -1, "-"},
		{math.NaN(), 1, "-"},
	} {
		if got := confidence(analyze.Trend{P: c.p, Slope: c.slope, Judged: true}); got != c.want {
			t.Errorf("confidence of P %v, slope %v: %q, want %q", c.p, c.slope, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                     "0 s",
		59*time.Second + 400*time.Millisecond: "59 s",
		90 * time.Second:                      "1 min 30 s",
		2 * time.Hour:                         "2 h",
		2*time.Hour - time.Second:             "2 h",
		2*time.Hour + 29*time.Second:          "2 h",
		24*time.Hour + 61*time.Minute:         "1 d 1 h",
		9 * 24 * time.Hour:                    "9 d",
		23*time.Hour + 59*time.Minute + 1234:  "23 h 59 min",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"1 run":               plural(1, "run"),
		"0 runs":              plural(0, "run"),
		"2 processes":         plural(2, "process"),
		"12,000 blocks":       plural(12000, "block"),
		"2 leaking processes": plural(2, "leaking process"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
