package stack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

// Series is a series of an answer, with its value now.
type Series struct {
	Labels map[string]string
	Value  float64
}

// Query asks a Prometheus for the series of an expression now.
func Query(prometheus *Process, expr string) ([]Series, error) {
	var answer struct {
		Error string
		Data  struct {
			ResultType string
			Result     json.RawMessage
		}
	}
	err := fetch(prometheus.URL+"/api/v1/query?query="+url.QueryEscape(expr), &answer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", expr, err)
	}
	if answer.Data.ResultType != "vector" {
		return nil, fmt.Errorf("%s: a %s", expr, answer.Data.ResultType)
	}
	var vector []struct {
		Metric map[string]string
		Value  [2]any
	}
	if err := json.Unmarshal(answer.Data.Result, &vector); err != nil {
		return nil, err
	}
	var all []Series
	for _, v := range vector {
		value, err := strconv.ParseFloat(fmt.Sprint(v.Value[1]), 64)
		if err != nil {
			return nil, err
		}
		all = append(all, Series{v.Metric, value})
	}
	return all, nil
}

// Alert is an alert of a Prometheus or a vmalert.
type Alert struct {
	State       string // pending or firing
	Labels      map[string]string
	Annotations map[string]string
}

// Alerts asks a Prometheus or a vmalert for its alerts.
func Alerts(server *Process) ([]Alert, error) {
	var answer struct {
		Data struct{ Alerts []Alert }
	}
	err := fetch(server.URL+"/api/v1/alerts", &answer)
	return answer.Data.Alerts, err
}

// Failures asks a Prometheus or a vmalert for the rules that it could not evaluate, with the reasons.
func Failures(server *Process) ([]string, error) {
	var answer struct {
		Data struct {
			Groups []struct {
				Name  string
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	if err := fetch(server.URL+"/api/v1/rules", &answer); err != nil {
		return nil, err
	}
	var failed []string
	rules := 0
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			rules++
			if r.LastError != "" || r.Health == "err" {
				failed = append(failed, g.Name+": "+r.Name+": "+r.LastError)
			}
		}
	}
	if rules == 0 {
		return nil, fmt.Errorf("%s has no rules", server.Name)
	}
	return failed, nil
}

// Value returns the sum of a metric's series on a program's own /metrics.
func Value(server *Process, metric string) (float64, error) {
	resp, err := http.Get(server.URL + "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	series := regexp.MustCompile(`^` + metric + `(?:\{[^}]*\})? (\S+)`)
	sum := 0.0
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if m := series.FindStringSubmatch(lines.Text()); m != nil {
			v, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				return 0, err
			}
			sum += v
		}
	}
	return sum, lines.Err()
}
