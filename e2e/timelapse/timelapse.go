// Package timelapse makes PromQL and rules ask the same of a world in which everything happens
// faster: of logs that proftool replays at some speed.
//
// Every duration gets shorter by that factor: windows, offsets, what an alert waits for, the interval of a
// group. What counts per second of Prometheus's clock is divided by it, so that thresholds hold as
// they are. Nothing else changes: numbers that a log brings, such as real=, are in its own time.
package timelapse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v2"
)

// file is a rule file of Prometheus, as far as the project's have it.
type file struct {
	Groups []group `yaml:"groups"`
}

type group struct {
	Name     string         `yaml:"name"`
	Interval model.Duration `yaml:"interval,omitempty"`
	Rules    []rule         `yaml:"rules"`
}

type rule struct {
	Record        string            `yaml:"record,omitempty"`
	Alert         string            `yaml:"alert,omitempty"`
	Expr          string            `yaml:"expr"`
	For           model.Duration    `yaml:"for,omitempty"`
	KeepFiringFor model.Duration    `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

// Rules returns a rule file for a world that runs speed times as fast, without the alerts that are named.
// It refuses what it cannot translate: a field that it does not know, and expressions that look at the
// clock.
func Rules(text []byte, speed int, without ...string) ([]byte, error) {
	var f file
	if err := yaml.UnmarshalStrict(text, &f); err != nil {
		return nil, err
	}
	for j := range f.Groups {
		g := &f.Groups[j]
		g.Rules = slices.DeleteFunc(g.Rules, func(r rule) bool { return r.Alert != "" && slices.Contains(without, r.Alert) })
		for i := range g.Rules {
			r := &g.Rules[i]
			if at := clock.FindString(r.Expr); at != "" {
				return nil, fmt.Errorf("%s%s: %s is in seconds of the clock", r.Alert, r.Record, at)
			}
			r.Expr = Expr(r.Expr, speed)
			r.For = shorter(r.For, speed)
			r.KeepFiringFor = shorter(r.KeepFiringFor, speed)
		}
	}
	for i := range f.Groups {
		f.Groups[i].Interval = shorter(f.Groups[i].Interval, speed)
	}
	return yaml.Marshal(f)
}

// Impatient returns a rule file whose alerts on findings wait for at most a time, and whose groups are
// evaluated as often. Expressions stay as they are.
func Impatient(text []byte, most time.Duration) ([]byte, error) {
	var f file
	if err := yaml.UnmarshalStrict(text, &f); err != nil {
		return nil, err
	}
	for i := range f.Groups {
		g := &f.Groups[i]
		g.Interval = min(g.Interval, model.Duration(most))
		for j := range g.Rules {
			if r := &g.Rules[j]; strings.Contains(r.Expr, "bro_finding") {
				r.For = min(r.For, model.Duration(most))
			}
		}
	}
	return yaml.Marshal(f)
}

// shorter is never 0 unless d is: that would mean the default.
func shorter(d model.Duration, speed int) model.Duration {
	if d == 0 {
		return 0
	}
	return max(d/model.Duration(speed), model.Duration(time.Millisecond))
}

// clock are the functions that give, or take, seconds of Prometheus's clock as numbers.
var clock = regexp.MustCompile(`\b(time|timestamp|predict_linear|double_exponential_smoothing|minute|hour|day_of_\w+|days_in_month|month|year) ?\(`)

// token is a string or comment, a name, a duration, or a single character.
var token = regexp.MustCompile(`(?s)"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|` + "`[^`]*`" + `|#[^\n]*|[a-zA-Z_][\w:]*|(?:\d+(?:ms|[smhdwy]))+\b|.`)

// Expr returns an expression of PromQL for a world that runs speed times as fast.
func Expr(expr string, speed int) string {
	var out strings.Builder
	depth := 0
	var open []int // depths at which a function's value per second is not yet divided
	tokens := token.FindAllString(expr, -1)
	for i, t := range tokens {
		switch {
		case t == "(":
			depth++
		case t == ")":
			depth--
		case perSecond(t) && calls(tokens[i+1:]):
			open = append(open, depth)
			t = "(" + t
		default:
			t = duration(t, speed)
		}
		out.WriteString(t)
		if t == ")" && len(open) > 0 && open[len(open)-1] == depth {
			open = open[:len(open)-1]
			fmt.Fprintf(&out, " / %d)", speed)
		}
	}
	return out.String()
}

func perSecond(name string) bool {
	return name == "rate" || name == "irate" || name == "deriv"
}

// calls reports whether what follows a name is the begin of arguments.
func calls(tokens []string) bool {
	for _, t := range tokens {
		if strings.TrimSpace(t) != "" {
			return t == "("
		}
	}
	return false
}

func duration(t string, speed int) string {
	if t[0] < '0' || t[0] > '9' {
		return t
	}
	d, err := model.ParseDuration(t)
	if err != nil || d == 0 {
		return t
	}
	return shorter(d, speed).String()
}
