package main

import "strings"

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
	interpolation := "linear"
	if p.slow() {
		interpolation = "stepAfter"
	}
	defaults := &out.FieldConfig.Defaults
	defaults.Color = object{"mode": "palette-classic"}
	defaults.Custom = object{
		"axisPlacement":     "auto",
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
	if s == manyProcesses && p.about("process") {
		defaults.Links = toProcess(func(label string) string { return "${__field.labels." + label + ":percentencode}" })
	}
	out.FieldConfig.Overrides = ownColors(p)
	out.Options = object{
		"legend": object{
			"calcs": []string{"lastNotNull", "max"}, "displayMode": "table", "placement": "bottom",
			"showLegend": true, "sortBy": "Last *", "sortDesc": true,
		},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
}

// ownColors gives each query that is one series a colour that all can tell from the others.
func ownColors(p *panel) []override {
	overrides := []override{}
	for i, q := range p.queries {
		if strings.Contains(q.legend, "{{") {
			continue
		}
		color := []string{blue, orange, green, pink, sky, vermillion, yellow}[i%7]
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
}

func (number) kind() string { return "stat" }

func (number) ask(t *target) { t.Format, t.Instant = "time_series", true }

func (v number) dress(_ *panel, _ scope, out *grafanaPanel) {
	defaults := &out.FieldConfig.Defaults
	defaults.Mappings = mappings(v.texts)
	if v.steps != nil {
		defaults.Thresholds.Steps = v.steps
	}
	mode := "value"
	if v.names {
		mode = "name"
	}
	out.Options = object{
		"colorMode":              "value",
		"graphMode":              "none",
		"justifyMode":            "auto",
		"orientation":            "auto",
		"percentChangeColorMode": "standard",
		"reduceOptions":          object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		"showPercentChange":      false,
		"textMode":               mode,
		"wideLayout":             true,
	}
}

// table has a row for each combination of the labels, and a column for each query. It is sorted
// by the first query's unless sortBy names another.
type table struct {
	labels []string // besides job
	sortBy string
}

func (table) kind() string { return "table" }

func (table) ask(t *target) { t.Format, t.Instant, t.LegendFormat = "table", true, "" }

func (v table) dress(p *panel, s scope, out *grafanaPanel) {
	out.FieldConfig.Defaults.Custom = plainCells()
	labels := append([]string{"job"}, v.labels...)
	fields, rename := labels, object{}
	for i, q := range p.queries {
		field := valueField(i, len(p.queries))
		fields = append(fields, field)
		rename[field] = q.legend
	}
	out.Transformations = []transformation{
		// First, so that the names of metrics do not keep rows apart.
		{"filterFieldsByName", object{"include": object{"names": fields}}},
		{"merge", object{}},
		{"organize", object{"excludeByName": object{}, "indexByName": positions(fields), "renameByName": rename}},
	}
	out.FieldConfig.Overrides = append([]override{
		{matcher{"byName", "job"}, []property{{"custom.hidden", true}}},
	}, columns(p)...)
	if s == manyProcesses {
		out.FieldConfig.Overrides = append(out.FieldConfig.Overrides, override{
			Matcher: matcher{"byName", "process"},
			Properties: []property{{"links", toProcess(func(label string) string {
				return "${__data.fields." + label + ":percentencode}"
			})}},
		})
	}
	sortBy := v.sortBy
	if sortBy == "" {
		sortBy = p.queries[0].legend
	}
	out.Options = tableOptions([]object{{"displayName": sortBy, "desc": true}})
}

func columns(p *panel) []override {
	var overrides []override
	for _, q := range p.queries {
		unit := q.unit
		if unit == "" {
			unit = p.unit
		}
		// A cell without a value shall not say what the panel says without data.
		properties := []property{{"unit", unit}, {"noValue", "–"}}
		if q.texts != nil {
			properties = append(properties, property{"mappings", mappings(q.texts)})
		}
		if q.steps != nil {
			properties = append(properties, property{"thresholds", thresholds{"absolute", q.steps}})
		}
		if q.texts != nil || q.steps != nil {
			properties = append(properties, property{"custom.cellOptions", object{"type": "color-text"}})
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
		"legend":      object{"calcs": []string{}, "displayMode": "list", "placement": "bottom", "showLegend": true},
		"mergeValues": true,
		"perPage":     20,
		"rowHeight":   0.9,
		"showValue":   "never",
		"tooltip":     object{"mode": "single", "sort": "none"},
	}
}

func plainCells() object {
	return object{"align": "auto", "cellOptions": object{"type": "auto"}, "filterable": true, "inspect": false}
}

func tableOptions(sortBy []object) object {
	return object{
		"cellHeight": "sm",
		"footer":     object{"countRows": false, "enablePagination": true, "fields": []string{}, "reducer": []string{"sum"}, "show": false},
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

// toProcess links to the dashboards of one process, of which value says the labels.
func toProcess(value func(label string) string) []dataLink {
	query := "?${datasource:queryparam}&${__url_time_range}"
	for _, label := range []string{"job", "instance", "process"} {
		query += "&var-" + label + "=" + value(label)
	}
	return []dataLink{
		{"Process", "/d/" + processUID + query},
		{"Message queues", "/d/" + queuesUID + query},
		{"Leak hunt", "/d/" + leakHuntUID + query},
	}
}
