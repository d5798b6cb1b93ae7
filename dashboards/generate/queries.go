package main

import (
	"strings"

	"github.com/prometheus/common/model"
)

// settings are the values of the dashboards' variables.
type settings struct {
	job, cluster, sensor, instance, process string
	shown                                   model.Duration // the time range
}

// asked is a query as Prometheus gets it.
type asked struct {
	Dashboard string `json:"dashboard"`
	Row       string `json:"row"`
	Panel     string `json:"panel"`
	Ref       string `json:"ref"`
	Expr      string `json:"expr"`
	Instant   bool   `json:"instant"`
	Step      string `json:"step"`
	Empty     string `json:"empty,omitempty"` // why there may be no data
}

// ask returns the queries of a dashboard: of its panels and of its annotations.
func (d dashboard) ask(s settings) []asked {
	var all []asked
	add := func(row, panel, ref, expr string, instant bool, step model.Duration, empty string) {
		all = append(all, asked{d.uid, row, panel, ref, d.fill(expr, step, s), instant, step.String(), empty})
	}
	for _, r := range d.rows {
		for _, p := range r.panels {
			for i, q := range p.queries {
				t := buildTarget(q, p.view, d.scope, ref(i))
				add(r.title, p.title, t.RefID, t.Expr, t.Instant, q.step(), p.empty)
			}
		}
	}
	for _, a := range annotations(d)[1:] {
		add("Annotations", a.Name, "Anno", a.Expr, false, annotationStep, "Nothing to mark.")
	}
	return all
}

// fill replaces variables as Grafana does: by all values where many may be chosen.
func (d dashboard) fill(expr string, step model.Duration, s settings) string {
	if d.scope == manyProcesses {
		s.job, s.instance, s.process = ".+", ".+", ".+"
	}
	host, _, _ := strings.Cut(s.instance, ":")
	values := []string{
		"$__rate_interval", (4 * step).String(),
		"$__range", s.shown.String(),
		"$cluster", s.cluster, "$sensor", s.sensor,
		"$job", s.job, "$instance", s.instance, "$host", host, "$process", s.process,
	}
	for _, v := range d.variables {
		value := ".+"
		if v.label == "" {
			value = v.choice[0]
		}
		values = append(values, "$"+v.name, value)
	}
	return strings.NewReplacer(values...).Replace(expr)
}
