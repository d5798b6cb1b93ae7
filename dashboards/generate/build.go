package main

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

const tag = "bro_exporter" // by which the dashboards link to each other

// build turns what is said of a dashboard into what Grafana reads.
func build(d dashboard) grafanaDashboard {
	return grafanaDashboard{
		Annotations:   annotationList{[]annotation{builtIn(), restarts(d.scope)}},
		Description:   d.description,
		Editable:      true,
		GraphTooltip:  1, // one crosshair for all
		Links:         []dashboardLink{links()},
		Panels:        layOut(d),
		Refresh:       d.refresh,
		SchemaVersion: schemaVersion,
		Tags:          []string{tag, "zeek"},
		Templating:    variableList{variables(d)},
		Time:          timeRange{d.from, "now"},
		TimePicker:    object{},
		Timezone:      "browser",
		Title:         d.title,
		UID:           d.uid,
		Version:       1,
	}
}

// layOut places rows below each other, and a row's panels side by side as long as they fit.
func layOut(d dashboard) []*grafanaPanel {
	var all []*grafanaPanel
	id, y := 0, 0
	for _, r := range d.rows {
		id++
		header := &grafanaPanel{
			Collapsed: &r.collapsed, GridPos: gridPos{H: 1, W: gridWidth, Y: y}, ID: id,
			Panels: &[]*grafanaPanel{}, Title: r.title, Type: "row",
		}
		all = append(all, header)
		y++
		var panels []*grafanaPanel
		x, bottom := 0, y
		for _, p := range r.panels {
			width := p.width
			if width == 0 {
				width = r.width
			}
			if x+width > gridWidth {
				x, bottom = 0, bottom+r.height
			}
			id++
			panels = append(panels, buildPanel(p, d.scope, id, gridPos{H: r.height, W: width, X: x, Y: bottom}))
			x += width
		}
		if r.collapsed {
			header.Panels = &panels
			continue
		}
		all = append(all, panels...)
		y = bottom + r.height
	}
	return all
}

const gridWidth = 24

func buildPanel(p panel, s scope, id int, at gridPos) *grafanaPanel {
	prometheus := prometheus()
	out := &grafanaPanel{
		Datasource:  &prometheus,
		Description: p.description,
		FieldConfig: &fieldConfig{
			Defaults: fieldDefaults{
				Color:      object{"mode": "thresholds"},
				Mappings:   []object{},
				NoValue:    p.empty,
				Thresholds: thresholds{"absolute", calm()},
				Unit:       p.unit,
			},
			Overrides: []override{},
		},
		GridPos:       at,
		ID:            id,
		PluginVersion: pluginVersion,
		Title:         p.title,
		Type:          p.view.kind(),
	}
	for i, q := range p.queries {
		out.Targets = append(out.Targets, buildTarget(q, p.view, s, ref(i)))
	}
	p.view.dress(&p, s, out)
	return out
}

func buildTarget(q query, v view, s scope, ref string) target {
	t := target{
		Datasource:   prometheus(),
		EditorMode:   "code",
		Expr:         s.expand(q.expr),
		LegendFormat: q.legend,
		RefID:        ref,
	}
	if q.slow {
		t.Interval = slowStep.String()
	}
	v.ask(&t)
	return t
}

// How often values change. Grafana takes four times as much for $__rate_interval.
const (
	blockStep      = model.Duration(15 * time.Second) // by default, of blocks and of scrapes
	slowStep       = model.Duration(5 * time.Minute)  // of expensive blocks
	annotationStep = model.Duration(time.Minute)
)

func (p *panel) slow() bool {
	return slices.ContainsFunc(p.queries, func(q query) bool { return q.slow })
}

// about says that each series of the panel has the label.
func (p *panel) about(label string) bool {
	return !slices.ContainsFunc(p.queries, func(q query) bool {
		return !strings.Contains(q.legend, "{{"+label+"}}")
	})
}

func (s scope) expand(expr string) string {
	equals := "=~"
	if s == oneProcess {
		equals = "="
	}
	host := `job` + equals + `"$job", instance` + equals + `"$instance"`
	return strings.NewReplacer("$here", host+`, process`+equals+`"$process"`, "$host", host).Replace(expr)
}

func ref(i int) string { return string(rune('A' + i)) }

func prometheus() datasource { return datasource{"prometheus", "${datasource}"} }

func links() dashboardLink {
	return dashboardLink{
		Icon: "external link", IncludeVars: true, KeepTime: true, Tags: []string{tag},
		Title: "Bro dashboards", Type: "dashboards",
	}
}

func builtIn() annotation {
	return annotation{
		BuiltIn: 1, Datasource: datasource{"grafana", "-- Grafana --"}, Enable: true, Hide: true,
		IconColor: sky, Name: "Annotations & Alerts", Type: "dashboard",
	}
}

// restarts marks the starts of processes: those that the exporter saw, and those that only the
// process's own clock shows because the exporter started together with it.
func restarts(s scope) annotation {
	return annotation{
		Datasource:  prometheus(),
		Enable:      true,
		Expr:        s.expand(`increase(bro_prof_restarts_total{$here}[$__rate_interval]) > 0 or resets(bro_runtime_real_seconds_total{$here}[$__rate_interval]) > 0`),
		IconColor:   vermillion,
		Name:        "Restarts",
		Step:        annotationStep.String(),
		TagKeys:     "instance,process",
		TextFormat:  "{{process}} on {{instance}} started",
		TitleFormat: "Restart",
	}
}

func variables(d dashboard) []grafanaVariable {
	all := []grafanaVariable{
		{
			Current: object{}, Description: "The Prometheus that scrapes bro_exporter.", Label: "Data source",
			Name: "datasource", Options: []object{}, Query: "prometheus", Type: "datasource",
		},
		labelVariable(d.scope, variable{"job", "The scrape job of bro_exporter.", "job", "bro_up", nil}),
		labelVariable(d.scope, variable{"instance", "The sensor: one exporter.", "instance", d.scope.matching("bro_up", "job"), nil}),
		labelVariable(d.scope, variable{"process", "The Bro process: manager, logger, proxy, worker.", "process", d.scope.matching("bro_up", "job", "instance"), nil}),
	}
	for _, v := range d.variables {
		if v.label != "" {
			v.metric = d.scope.expand(v.metric)
			all = append(all, labelVariable(manyProcesses, v))
			continue
		}
		all = append(all, choiceVariable(v))
	}
	return all
}

// matching is the metric with the values of variables that are called like labels.
func (s scope) matching(metric string, labels ...string) string {
	equals := "=~"
	if s == oneProcess {
		equals = "="
	}
	for i, label := range labels {
		labels[i] = label + equals + `"$` + label + `"`
	}
	return metric + "{" + strings.Join(labels, ", ") + "}"
}

func labelVariable(s scope, v variable) grafanaVariable {
	prometheus := prometheus()
	definition := "label_values(" + v.metric + ", " + v.label + ")"
	g := grafanaVariable{
		Current:     object{},
		Datasource:  &prometheus,
		Definition:  definition,
		Description: v.description,
		Label:       v.name,
		Name:        v.name,
		Options:     []object{},
		Query:       object{"query": definition, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
		Refresh:     2, // when the time range changes
		Sort:        7, // natural: worker-2 before worker-10
		Type:        "query",
	}
	if s == manyProcesses {
		g.IncludeAll, g.Multi = true, true
		// Not of jobs and instances: all that have bro_up are meant, not all that Prometheus scrapes.
		if v.label == "process" || v.label == "thread" {
			g.AllValue = ".+"
		}
		g.Current = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
	}
	return g
}

func choiceVariable(v variable) grafanaVariable {
	g := grafanaVariable{
		Current:     object{"selected": true, "text": v.choice[0], "value": v.choice[0]},
		Description: v.description,
		Label:       v.name,
		Name:        v.name,
		Query:       strings.Join(v.choice, ","),
		Type:        "custom",
	}
	for i, value := range v.choice {
		g.Options = append(g.Options, object{"selected": i == 0, "text": value, "value": value})
	}
	return g
}
