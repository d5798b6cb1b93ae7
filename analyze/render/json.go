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
const jsonVersion = 2

type jsonDocument struct {
	Version   int           `json:"version"`
	Processes []jsonProcess `json:"processes"`
}

type jsonProcess struct {
	Process     string         `json:"process"`
	Path        string         `json:"path"`
	Answer      analyze.Answer `json:"answer"`
	From        time.Time      `json:"from,omitzero"`
	To          time.Time      `json:"to,omitzero"`
	Snapshots   int            `json:"snapshots"`
	MemoryLimit *float64       `json:"memory_limit_bytes,omitempty"`
	Exhaustion  time.Time      `json:"memory_exhaustion,omitzero"`
	Findings    []jsonFinding  `json:"findings"`
	Runs        []jsonRun      `json:"runs"`
}

type jsonFinding struct {
	Kind       analyze.Kind `json:"kind"`
	Level      string       `json:"level"`
	Run        int          `json:"run"`
	Resource   string       `json:"resource,omitempty"`
	Resources  []string     `json:"resources"`
	Unit       analyze.Unit `json:"unit,omitempty"`
	Growth     *jsonRate    `json:"growth,omitempty"`
	Onset      time.Time    `json:"onset,omitzero"`
	OnsetError float64      `json:"onset_error_seconds,omitzero"`
	Until      time.Time    `json:"until,omitzero"`
	Text       string       `json:"text"`
	Advice     string       `json:"advice"`
}

type jsonRate struct {
	PerHour *float64 `json:"per_hour,omitempty"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
}

type jsonRun struct {
	From           time.Time      `json:"from,omitzero"`
	To             time.Time      `json:"to,omitzero"`
	Snapshots      int            `json:"snapshots"`
	Expensive      int            `json:"expensive_snapshots"`
	StartUp        float64        `json:"start_up_seconds"`
	Span           float64        `json:"span_seconds"`
	Answer         analyze.Answer `json:"answer"`
	UndecidedUntil time.Time      `json:"undecided_until,omitzero"`
	Detectable     []jsonAmount   `json:"detectable_per_hour"`
	State          jsonState      `json:"state"`
	Resources      []jsonResource `json:"resources"`
}

type jsonState struct {
	Memory  []jsonAmount `json:"memory"`
	Tables  []jsonAmount `json:"tables"`
	Queues  []jsonAmount `json:"queues"`
	Readers []jsonReader `json:"readers"`
}

type jsonAmount struct {
	Resource string       `json:"resource"`
	Unit     analyze.Unit `json:"unit"`
	Value    *float64     `json:"value,omitempty"`
}

type jsonReader struct {
	Thread string `json:"thread"`
	Reads  uint64 `json:"reads"`
	Writes uint64 `json:"writes"`
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
//	version                 of this description: 2
//	processes
//	  process, path         its name, and its prof.log
//	  answer                leak, stuck, suspected, cannot tell or fine
//	  from, to              packet time of the first and the last snapshot
//	  snapshots             how many the log holds
//	  memory_limit_bytes    how much memory the process may use, if that is known
//	  memory_exhaustion     when it has used that, if memory grows
//	  findings              the worst first
//	    kind                the rule, as in the README
//	    level               leak, stuck, suspected or note
//	    run                 its place in runs, from 0
//	    resource            the culprit
//	    resources           names of all resources of the run that it is about, the culprit first
//	    unit, growth        of the culprit: per_hour, and its 95 % confidence interval from low to high
//	    onset               when it began, give or take onset_error_seconds
//	    until               when a suspicion will be decided
//	    text, advice        what was seen, what to do
//	  runs                  from a start of the process to its end, in the order of the log
//	    from, to, snapshots
//	    expensive_snapshots those that measured tables too
//	    start_up_seconds    how much of the beginning is in no trend
//	    span_seconds        how much of the run the answer rests on
//	    answer
//	    undecided_until     when more can be told, if the answer is suspected or cannot tell
//	    detectable_per_hour the slowest leaks that would have been seen: resource, unit, value
//	    state               at the end: memory, tables and queues (resource, unit, value), and input
//	                        readers (thread, reads, writes)
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
// that are not UTF-8 become U+FFFD; what cannot be printed is escaped.
func JSON(w io.Writer, reports []analyze.Report, o Options) error {
	doc := jsonDocument{Version: jsonVersion, Processes: convert(reports, func(r *analyze.Report) jsonProcess {
		return newJSONProcess(r, o.memoryLimit(r))
	})}
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

func newJSONProcess(r *analyze.Report, memoryLimit float64) jsonProcess {
	p := jsonProcess{
		Process: r.Process, Path: r.Path, Answer: r.Answer,
		From: r.From.UTC(), To: r.To.UTC(),
		Snapshots:  r.Snapshots,
		Exhaustion: r.Exhaustion(memoryLimit).UTC(),
		Findings:   convert(r.Findings, newJSONFinding),
		Runs:       convert(r.Runs, newJSONRun),
	}
	if memoryLimit > 0 {
		p.MemoryLimit = measured(memoryLimit)
	}
	return p
}

func newJSONFinding(f *analyze.Finding) jsonFinding {
	finding := jsonFinding{
		Kind: f.Kind, Level: f.Level.String(), Run: f.Run,
		Resource: f.Resource, Resources: append([]string{}, f.Resources...), Unit: f.Unit,
		Onset: f.Onset.UTC(), OnsetError: f.OnsetError.Seconds(), Until: f.Until.UTC(),
		Text: f.Text, Advice: f.Advice,
	}
	if g := f.Growth; g != (analyze.Rate{}) {
		finding.Growth = &jsonRate{PerHour: measured(g.PerHour), Low: measured(g.Low), High: measured(g.High)}
	}
	return finding
}

func newJSONRun(r *analyze.Run) jsonRun {
	run := jsonRun{
		From: r.From.UTC(), To: r.To.UTC(),
		Snapshots: r.Snapshots, Expensive: r.Expensive, StartUp: r.StartUp.Seconds(), Span: r.Span.Seconds(),
		Answer: r.Answer, UndecidedUntil: r.UndecidedUntil.UTC(),
		Detectable: convert(r.DetectableOf, newJSONAmount),
		State: jsonState{
			Memory: convert(r.State.Memory, newJSONAmount), Tables: convert(r.State.Tables, newJSONAmount),
			Queues: convert(r.State.Queues, newJSONAmount),
			Readers: convert(r.State.Readers, func(r *analyze.Reader) jsonReader {
				return jsonReader{Thread: r.Thread, Reads: r.Reads, Writes: r.Writes}
			}),
		},
		Resources: convert(r.Resources, newJSONResource),
	}
	if r.Detectable > 0 {
		memory := jsonAmount{Resource: "memory", Unit: analyze.Bytes, Value: measured(r.Detectable)}
		run.Detectable = append([]jsonAmount{memory}, run.Detectable...)
	}
	return run
}

func newJSONAmount(a *analyze.Amount) jsonAmount {
	return jsonAmount{Resource: a.Resource, Unit: a.Unit, Value: measured(a.Value)}
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

// measured returns v, or nil, which is absent, where JSON has no number for it.
func measured(v float64) *float64 {
	if !finite(v) {
		return nil
	}
	return &v
}

// escapeUnprintable escapes what a terminal might obey and encoding/json leaves as it is, such as U+009B.
// Only line ends stand outside of strings.
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
