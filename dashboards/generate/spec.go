package main

// dashboard describes a dashboard, as overview.go, process.go, queues.go and leakhunt.go have one each.
type dashboard struct {
	file        string
	uid         string
	title       string
	description string
	from        string // begin of the time range at first
	refresh     string
	scope       scope
	variables   []variable // besides those that every dashboard has
	rows        []row
}

// scope is the choice of processes on a dashboard. In its queries, $here stands for the label matchers of
// these processes and $host for those of their exporters. $telemetry matches the processes in the series of
// native.yml, which have the label host instead of instance.
type scope int

const (
	manyProcesses scope = iota
	oneProcess
	noProcess // it asks nothing
)

// variable is a further variable of a dashboard: values of a label if it has one, else a choice.
type variable struct {
	name        string
	description string
	label       string   // of metric
	metric      string   // with its matchers
	choice      []string // the first is the default
}

// row is a row of panels of one height. Panels flow from left to right, with the width of the row
// unless they have their own.
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
	empty       string   // why there may be no data; "" if there always is some
	alerts      []string // the alerts that it explains; it links to their runbooks
	queries     []query
}

type query struct {
	expr   string
	legend string // with labels; in a table the title of the column
	slow   bool   // of values that only expensive snapshots have

	// In a table, where each query is a column:
	unit  string
	width int // in pixels; 0 for that of a number
	steps []step
	texts []text
}

// text is shown instead of a value.
type text struct {
	value string
	text  string
	color string
}

// Colours of lines. Colour-blind people can tell them apart, and each has a contrast of 3 to the
// background of Grafana's dark and light theme.
const (
	blue       = "#2E86C8"
	orange     = "#C77C00"
	green      = "#009E73"
	pink       = "#CC79A7"
	vermillion = "#D55E00"
	grey       = "#808080"
)

// Colours behind text mean trouble. Grafana writes on them in black or white; either has a contrast
// of 4.5 at least.
const (
	alarm   = "#B84600"
	warn    = "#F0E442"
	notice  = "#9AD2F6"
	unknown = "#6F4E9B"
	normal  = "transparent"
)

// calm marks no value.
func calm() []step { return []step{{Color: normal}} }

// warnFrom marks values from limit on.
func warnFrom(limit float64) []step {
	return []step{{Color: normal}, {Color: warn, From: &limit}}
}

// alarmFromOne marks whatever is more than none, loudly.
func alarmFromOne() []step {
	one := 1.0
	return []step{{Color: normal}, {Color: alarm, From: &one}}
}

// unknownFromOne marks whatever is more than none as what nobody knows.
func unknownFromOne() []step {
	one := 1.0
	return []step{{Color: normal}, {Color: unknown, From: &one}}
}

func upOrDown() []text {
	return []text{{"0", "down", alarm}, {"1", "up", ""}}
}

const (
	everyProcess = "{{instance}} {{process}}"
	everyThread  = "{{instance}} {{process}} {{thread}}"

	// A process has either prof.log or a series of native.yml called native, never both.

	up = `(bro_up{$here} or instance_process:bro_up:native{$here})`

	// Resident memory now where /proc has it, else prof.log's, which is the peak since 2.4.
	memoryNow = `(bro_process_resident_memory_bytes{$here} or bro_memory_total_bytes{$here} or instance_process:bro_memory:native{$here})`

	cpu = `(rate(bro_runtime_user_seconds_total{$here}[$__rate_interval]) + rate(bro_runtime_system_seconds_total{$here}[$__rate_interval])
  or instance_process:bro_cpu:native{$here})`

	connections = `(bro_connections_current{$here} or instance_process:bro_connections:native{$here})`

	// Messages in all queues of a process.
	waiting = `(sum without (thread) (bro_thread_messages_pending_in{$here}) + sum without (thread) (bro_thread_messages_pending_out{$here})
  or instance_process:bro_messages_pending:native{$here})`

	// How long a thread needs for what waits: messages over messages a second.
	behind = `bro_thread_messages_pending_in{$here} / (rate(bro_thread_queue_in_writes_total{$here}[$__rate_interval]) > 0)`

	// Threads of a process for which more waits than 5 minutes ago and which have read nothing since.
	stuck = `(bro_thread_messages_pending_in{$here} > (bro_thread_messages_pending_in{$here} offset 5m)
  and (bro_thread_queue_in_reads_total{$here} == (bro_thread_queue_in_reads_total{$here} offset 5m)))`

	behindClock = `bro_prof_file_mtime_seconds{$here} - (bro_prof_last_snapshot_timestamp_seconds{$here} > 0)`
)

// Why a panel may be empty.
const (
	until50   = "Written by 2.0 to 5.0 only."
	byName    = "Written by 2.0 to 5.0, later with zeek/named-tables.zeek only."
	until30   = "Written by 2.0 to 3.0 only."
	fromPID   = "Needs .pid beside prof.log, as zeekctl writes it, and a process that runs."
	since21   = "Written since 2.1, for processes with threads."
	expensive = "No expensive snapshot yet."
	native    = "Needs Zeek's own telemetry (7.1 and later) and native.yml."
	judging   = "The exporter judges a process every 10 minutes, unless --analysis.interval=0."
)

// memoryOver is a function of memoryNow over a window, which may have an offset.
func memoryOver(function, window, offset string) string {
	if offset != "" {
		offset = " offset " + offset
	}
	return `(` + function + `(bro_process_resident_memory_bytes{$here}[` + window + `]` + offset + `)
  or ` + function + `(bro_memory_total_bytes{$here}[` + window + `]` + offset + `)
  or ` + function + `(instance_process:bro_memory:native{$here}[` + window + `]` + offset + `))`
}
