package render

import (
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"bro_exporter/analyze"
)

// columns is how wide text may be. Only a word makes it wider.
const columns = 100

// Text writes reports for a terminal: the answers of all processes if there are several, then of each,
// the worst first, what was found, what to do, and what was measured. A legend explains the words.
func Text(w io.Writer, reports []analyze.Report, o Options) error {
	var b strings.Builder
	shown := processes(reports, o)
	if len(shown) == 0 {
		b.WriteString("No prof.log.\n")
	}
	if len(shown) > 1 {
		writeSummary(&b, shown)
	}
	for i := range shown {
		writeProcess(&b, &shown[i])
	}
	writeLegend(&b, legend(shown))
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func writeSummary(b *strings.Builder, shown []process) {
	t := newTable(table.Row{"PROCESS", "ANSWER", "FINDINGS", "WORST"})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMax: nameWidth, WidthMaxEnforcer: shortened},
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, WidthMax: 56, WidthMaxEnforcer: func(s string, room int) string { return text.Snip(s, room, "…") }},
	})
	without := map[analyze.Answer][]string{}
	for _, p := range shown {
		if len(p.Findings) == 0 {
			without[p.Answer] = append(without[p.Answer], p.Process)
			continue
		}
		t.AppendRow(table.Row{p.Process, string(p.Answer), len(p.Findings), p.Findings[0].Text})
	}
	if t.Length() > 0 {
		writeTable(b, "", t)
	}
	for _, answer := range []analyze.Answer{analyze.CannotTell, analyze.Fine} {
		if names := without[answer]; len(names) > 0 {
			writeWrapped(b, "", "", capital(string(answer))+", without findings: "+strings.Join(names, ", "))
		}
	}
}

func writeProcess(b *strings.Builder, p *process) {
	b.WriteString("\n" + p.Process + ": " + string(p.Answer) + "\n")
	if p.Path != "" {
		b.WriteString("  " + p.Path + "\n")
	}
	writeWrapped(b, "  ", "  ", p.Facts)
	writeWrapped(b, "  ", "  ", p.Meaning)
	for i, f := range p.Findings {
		first := "  " + strconv.Itoa(i+1) + ". "
		rest := strings.Repeat(" ", len(first))
		b.WriteString("\n")
		writeWrapped(b, first, rest, f.Level+": "+f.Text)
		writeWrapped(b, rest, rest, "("+f.Details+")")
		writeWrapped(b, rest+"-> ", rest+"   ", f.Advice)
	}
	if p.UsedUp != "" || p.Healthy != "" {
		b.WriteString("\n")
	}
	writeWrapped(b, "  ", "  ", p.UsedUp)
	writeWrapped(b, "  ", "  ", p.Healthy)
	if len(p.State) > 0 {
		b.WriteString("\n")
	}
	for _, s := range p.State {
		writeWrapped(b, "  ", "    ", s.Name+": "+s.Text)
	}
	for i := range p.Shown {
		b.WriteString("\n")
		writeRun(b, &p.Shown[i])
	}
	if p.Others != "" {
		b.WriteString("  And " + p.Others + ".\n")
	}
}

func writeRun(b *strings.Builder, r *run) {
	writeWrapped(b, "  ", "    ", r.Title)
	if len(r.Rows) > 0 {
		t := newTable(table.Row{"RESOURCE", "FIRST", "LAST", "GROWTH", "VERDICT"})
		numbers := func(column int) table.ColumnConfig {
			return table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight}
		}
		t.SetColumnConfigs([]table.ColumnConfig{
			{Number: 1, WidthMax: nameWidth, WidthMaxEnforcer: shortened}, numbers(2), numbers(3), numbers(4),
		})
		for _, row := range r.Rows {
			t.AppendRow(table.Row{row.Name, row.First, row.Last, row.Growth, row.Verdict})
		}
		writeTable(b, "  ", t)
	}
	writeWrapped(b, "  ", "  ", r.NotShown)
}

func writeLegend(b *strings.Builder, terms []term) {
	if len(terms) == 0 {
		return
	}
	b.WriteString("\nWords\n")
	for _, t := range terms {
		writeWrapped(b, "  ", "    ", t.Word+": "+t.Meaning)
	}
}

// nameWidth is how wide a column of names is. A longer name loses its middle there: findings, JSON and
// HTML have all of it.
const nameWidth = 40

func newTable(header table.Row) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(header)
	return t
}

func writeTable(b *strings.Builder, indent string, t table.Writer) {
	for line := range strings.Lines(t.Render()) {
		b.WriteString(strings.TrimRight(indent+line, " \n") + "\n")
	}
}

// shortened returns a name without its middle if there is no room for all of it.
func shortened(name string, room int) string {
	if width(name) <= room {
		return name
	}
	runes := []rune(name)
	head := string(runes[:room/3])
	for tail := runes[room/3:]; len(tail) > 0; tail = tail[1:] {
		if short := head + "…" + string(tail); width(short) <= room {
			return short
		}
	}
	return head + "…"
}

// writeWrapped writes text in lines no wider than columns. It breaks no word, so that names can be
// copied.
func writeWrapped(b *strings.Builder, first, rest, s string) {
	if s == "" {
		return
	}
	line, begun := first, false
	for _, word := range strings.Fields(s) {
		if begun && width(line)+1+width(word) > columns {
			b.WriteString(line + "\n")
			line, begun = rest, false
		}
		if begun {
			line += " "
		}
		line += word
		begun = true
	}
	b.WriteString(line + "\n")
}

func width(s string) int { return text.StringWidthWithoutEscSequences(s) }
