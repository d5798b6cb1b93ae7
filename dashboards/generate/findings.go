package main

// What a process, or a finding of it, counts as, the worst highest.
func stateTexts() []text {
	return []text{
		{"9", "down", alarm},
		{"8", "unknown", unknown},
		{"7", "leak", alarm},
		{"6", "stuck", alarm},
		{"5", "suspected", warn},
		{"4", "no prof.log", notice},
		{"3", "cannot tell yet", notice},
		{"2", "not judged", notice},
		{"1", "note", ""},
		{"0", "fine", ""},
	}
}

// ranked are the findings that are more than worth knowing, by level as in stateTexts.
const ranked = `(bro_finding{$here, level="leak"} * 7
  or bro_finding{$here, level="stuck"} * 6
  or bro_finding{$here, level="suspected"} * 5)`

// state is the state of each process. It is down if bro_up or its telemetry shows that, and unknown if
// Prometheus cannot scrape its exporter. Otherwise its worst finding counts, and then whether the judge has
// seen it, which needs prof.log.
const state = `((` + up + ` == 0) + 9
  or instance_process:bro_up:native{$here} * 0 + 4
  or last_over_time(bro_up{$here}[$__range]) * 0 + 8 unless bro_up{$here} unless ignoring (process) (up{$host} == 1)
  or max without (level, kind, resource) ` + ranked + `
  or bro_analysis_undecided_until_timestamp_seconds{$here} * 0 + 3
  or bro_up{$here} * 0 + 2 unless bro_analysis_timestamp_seconds{$here}
  or bro_up{$here} * 0)`

// growthPerHour is the growth of the findings with some matchers.
func growthPerHour(matchers string) string {
	return `bro_finding_growth_per_second{` + matchers + `} * 3600`
}

// trouble lists the findings that are more than worth knowing, with the labels given; the worst first.
func trouble(width int, labels ...string) panel {
	return findingsPanel(width, ranked, `$here, level!="note"`, labels)
}

// findings lists all findings, with the labels given; the worst first.
func findings(width int, labels ...string) panel {
	return findingsPanel(width, `(`+ranked+` or bro_finding{$here, level="note"})`, `$here`, labels)
}

func findingsPanel(width int, levels, matchers string, labels []string) panel {
	return panel{
		title:       "Findings",
		description: "What the exporter finds in the processes, as proftool analyze does. leak: nothing healthy explains the growth. stuck: it does not move. suspected: a table or cache that fills for up to a day would look the same. Since: estimated. Click on a process to see it, and on Leak hunt to see what grows.",
		unit:        "short",
		width:       width,
		view:        table{labels: labels, sortBy: "Level", first: true},
		empty:       "Nothing is found, or nothing was judged. " + judging,
		alerts:      []string{"BroCoreLeak", "BroTableGrowing"},
		queries: []query{
			{expr: levels, legend: "Level", texts: stateTexts(), width: 80},
			{expr: `bro_finding_onset_timestamp_seconds{` + matchers + `} * 1000`, legend: "Since", unit: "dateTimeFromNow", width: 95},
			{expr: growthPerHour(matchers + `, unit="bytes"`), legend: "Bytes/h", unit: "bytes"},
			{expr: growthPerHour(matchers + `, unit!="bytes"`), legend: "Count/h"},
			{expr: `(bro_finding{` + matchers + `} * 0 + ignoring (level, kind, resource) group_left () bro_memory_exhaustion_timestamp_seconds{$here}) * 1000`, legend: "Memory used up", unit: "dateTimeFromNow", width: 105},
		},
	}
}
