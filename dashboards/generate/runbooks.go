package main

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	runbooksUID = "bro-runbooks"
	runbookRow  = "Alerts"
)

// runbook is where the runbook of an alert is.
func runbook(alert string) string {
	return "/d/" + runbooksUID + "?viewPanel=" + strconv.Itoa(panelID(runbooksUID, runbookRow, alert))
}

// runbookDashboard shows RUNBOOKS.md, a panel for each alert.
func runbookDashboard(markdown string) dashboard {
	sections := strings.Split(markdown, "\n## ")
	_, introduction, _ := strings.Cut(sections[0], "\n")
	alerts := row{title: runbookRow, height: 17, width: 12}
	for _, section := range sections[1:] {
		name, text, _ := strings.Cut(section, "\n")
		alerts.panels = append(alerts.panels, panel{title: name, view: markdownView{linkedText(text)}})
	}
	return dashboard{
		file:        "runbooks.json",
		uid:         runbooksUID,
		title:       "Bro / Runbooks",
		description: "What each alert means, how to confirm it, the usual causes, what to do. Each alert links to its panel.",
		from:        "now-6h",
		scope:       noProcess,
		rows: []row{
			{title: "Before you restart anything", height: 11, width: gridWidth, panels: []panel{{title: "Runbooks", view: markdownView{linkedText(introduction)}}}},
			alerts,
		},
	}
}

var (
	sectionName    = regexp.MustCompile(`\[(\w+)\]\(#\w+\)`)
	fileLink       = regexp.MustCompile(`\[([\w.]+)\]\([\w.]+\)`)
	dashboardTitle = regexp.MustCompile(`\*(Bro / [\w ]+)\*`)
)

// linkedText makes of links to sections and of names of dashboards what Grafana can follow.
func linkedText(text string) string {
	text = sectionName.ReplaceAllStringFunc(text, func(link string) string {
		name := sectionName.FindStringSubmatch(link)[1]
		return "[" + name + "](" + runbook(name) + ")"
	})
	text = fileLink.ReplaceAllString(text, "$1")
	return dashboardTitle.ReplaceAllStringFunc(text, func(name string) string {
		title := strings.Trim(name, "*")
		return "[" + title + "](/d/" + uidOf(title) + ")"
	})
}

// uidOf is the uid of a dashboard by its title: Bro / Leak hunt is bro-leak-hunt. Message queues are short.
func uidOf(title string) string {
	if title == "Bro / Message queues" {
		return queuesUID
	}
	return strings.ToLower(strings.NewReplacer(" / ", "-", " ", "-").Replace(title))
}
