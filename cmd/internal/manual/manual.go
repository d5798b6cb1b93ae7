// Package manual completes the --help and the man page that kingpin makes of a program's flags.
package manual

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kingpin/v2"
)

// Page is what a program's flags do not tell.
type Page struct {
	Name    string // of the program
	Summary string // one line behind the name
	Version string

	ExitStatus  []Entry
	Files       []Entry
	Environment []Entry
	Examples    []Entry
}

// Entry is a term, such as an exit code, a path, a variable or a command, and what it means.
type Entry struct{ Term, Text string }

// Usage returns a template for kingpin's UsageTemplate: its own, with the exit codes at the end of the
// program's help. The help of a subcommand has them in its own words.
func (p Page) Usage() string {
	var b strings.Builder
	b.WriteString(kingpin.DefaultUsageTemplate)
	b.WriteString("{{if not .Context.SelectedCommand}}Exit status:\n")
	columns := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, e := range p.ExitStatus {
		_, _ = fmt.Fprintf(columns, "  %s\t%s\n", e.Term, e.Text)
	}
	_ = columns.Flush() // into memory
	b.WriteString("{{end}}")
	return b.String()
}

// Man returns a template for kingpin.ManPageTemplate: its own with a head of one line, the summary,
// and the sections that it lacks.
func (p Page) Man() string {
	const head, name = `.TH {{.App.Name}} 1 {{.App.Version}} "{{.App.Author}}"`, ".SH \"NAME\"\n{{.App.Name}}\n"
	page := strings.NewReplacer(
		head, fmt.Sprintf(`.TH %s 1 "" %q`, p.Name, p.Name+" "+p.Version),
		name, fmt.Sprintf(".SH \"NAME\"\n%s \\- %s\n", p.Name, roff(p.Summary)),
	).Replace(kingpin.ManPageTemplate)
	var b strings.Builder
	b.WriteString(page)
	for _, section := range []struct {
		title   string
		entries []Entry
	}{
		{"EXIT STATUS", p.ExitStatus},
		{"FILES", p.Files},
		{"ENVIRONMENT", p.Environment},
		{"EXAMPLES", p.Examples},
	} {
		if len(section.entries) == 0 {
			continue
		}
		fmt.Fprintf(&b, ".SH %q\n", section.title)
		for _, e := range section.entries {
			fmt.Fprintf(&b, ".TP\n\\fB%s\\fR\n%s\n", roff(e.Term), roff(e.Text))
		}
	}
	return b.String()
}

// roff returns s as text of a man page: a backslash, and a dot or quote that begins a line, would be
// commands, and a plain hyphen cannot be copied into a shell.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		return `\&` + s
	}
	return s
}
