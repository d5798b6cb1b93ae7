package render

import (
	"io"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"bro_exporter/analyze"
)

// columns is how wide text may be. Only a word, or a table's numbers, make it wider.
const columns = 100

// Text writes reports for a terminal: of several processes first what is worst of each, then of
// each, the worst first, its tables and findings.
func Text(w io.Writer, reports []analyze.Report) error {
	var b strings.Builder
	shown := processes(reports)
	if len(shown) == 0 {
		b.WriteString("No prof.log.\n")
	}
	if len(shown) > 1 {
		writeSummary(&b, shown)
	}
	for i := range shown {
		writeProcess(&b, &shown[i])
	}
	if len(shown) > 0 {
		b.WriteString("\n")
		writeWrapped(&b, "", "", aboutConfidence)
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func writeSummary(b *strings.Builder, shown []process) {
	rows := [][]string{{"PROCESS", "VERDICT", "FINDINGS", "WORST"}}
	var fine []string
	for _, p := range shown {
		if len(p.Findings) == 0 {
			fine = append(fine, p.Process)
			continue
		}
		rows = append(rows, []string{p.Process, p.Worst, strconv.Itoa(len(p.Findings)), p.Findings[0].Text})
	}
	if len(rows) > 1 {
		room := columns - 2 - cellsWidth(rows, 0, 1, 2)
		for _, cells := range rows {
			cells[3] = cut(cells[3], room)
		}
		writeTable(b, "", rows, "llrl")
	}
	if len(fine) > 0 {
		writeWrapped(b, "", "", plural(len(fine), "process")+" without findings: "+strings.Join(fine, ", "))
	}
}

func writeProcess(b *strings.Builder, p *process) {
	b.WriteString("\n" + p.Process + ": " + p.Worst + "\n")
	if p.Path != "" {
		b.WriteString("  " + p.Path + "\n")
	}
	writeWrapped(b, "  ", "  ", p.Facts)
	for _, r := range p.Shown {
		b.WriteString("\n")
		writeRun(b, &r)
	}
	if p.Others != "" {
		b.WriteString("  And " + p.Others + ".\n")
	}
	if len(p.Findings) > 0 {
		b.WriteString("\n")
	}
	for i, f := range p.Findings {
		first := "  " + strconv.Itoa(i+1) + ". "
		rest := strings.Repeat(" ", len(first))
		writeWrapped(b, first, rest, f.Severity+": "+f.Text+" ("+f.About+")")
		writeWrapped(b, rest+"-> ", rest+"   ", f.Advice)
	}
}

func writeRun(b *strings.Builder, r *run) {
	writeWrapped(b, "  ", "    ", r.Title)
	if len(r.Rows) > 0 {
		rows := [][]string{{"RESOURCE", "FIRST", "LAST", "SLOPE", "CONFIDENCE", "VERDICT"}}
		for _, row := range r.Rows {
			rows = append(rows, []string{row.Name, row.First, row.Last, row.Slope, row.Confidence, row.Verdict})
		}
		writeTable(b, "  ", rows, "lrrrrl")
	}
	if r.Dull != "" {
		writeWrapped(b, "  ", "  ", r.Dull)
	}
}

// writeTable writes rows in columns that are aligned to the left or right. A first cell for
// which there is no room stands on a line of its own.
func writeTable(b *strings.Builder, indent string, rows [][]string, align string) {
	widths := columnWidths(indent, rows)
	for _, cells := range rows {
		line := indent
		for i, cell := range cells {
			if displayWidth(cell) > widths[i] {
				b.WriteString(indent + cell + "\n")
				cell = ""
			}
			line += aligned(cell, widths[i], align[i]) + strings.Repeat(" ", gap)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// columnWidths returns how wide each column is: as its widest cell, but the first only as there
// is room for it.
func columnWidths(indent string, rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	room := columns - len(indent)
	for i := 1; i < len(widths); i++ {
		widths[i] = cellsWidth(rows, i) - gap
		room -= widths[i] + gap
	}
	const least = 24
	for _, cells := range rows {
		if w := displayWidth(cells[0]); w <= max(room, least) {
			widths[0] = max(widths[0], w)
		}
	}
	return widths
}

func aligned(cell string, width int, align byte) string {
	padding := strings.Repeat(" ", width-displayWidth(cell))
	if align == 'r' {
		return padding + cell
	}
	return cell + padding
}

const gap = 2 // blanks between two columns

// cellsWidth returns how wide some columns are together, each with a gap.
func cellsWidth(rows [][]string, columns ...int) int {
	total := 0
	for _, column := range columns {
		widest := 0
		for _, cells := range rows {
			widest = max(widest, displayWidth(cells[column]))
		}
		total += widest + gap
	}
	return total
}

// writeWrapped writes text in lines of no more than columns.
func writeWrapped(b *strings.Builder, first, rest, text string) {
	if text == "" {
		return
	}
	line, begun := first, false
	for _, word := range strings.Fields(text) {
		if begun && displayWidth(line)+1+displayWidth(word) > columns {
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

// cut shortens s to a width.
func cut(s string, room int) string {
	if displayWidth(s) <= room {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && displayWidth(string(runes))+1 > room {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// displayWidth returns how many cells of a terminal s takes.
func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
