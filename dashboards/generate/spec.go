package main

// dashboard is what the files overview.go, process.go, queues.go and leakhunt.go say of one.
type dashboard struct {
	file        string
	uid         string
	title       string
	description string
	from        string // begin of the time range that is shown at first
	refresh     string
	scope       scope
	variables   []variable // besides datasource, job, instance and process
	rows        []row
}

// scope says which processes a dashboard is about. In its queries $here stands for the label
// matchers of these processes, $host for those of their exporters.
type scope int

const (
	manyProcesses scope = iota
	oneProcess
)

// variable is a further variable of a dashboard: values of a label if it has one, else a choice.
type variable struct {
	name        string
	description string
	label       string   // of metric
	metric      string   // with its matchers
	choice      []string // the first is chosen at first
}

// row is a row of panels of one height. Panels flow from left to right, as wide as the row says
// unless they say it themselves.
type row struct {
	title     string
	collapsed bool
	height    int
	width     int
	panels    []panel
}

type panel struct {
	title       string
	description string
	unit        string // as Grafana calls it
	view        view
	width       int
	empty       string // what it means if there is no data; "" if there always is some
	queries     []query
}

type query struct {
	expr   string
	legend string // with labels; in a table the title of the column
	slow   bool   // of values that only expensive blocks have

	// In a table, where each query is a column:
	unit  string
	steps []step
	texts []text
}

// text is shown instead of a value.
type text struct {
	value string
	text  string
	color string
}

// The palette of Okabe and Ito, which colour-blind people can tell apart.
const (
	blue       = "#0072B2"
	orange     = "#E69F00"
	green      = "#009E73"
	pink       = "#CC79A7"
	sky        = "#56B4E9"
	vermillion = "#D55E00"
	yellow     = "#F0E442"
	grey       = "#808080"
)

// calm colours all values alike.
func calm() []step { return []step{{Color: blue}} }

// warnFrom colours values from limit on.
func warnFrom(limit float64) []step {
	return []step{{Color: blue}, {Color: orange, From: &limit}}
}

// alarmFrom colours values from limit on more loudly.
func alarmFrom(limit float64) []step {
	return []step{{Color: blue}, {Color: vermillion, From: &limit}}
}

func upOrDown() []text {
	return []text{{"0", "down", vermillion}, {"1", "up", blue}}
}

const (
	everyProcess = "{{instance}} {{process}}"
	everyThread  = "{{instance}} {{process}} {{thread}}"

	// Resident memory now where /proc tells, else prof.log's, which is the peak since 2.4.
	memoryNow = `(bro_process_resident_memory_bytes{$here} or bro_memory_total_bytes{$here})`

	cpu = `rate(bro_runtime_user_seconds_total{$here}[$__rate_interval]) + rate(bro_runtime_system_seconds_total{$here}[$__rate_interval])`
)

const (
	until50 = "Written by 2.0 to 5.0 only."
	until30 = "Written by 2.0 to 3.0 only."
	fromPID = "Needs .pid beside prof.log, as zeekctl writes it, and a process that runs."
)

// memoryOver is a function of memoryNow over a window.
func memoryOver(function, window string) string {
	return `(` + function + `(bro_process_resident_memory_bytes{$here}[` + window + `])
  or ` + function + `(bro_memory_total_bytes{$here}[` + window + `]))`
}
