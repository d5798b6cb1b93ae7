package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
	"unicode/utf16"

	"bro_exporter/analyze"
)

// jsonVersion rises if a field goes or gets another meaning. New fields do not raise it.
const jsonVersion = 1

type jsonDocument struct {
	Version   int           `json:"version"`
	Processes []jsonProcess `json:"processes"`
}

type jsonProcess struct {
	Process  string        `json:"process"`
	Path     string        `json:"path"`
	Verdict  string        `json:"verdict"`
	From     time.Time     `json:"from,omitzero"`
	To       time.Time     `json:"to,omitzero"`
	Blocks   int           `json:"blocks"`
	Findings []jsonFinding `json:"findings"`
	Runs     []jsonRun     `json:"runs"`
}

type jsonFinding struct {
	Kind      analyze.Kind `json:"kind"`
	Severity  string       `json:"severity"`
	Run       int          `json:"run"`
	Resources []string     `json:"resources"`
	Since     time.Time    `json:"since,omitzero"`
	Text      string       `json:"text"`
	Advice    string       `json:"advice"`
}

type jsonRun struct {
	From      time.Time      `json:"from,omitzero"`
	To        time.Time      `json:"to,omitzero"`
	Blocks    int            `json:"blocks"`
	Expensive int            `json:"expensive_blocks"`
	StartUp   float64        `json:"start_up_seconds"`
	Resources []jsonResource `json:"resources"`
}

type jsonResource struct {
	Name    string          `json:"name"`
	Group   analyze.Group   `json:"group"`
	Unit    analyze.Unit    `json:"unit"`
	Verdict analyze.Verdict `json:"verdict"`
	First   *float64        `json:"first,omitempty"`
	Last    *float64        `json:"last,omitempty"`
	Min     *float64        `json:"min,omitempty"`
	Max     *float64        `json:"max,omitempty"`
	Trend   *jsonTrend      `json:"trend,omitempty"`
	Steps   []jsonStep      `json:"steps,omitempty"`
}

type jsonTrend struct {
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
	Start *float64  `json:"start,omitempty"`
	End   *float64  `json:"end,omitempty"`
	Slope *float64  `json:"slope_per_hour,omitempty"`
	Low   *float64  `json:"slope_low,omitempty"`
	High  *float64  `json:"slope_high,omitempty"`
	P     *float64  `json:"p,omitempty"`
}

type jsonStep struct {
	Time time.Time `json:"time,omitzero"`
	Size *float64  `json:"size,omitempty"`
}

// JSON writes reports for programs, in their order, all runs and resources of them.
//
//	version                 of this description: 1
//	processes
//	  process, path         its name, and its prof.log
//	  verdict               of its worst finding: fine, note, suspected, stuck or leak
//	  from, to              packet time of the first and the last block
//	  blocks
//	  findings              the worst first
//	    kind                the rule, as in the README
//	    severity            note, suspected, stuck or leak
//	    run                 its place in runs, from 0
//	    resources           names of the run's resources, the most telling first
//	    since               when it began
//	    text, advice        what was seen, what to do
//	  runs                  from a start of the process to its end, in the order of the log
//	    from, to, blocks
//	    expensive_blocks    those that measured tables too
//	    start_up_seconds    how much of the beginning is in no trend
//	    resources
//	      name, group, unit group is memory, tables, connections, timers, dns or queues
//	      verdict           flat, grows, filling, with load, stepped, falls, unsettled, not judged
//	      first, last, min, max
//	      trend             from, to, start and end of a line; slope_per_hour, and its 95 %
//	                        confidence interval from slope_low to slope_high, in units per hour;
//	                        p, the probability of such a rise by chance
//	      steps             time and size of each jump
//
// What was not measured or not judged is absent. Times are as in RFC 3339, UTC. Bytes of a name
// that are no UTF-8 become U+FFFD; what cannot be printed is escaped.
func JSON(w io.Writer, reports []analyze.Report) error {
	doc := jsonDocument{Version: jsonVersion, Processes: convert(reports, newJSONProcess)}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(doc); err != nil {
		return err
	}
	_, err := w.Write(escapeUnprintable(b.Bytes()))
	return err
}

// convert maps a slice; the result is never null in JSON.
func convert[From, To any](from []From, f func(*From) To) []To {
	to := make([]To, len(from))
	for i := range from {
		to[i] = f(&from[i])
	}
	return to
}

func newJSONProcess(r *analyze.Report) jsonProcess {
	return jsonProcess{
		Process: r.Process, Path: r.Path, Verdict: worst(r),
		From: r.From.UTC(), To: r.To.UTC(),
		Blocks:   r.Snapshots,
		Findings: convert(r.Findings, newJSONFinding),
		Runs:     convert(r.Runs, newJSONRun),
	}
}

func newJSONFinding(f *analyze.Finding) jsonFinding {
	return jsonFinding{
		Kind: f.Kind, Severity: f.Level.String(), Run: f.Run,
		Resources: append([]string{}, f.Resources...),
		Since:     f.Onset.UTC(), Text: f.Text, Advice: f.Advice,
	}
}

func newJSONRun(r *analyze.Run) jsonRun {
	return jsonRun{
		From: r.From.UTC(), To: r.To.UTC(),
		Blocks: r.Snapshots, Expensive: r.Expensive, StartUp: r.StartUp.Seconds(),
		Resources: convert(r.Resources, newJSONResource),
	}
}

func newJSONResource(r *analyze.Resource) jsonResource {
	resource := jsonResource{Name: r.Name, Group: r.Group, Unit: r.Unit, Verdict: r.Verdict, Steps: convert(r.Steps, newJSONStep)}
	if r.Verdict != analyze.Unknown {
		resource.First, resource.Last = measured(r.First), measured(r.Last)
		resource.Min, resource.Max = measured(r.Min), measured(r.Max)
	}
	if t := r.Trend; t.Judged {
		resource.Trend = &jsonTrend{
			From: t.From.UTC(), To: t.To.UTC(), Start: measured(t.Start), End: measured(t.End()),
			Slope: measured(t.Slope), Low: measured(t.Low), High: measured(t.High), P: measured(t.P),
		}
	}
	return resource
}

func newJSONStep(s *analyze.Step) jsonStep {
	return jsonStep{Time: s.Time.UTC(), Size: measured(s.Size)}
}

// measured returns nil, which is absent, for what JSON has no number for.
func measured(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return &v
}

// escapeUnprintable escapes what encoding/json leaves as it is although a terminal might obey
// it, such as U+009B. Outside of strings there is nothing like it but line ends.
func escapeUnprintable(doc []byte) []byte {
	escaped := make([]byte, 0, len(doc))
	for _, r := range string(doc) {
		switch {
		case r == '\n' || strconv.IsPrint(r):
			escaped = append(escaped, string(r)...)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped
}
