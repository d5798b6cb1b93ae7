package main

import (
	"regexp"
	"slices"
	"strings"
)

// view is how a panel shows its data.
type view interface {
	// kind is Grafana's name of the panel's type.
	kind() string
	// ask says how the panel's queries are asked.
	ask(t *target)
	// dress completes the panel that Grafana reads.
	dress(p *panel, s scope, out *grafanaPanel)
}

// lines shows time series.
type lines struct {
	stacked bool
	bars    bool
}

func (lines) kind() string { return "timeseries" }

func (lines) ask(t *target) { t.Format, t.Range = "time_series", true }

func (v lines) dress(p *panel, s scope, out *grafanaPanel) {
	style, fill, stacking := "line", 0, "none"
	if v.stacked {
		fill, stacking = 30, "normal"
	}
	if v.bars {
		style, fill = "bars", 100
	}
	tooltip := object{"mode": "multi", "sort": "desc", "maxHeight": 400}
	if s == manyProcesses {
		tooltip["mode"] = "single" // that of a hundred lines is taller than the screen
		out.MaxDataPoints = fleetPoints
	}
	interpolation := "linear"
	if p.slow() {
		interpolation = "stepAfter"
	}
	defaults := &out.FieldConfig.Defaults
	defaults.Color = object{"mode": "palette-classic"}
	defaults.Custom = object{
		"axisPlacement":     "auto",
		"axisSoftMin":       0,
		"drawStyle":         style,
		"fillOpacity":       fill,
		"gradientMode":      "none",
		"hideFrom":          hidden(false),
		"lineInterpolation": interpolation,
		"lineWidth":         1,
		"pointSize":         4,
		"scaleDistribution": object{"type": "linear"},
		"showPoints":        "auto",
		"spanNulls":         false, // absent is not a value between its neighbours
		"stacking":          object{"group": "A", "mode": stacking},
		"thresholdsStyle":   object{"mode": "off"},
	}
	switch {
	case p.unit == "bytes":
		delete(defaults.Custom, "axisSoftMin") // or slow growth would look flat
	case p.unit != "percentunit":
		defaults.Custom["axisSoftMax"] = 1 // else the axis of nothing but 0 has no numbers
	}
	if s == manyProcesses && p.about("process") {
		defaults.Links = toProcess(func(label string) string { return "${__field.labels." + label + ":percentencode}" })
	}
	out.FieldConfig.Overrides = ownColors(p)
	out.Options = object{
		"legend": object{
			"calcs": []string{"lastNotNull", "max"}, "displayMode": "table", "placement": "bottom",
			"showLegend": true, "sortBy": "Last *", "sortDesc": true,
		},
		"tooltip": tooltip,
	}
}

// fleetPoints is how many points a line has that is chosen from all of a fleet. Each point looks at every
// process, or every thread: with one for each pixel 4,500 threads took Prometheus seconds.
const fleetPoints = 200

// ownColors gives each query that is one series a colour of its own.
func ownColors(p *panel) []override {
	overrides := []override{}
	for i, q := range p.queries {
		if strings.Contains(q.legend, "{{") {
			continue
		}
		color := []string{blue, orange, green, pink, vermillion, grey}[i%6]
		overrides = append(overrides, override{
			Matcher:    matcher{"byFrameRefID", ref(i)},
			Properties: []property{{"color", object{"mode": "fixed", "fixedColor": color}}},
		})
	}
	return overrides
}

// number shows the newest value of each series.
type number struct {
	steps []step
	texts []text
	names bool // show the legend instead of the value
	link  string
}

func (number) kind() string { return "stat" }

func (number) ask(t *target) { t.Format, t.Instant = "time_series", true }

func (v number) dress(_ *panel, _ scope, out *grafanaPanel) {
	defaults := &out.FieldConfig.Defaults
	defaults.Mappings = mappings(v.texts)
	color, mode := "none", "value"
	if v.steps != nil {
		defaults.Thresholds.Steps = v.steps
	}
	if v.steps != nil || v.texts != nil {
		color = "background_solid"
	}
	if v.names {
		mode = "name"
	}
	if v.link != "" {
		defaults.Links = []dataLink{{"Show", v.link}}
	}
	out.Options = object{
		"colorMode":              color,
		"graphMode":              "none",
		"justifyMode":            "auto",
		"orientation":            "auto",
		"percentChangeColorMode": "standard",
		"reduceOptions":          object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		"showPercentChange":      false,
		"text":                   object{"titleSize": 14},
		"textMode":               mode,
		"wideLayout":             true,
	}
}

// table has a row for each combination of the labels, and a column for each query. It is sorted
// by the first query's unless sortBy names another.
type table struct {
	labels []string // besides job, cluster and sensor
	sortBy string
	first  bool // the first query's column stands before the labels
}

func (table) kind() string { return "table" }

func (table) ask(t *target) { t.Format, t.Instant, t.LegendFormat = "table", true, "" }

// Widths of columns in pixels, as much as a name of the usual length needs. The last label of a table
// takes what is left.
func labelWidth(label string) int {
	switch label {
	case "format":
		return 90
	case "process":
		return 100
	case "kind":
		return 110
	case "instance":
		return 120
	case "direction":
		return 130
	case "alertname":
		return 180
	case "resource":
		return 200
	default:
		return 240
	}
}

const numberWidth = 82

func (v table) dress(p *panel, s scope, out *grafanaPanel) {
	out.FieldConfig.Defaults.Custom = plainCells()
	labels := append([]string{"job", "sensor", "cluster"}, v.labels...)
	values, rename := []string{}, object{}
	for i, q := range p.queries {
		field := valueField(i, len(p.queries))
		values = append(values, field)
		rename[field] = q.legend
	}
	fields := slices.Concat(labels, values)
	if v.first {
		fields = slices.Concat(values[:1], labels, values[1:])
	}
	out.Transformations = []transformation{
		// First, so that the names of metrics do not keep rows apart.
		{"filterFieldsByName", object{"include": object{"names": fields}}},
		{"merge", object{}},
		{"organize", object{"excludeByName": object{}, "indexByName": positions(fields), "renameByName": rename}},
	}
	overrides := []override{
		{matcher{"byName", "job"}, []property{{"custom.hidden", true}}},
		{matcher{"byName", "sensor"}, []property{{"custom.hidden", true}}},
		{matcher{"byName", "cluster"}, []property{{"custom.width", 90}}},
	}
	for i, label := range v.labels {
		var properties []property
		if i < len(v.labels)-1 || len(v.labels) == 2 && label == "process" {
			properties = append(properties, property{"custom.width", labelWidth(label)})
		} else {
			properties = append(properties, property{"custom.minWidth", labelWidth(label)})
		}
		if links := v.linksOf(label, s); links != nil {
			properties = append(properties, property{"links", links})
		}
		overrides = append(overrides, override{matcher{"byName", label}, properties})
	}
	out.FieldConfig.Overrides = slices.Concat(overrides, columns(p))
	sortBy := v.sortBy
	if sortBy == "" {
		sortBy = p.queries[0].legend
	}
	out.Options = tableOptions([]object{{"displayName": sortBy, "desc": true}})
}

// linksOf are the links of a label's cells.
func (v table) linksOf(label string, s scope) []dataLink {
	value := func(label string) string { return "${__data.fields." + label + ":percentencode}" }
	switch {
	case label == "process" && s == manyProcesses:
		return toProcess(value)
	case label == "instance" && !slices.Contains(v.labels, "process"):
		return toSensor(value)
	case label == "thread" && slices.Contains(v.labels, "process"):
		return []dataLink{toThread(value)}
	case label == "alertname":
		return []dataLink{{"Runbook", "/d/" + runbooksUID}}
	default:
		return nil
	}
}

func columns(p *panel) []override {
	var overrides []override
	for _, q := range p.queries {
		unit, width := q.unit, q.width
		if unit == "" {
			unit = p.unit
		}
		if width == 0 {
			width = numberWidth
		}
		// A cell without a value shall not say what the panel says without data.
		properties := []property{{"unit", unit}, {"noValue", "–"}, {"custom.width", width}}
		if q.texts != nil {
			properties = append(properties, property{"mappings", mappings(q.texts)})
		}
		if q.steps != nil {
			properties = append(properties, property{"thresholds", thresholds{"absolute", q.steps}})
		}
		if q.texts != nil || q.steps != nil {
			properties = append(properties, property{"custom.cellOptions", object{"type": "color-background", "mode": "basic"}})
		}
		overrides = append(overrides, override{matcher{"byName", q.legend}, properties})
	}
	return overrides
}

// valueField is Grafana's name of the i-th of n queries' values in tables.
func valueField(i, n int) string {
	if n == 1 {
		return "Value"
	}
	return "Value #" + ref(i)
}

// matrix is a table of coloured cells. Each query gives a row; the values of the label columns
// are the columns, in the order of names; rows names the label that tells the rows apart.
type matrix struct {
	rows    string
	columns string
	names   []string
}

func (matrix) kind() string { return "table" }

func (matrix) ask(t *target) { t.Format, t.Instant = "time_series", true }

func (v matrix) dress(_ *panel, _ scope, out *grafanaPanel) {
	zero := 0.0
	defaults := &out.FieldConfig.Defaults
	defaults.Color = object{"mode": "continuous-blues"}
	defaults.Min = &zero
	defaults.Mappings = mappings([]text{{value: "0", text: "·"}})
	defaults.Custom = plainCells()
	defaults.Custom["align"] = "center"
	defaults.Custom["cellOptions"] = object{"type": "color-background", "mode": "basic"}
	out.FieldConfig.Overrides = []override{{
		Matcher: matcher{"byName", v.rows + " \\ " + v.columns},
		Properties: []property{
			{"custom.align", "left"}, {"custom.cellOptions", object{"type": "auto"}},
		},
	}}
	out.Transformations = []transformation{
		{"labelsToFields", object{"mode": "columns", "valueLabel": v.columns}},
		{"merge", object{}},
		{"organize", object{
			"excludeByName": object{"Time": true},
			"indexByName":   positions(append([]string{v.rows}, v.names...)),
			"renameByName":  object{v.rows: v.rows + " \\ " + v.columns},
		}},
	}
	out.Options = tableOptions(nil)
}

// heat shows each series as a row of cells, darker where there is more.
type heat struct{}

func (heat) kind() string { return "heatmap" }

func (heat) ask(t *target) { t.Format, t.Range = "time_series", true }

func (heat) dress(p *panel, _ scope, out *grafanaPanel) {
	out.FieldConfig.Defaults.Custom = object{"hideFrom": hidden(false), "scaleDistribution": object{"type": "linear"}}
	out.Options = object{
		"calculate":  false,
		"cellGap":    1,
		"cellValues": object{"unit": p.unit},
		"color": object{
			"exponent": 0.5, "fill": blue, "mode": "scheme", "reverse": false,
			"scale": "exponential", "scheme": "Cividis", "steps": 64,
		},
		"exemplars":    object{"color": pink},
		"filterValues": object{"le": 1e-9},
		"legend":       object{"show": true},
		"rowsFrame":    object{"layout": "auto"},
		"showValue":    "never",
		"tooltip":      object{"mode": "single", "showColorScale": false, "yHistogram": false},
		"yAxis":        object{"axisPlacement": "left", "reverse": false},
	}
}

// states shows each series as a band that changes its colour.
type states struct {
	texts []text
}

func (states) kind() string { return "state-timeline" }

func (states) ask(t *target) { t.Format, t.Range = "time_series", true }

func (v states) dress(_ *panel, _ scope, out *grafanaPanel) {
	out.FieldConfig.Defaults.Mappings = mappings(v.texts)
	out.FieldConfig.Defaults.Custom = object{
		"axisPlacement": "auto", "fillOpacity": 80, "hideFrom": hidden(false),
		"insertNulls": false, "lineWidth": 0, "spanNulls": false,
	}
	out.Options = object{
		"alignValue":  "left",
		"legend":      object{"calcs": []string{}, "displayMode": "list", "placement": "bottom", "showLegend": false},
		"mergeValues": true,
		"perPage":     20,
		"rowHeight":   0.9,
		"showValue":   "never",
		"tooltip":     object{"mode": "single", "sort": "none"},
	}
}

// markdownView shows a text and asks nothing.
type markdownView struct{ text string }

func (markdownView) kind() string { return "text" }

func (markdownView) ask(*target) {}

func (v markdownView) dress(_ *panel, _ scope, out *grafanaPanel) {
	out.Datasource, out.FieldConfig = nil, nil
	out.Options = object{"mode": "markdown", "content": v.text, "code": object{"language": "plaintext", "showLineNumbers": false, "showMiniMap": false}}
}

// Cells without a filter, and columns that may be narrow, so that a table fits the screen.
func plainCells() object {
	return object{"align": "auto", "cellOptions": object{"type": "auto"}, "filterable": false, "inspect": false, "minWidth": 50}
}

func tableOptions(sortBy []object) object {
	return object{
		"cellHeight": "sm",
		"footer":     object{"countRows": false, "enablePagination": false, "fields": []string{}, "reducer": []string{"sum"}, "show": false},
		"frameIndex": 0,
		"showHeader": true,
		"sortBy":     append([]object{}, sortBy...),
	}
}

func hidden(yes bool) object { return object{"legend": yes, "tooltip": yes, "viz": yes} }

func positions(names []string) object {
	at := object{}
	for i, name := range names {
		at[name] = i
	}
	return at
}

func mappings(texts []text) []object {
	if len(texts) == 0 {
		return []object{}
	}
	options := object{}
	for i, t := range texts {
		result := object{"index": i, "text": t.text}
		if t.color != "" {
			result["color"] = t.color
		}
		options[t.value] = result
	}
	return []object{{"type": "value", "options": options}}
}

// where is the part of a link that keeps data source, time and site.
const where = "?${datasource:queryparam}&${__url_time_range}&${cluster:queryparam}&${sensor:queryparam}"

// chosen is the part of a link that chooses labels. value returns a label's value, escaped.
func chosen(value func(label string) string, labels ...string) string {
	var query strings.Builder
	for _, label := range labels {
		query.WriteString("&var-" + label + "=" + value(label))
	}
	return query.String()
}

// toProcess links to the dashboards of one process.
func toProcess(value func(label string) string) []dataLink {
	query := where + chosen(value, "job", "instance", "process")
	return []dataLink{
		{"Process", "/d/" + processUID + query},
		{"Message queues", "/d/" + queuesUID + query},
		{"Leak hunt", "/d/" + leakHuntUID + query},
	}
}

// toSensor links to the dashboards of one sensor.
func toSensor(value func(label string) string) []dataLink {
	query := where + chosen(value, "job", "instance")
	return []dataLink{{"Overview", "/d/" + overviewUID + query}, {"Leak hunt", "/d/" + leakHuntUID + query}}
}

// toThread links to the queues of one thread.
func toThread(value func(label string) string) dataLink {
	return dataLink{"This thread", "/d/" + queuesUID + where + chosen(value, "job", "instance", "process", "thread")}
}

// topmost are the series of an expression that are largest at the end of the time shown, so that the same
// ones stay in the graph from its begin to its end.
func topmost(expr string) string { return expr + "\n  and topk($top, " + atEnd(expr) + ")" }

var selector = regexp.MustCompile(`\{[^}]*\}(\[[^\]]*\])?`)

func atEnd(expr string) string { return selector.ReplaceAllString(expr, "$0 @ end()") }
