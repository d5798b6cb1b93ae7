package analyze

import (
	"math"
	"testing"
	"time"
)

const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		v    float64
		unit Unit
		want string
	}{
		{v: 0, unit: Bytes, want: "0 B"},
		{v: 1.204 * gib, unit: Bytes, want: "1.20 GiB"},
		{v: 15.96 * gib, unit: Bytes, want: "16.0 GiB"},
		{v: -300 * mib, unit: Bytes, want: "-300 MiB"},
		{v: -.4, unit: Bytes, want: "0 B"},
		{v: 1200, unit: Entries, want: "1,200"},
		{v: 12345678.9, unit: Entries, want: "12,345,679"},
		{v: -1234.4, unit: Entries, want: "-1,234"},
		{v: 0.126, unit: Messages, want: "0.13"},
		{v: -0.001, unit: Messages, want: "0"},
		{v: 42.25, unit: Messages, want: "42.3"},
		{v: math.NaN(), unit: Bytes, want: "-"},
		{v: math.Inf(-1), unit: Entries, want: "-"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if got := test.unit.Number(test.v); got != test.want {
				t.Errorf("%s.Number(%v) = %q, want %q", test.unit, test.v, got, test.want)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	for want, got := range map[string]string{
		"1 entry": Entries.Format(1), "1 message": Messages.Format(1), "2 messages": Messages.Format(2), "0 timers": Timers.Format(0),
		"1 B": Bytes.Format(1), "-": Entries.Format(math.NaN()),
	} {
		t.Run(want, func(t *testing.T) {
			if got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestGrowth(t *testing.T) {
	for _, test := range []struct {
		perHour float64
		unit    Unit
		span    time.Duration
		want    string
	}{
		{perHour: 14.2 * mib, unit: Bytes, span: time.Hour, want: "14 MiB/h"},
		{perHour: 1.25 * mib, unit: Bytes, want: "1.3 MiB/h"},
		{perHour: -2 * kib, unit: Bytes, span: time.Hour, want: "-2.0 KiB/h"},
		{perHour: 1200, unit: Entries, span: 9 * time.Hour, want: "1,200 entries/h"},
		{perHour: math.NaN(), unit: Timers, span: time.Second, want: "-/h"},
		{perHour: 1 << 40, unit: Bytes, span: 10 * time.Second, want: "2.8 GiB in 10 s"},
		{perHour: 360, unit: Connections, span: 10 * time.Minute, want: "60 connections in 10 min"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if got := test.unit.Growth(test.perHour, test.span); got != test.want {
				t.Errorf("%s.Growth(%v, %v) = %q, want %q", test.unit, test.perHour, test.span, got, test.want)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		d    time.Duration
		want string
	}{
		{d: 0, want: "0 s"},
		{d: 59*time.Second + 400*time.Millisecond, want: "59 s"},
		{d: 96 * time.Second, want: "96 s"},
		{d: 150 * time.Second, want: "2 min 30 s"},
		{d: 21*time.Minute + 20*time.Second, want: "21 min"},
		{d: 2*time.Hour - time.Second, want: "2 h"},
		{d: 2*time.Hour + 29*time.Second, want: "2 h"},
		{d: 23*time.Hour + 59*time.Minute + 1234, want: "23 h 59 min"},
		{d: 24*time.Hour + 61*time.Minute, want: "1 d 1 h"},
		{d: 12*24*time.Hour + 13*time.Hour, want: "13 d"},
	} {
		t.Run(test.want, func(t *testing.T) {
			if got := Duration(test.d); got != test.want {
				t.Errorf("Duration(%v) = %q, want %q", test.d, got, test.want)
			}
		})
	}
}
