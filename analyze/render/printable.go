package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bro_exporter/analyze"
)

// printableReports returns copies in which every string is printable. A thread's name is any
// bytes: as it came from the log it could steer the terminal, or be read as another one.
func printableReports(reports []analyze.Report) []analyze.Report {
	copies := slices.Clone(reports)
	for i := range copies {
		r := &copies[i]
		r.Process, r.Path = printable(r.Process), printable(r.Path)
		r.Findings = slices.Clone(r.Findings)
		for j := range r.Findings {
			f := &r.Findings[j]
			f.Text, f.Advice = printable(f.Text), printable(f.Advice)
			f.Resources = slices.Clone(f.Resources)
			for k, name := range f.Resources {
				f.Resources[k] = printable(name)
			}
		}
		r.Runs = slices.Clone(r.Runs)
		for j := range r.Runs {
			run := &r.Runs[j]
			run.Resources = slices.Clone(run.Resources)
			for k := range run.Resources {
				run.Resources[k].Name = printable(run.Resources[k].Name)
			}
		}
	}
	return copies
}

// printable returns s with control characters, bytes that are no UTF-8, and what else cannot be
// seen (such as marks that turn the direction of the text) written as Go would, as in \x1b.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		i += size
	}
	return b.String()
}
