package main

import (
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// The dashboards link to each other by these tags. The one of a single process cannot take the choice of
// many, so it is not among the linked, which do.
const (
	tag    = "bro_exporter"
	linked = "bro_exporter-fleet"
)

// build makes of a dashboard what Grafana reads.
func build(d dashboard) grafanaDashboard {
	tags := []string{tag, "zeek"}
	if d.scope == manyProcesses {
		tags = append(tags, linked)
	}
	return grafanaDashboard{
		Annotations:   annotationList{annotations(d)},
		Description:   d.description,
		Editable:      true,
		GraphTooltip:  1, // one crosshair for all
		Links:         links(d),
		Panels:        layOut(d),
		Refresh:       d.refresh,
		SchemaVersion: schemaVersion,
		Tags:          tags,
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
	y := 0
	for _, r := range d.rows {
		header := &grafanaPanel{
			Collapsed: &r.collapsed, GridPos: gridPos{H: 1, W: gridWidth, Y: y}, ID: panelID(d.uid, r.title, ""),
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
			at := gridPos{H: r.height, W: width, X: x, Y: bottom}
			panels = append(panels, buildPanel(p, d.scope, panelID(d.uid, r.title, p.title), at))
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

// panelID is the same as long as dashboard, row and title are, so links to a panel outlive others that
// come and go.
func panelID(uid, row, title string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, uid+"\x00"+row+"\x00"+title)
	return int(h.Sum32()%999_999) + 1
}

func buildPanel(p panel, s scope, id int, at gridPos) *grafanaPanel {
	prometheus := prometheus()
	out := &grafanaPanel{
		Datasource:  &prometheus,
		Description: p.description,
		FieldConfig: &fieldConfig{
			Defaults: fieldDefaults{
				Color:      object{"mode": "thresholds"},
				Mappings:   []object{},
				NoValue:    noData(p.why()),
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
	for _, alert := range p.alerts {
		out.Links = append(out.Links, dashboardLink{Icon: "doc", Tags: []string{}, Title: "Runbook: " + alert, Type: "link", URL: runbook(alert)})
	}
	for i, q := range p.queries {
		out.Targets = append(out.Targets, buildTarget(q, p.view, s, ref(i)))
	}
	p.view.dress(&p, s, out)
	return out
}

// why explains why a panel may be empty: a process with only telemetry has no prof.log.
func (p *panel) why() string {
	if p.empty == "" || !fromProfLog(p) {
		return p.empty
	}
	return "Needs prof.log. " + p.empty
}

// fromProfLog reports whether a panel needs prof.log, or series that bro_exporter makes from it.
func fromProfLog(p *panel) bool {
	return !slices.ContainsFunc(p.queries, func(q query) bool {
		return !strings.Contains(q.expr, "bro_") || strings.Contains(q.expr, "_process:bro_")
	})
}

// noData is what an empty panel says, which must be true whatever the reason.
func noData(why string) string {
	if why == "" {
		return ""
	}
	return "No data. (" + why + ")"
}

func buildTarget(q query, v view, s scope, ref string) target {
	t := target{
		Datasource:   prometheus(),
		EditorMode:   "code",
		Expr:         s.expand(q.expr),
		LegendFormat: q.legend,
		RefID:        ref,
	}
	if step := q.step(); step != scrapeStep {
		t.Interval = step.String()
	}
	v.ask(&t)
	return t
}

// The least distance of points. Grafana takes four times as much for $__rate_interval: over 4 minutes the
// steps of snapshots that come every 30 s and of scrapes that come every 15 s hardly show.
const (
	scrapeStep     = model.Duration(15 * time.Second) // by default, of snapshots too
	rateStep       = model.Duration(time.Minute)
	slowStep       = model.Duration(5 * time.Minute) // of expensive snapshots
	annotationStep = model.Duration(time.Minute)
)

func (q query) step() model.Duration {
	switch {
	case q.slow:
		return slowStep
	case strings.Contains(q.expr, "$__rate_interval"):
		return rateStep
	default:
		return scrapeStep
	}
}

func (p *panel) slow() bool {
	return slices.ContainsFunc(p.queries, func(q query) bool { return q.slow })
}

// about reports whether each series of the panel has the label.
func (p *panel) about(label string) bool {
	return !slices.ContainsFunc(p.queries, func(q query) bool {
		return !strings.Contains(q.legend, "{{"+label+"}}")
	})
}

func (s scope) expand(expr string) string {
	host := s.matchers("job", "cluster", "sensor", "instance")
	return strings.NewReplacer("$here", host+", "+s.matchers("process"), "$host", host, "$telemetry", s.matchers("cluster", "sensor", "host", "process")).Replace(expr)
}

// matchers match labels with the variables of the same names. A series need not have cluster and sensor.
func (s scope) matchers(labels ...string) string {
	var all []string
	for _, label := range labels {
		equals := "=~"
		if s == oneProcess && !optional(label) {
			equals = "="
		}
		all = append(all, label+equals+`"$`+label+`"`)
	}
	return strings.Join(all, ", ")
}

func optional(label string) bool { return label == "cluster" || label == "sensor" }

func ref(i int) string { return string(rune('A' + i)) }

func prometheus() datasource { return datasource{"prometheus", "${datasource}"} }

// links lead to the other dashboards: with the choice of processes to those of many, without it to that
// of one, which opens with the first then.
func links(d dashboard) []dashboardLink {
	return []dashboardLink{
		{
			AsDropdown: true, Icon: "external link", IncludeVars: d.scope != noProcess, KeepTime: true, Tags: []string{linked},
			Title: "Bro dashboards", Type: "dashboards",
		},
		{
			Icon: "dashboard", IncludeVars: d.scope == oneProcess, KeepTime: true, Tags: []string{}, Title: "Bro / Process", Type: "link",
			Tooltip: "All of one process", URL: "/d/" + processUID,
		},
		{
			Icon: "doc", Tags: []string{}, Title: "Bro / Runbooks", Type: "link",
			Tooltip: "What the alerts mean and what to do", URL: "/d/" + runbooksUID,
		},
	}
}

func annotations(d dashboard) []annotation {
	all := []annotation{builtIn()}
	if d.scope == noProcess {
		return all
	}
	all = append(all, restarts(d.scope))
	if d.uid == leakHuntUID || d.uid == processUID {
		all = append(all, onsets(d.scope))
	}
	return all
}

// onsets marks when findings began.
func onsets(s scope) annotation {
	return annotation{
		Datasource:      prometheus(),
		Enable:          true,
		Expr:            s.expand(`bro_finding_onset_timestamp_seconds{$here, level!="note"} * 1000`),
		IconColor:       orange,
		Name:            "Findings",
		Step:            annotationStep.String(),
		TagKeys:         "instance,process,level",
		TextFormat:      "{{resource}} of {{process}} on {{instance}}",
		TitleFormat:     "{{kind}} began",
		UseValueForTime: true,
	}
}

func builtIn() annotation {
	return annotation{
		BuiltIn: 1, Datasource: datasource{"grafana", "-- Grafana --"}, Enable: true, Hide: true,
		IconColor: blue, Name: "Annotations & Alerts", Type: "dashboard",
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
	if d.scope == noProcess {
		return []grafanaVariable{}
	}
	all := []grafanaVariable{{
		Current:     object{"selected": true, "text": "default", "value": "default"},
		Description: "The Prometheus that scrapes bro_exporter.", Label: "Data source",
		Name: "datasource", Options: []object{}, Query: "prometheus", Type: "datasource",
	}}
	var before []string
	for _, v := range []variable{
		{name: "job", description: "The scrape job of bro_exporter."},
		{name: "cluster", description: "The site, where series have the label cluster."},
		{name: "sensor", description: "The sensor, where series have the label sensor."},
		{name: "instance", description: "The exporter: one for each sensor."},
		{name: "process", description: "The Bro process: manager, logger, proxy, worker."},
	} {
		// Some processes have only telemetry.
		matchers := append([]string{`__name__=~"bro_up|instance_process:bro_up:native"`}, before...)
		v.label, v.metric = v.name, "{"+strings.Join(matchers, ", ")+"}"
		before = append(before, d.scope.matchers(v.name))
		all = append(all, labelVariable(d.scope, v))
	}
	if d.telemetry() {
		all = append(all, hostVariable(d.scope))
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

// telemetry reports whether a panel has series of native.yml that have the label host.
func (d dashboard) telemetry() bool {
	for _, r := range d.rows {
		for _, p := range r.panels {
			if slices.ContainsFunc(p.queries, func(q query) bool { return strings.Contains(q.expr, "$telemetry") }) {
				return true
			}
		}
	}
	return false
}

// hostVariable holds the chosen instances as the series of native.yml name them: without their port. Grafana
// does not show it. Its "All" means the hosts of all chosen instances, so it has no value of its own.
func hostVariable(s scope) grafanaVariable {
	matchers := []string{`__name__=~"bro_up|instance_process:bro_up:native"`, s.matchers("job", "cluster", "sensor", "instance")}
	host := labelVariable(s, variable{
		name: "host", description: "The host of the exporter, as telemetry has it.",
		label: "instance", metric: "{" + strings.Join(matchers, ", ") + "}",
	})
	host.Hide = 2
	host.Regex = `/^(.*?)(?::\d+)?$/`
	return host
}

func labelVariable(s scope, v variable) grafanaVariable {
	prometheus := prometheus()
	definition := "label_values(" + v.metric + ", " + v.label + ")"
	g := grafanaVariable{
		Current:     object{"text": "", "value": ""}, // the first
		Datasource:  &prometheus,
		Definition:  definition,
		Description: v.description,
		Label:       title(v.name),
		Name:        v.name,
		Options:     []object{},
		Query:       object{"query": definition, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
		Refresh:     2, // when the time range changes
		Sort:        7, // natural: worker-2 before worker-10
		Type:        "query",
	}
	if s == manyProcesses || optional(v.label) {
		g.IncludeAll, g.Multi = true, true
		g.Current = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
		switch {
		case optional(v.label):
			g.AllValue = ".*"
		case v.label == "process" || v.label == "thread":
			// Not of jobs and instances: all that have bro_up are meant, not all that Prometheus scrapes.
			g.AllValue = ".+"
		}
	}
	return g
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func choiceVariable(v variable) grafanaVariable {
	g := grafanaVariable{
		Current:     object{"selected": true, "text": v.choice[0], "value": v.choice[0]},
		Description: v.description,
		Label:       title(v.name),
		Name:        v.name,
		Query:       strings.Join(v.choice, ","),
		Type:        "custom",
	}
	for i, value := range v.choice {
		g.Options = append(g.Options, object{"selected": i == 0, "text": value, "value": value})
	}
	return g
}
