// Package labelled makes prof.logs and knows what leaks in each of them, if anything does. They
// measure how good a verdict on a log is.
//
// The lines come from real logs of several releases; a model drives their numbers. It models
// sensors, not a way to find leaks: each resource is
//
//	base x load x noise + what is added to it
//
// and only what is added can be a leak.
//
// There are two sets. [Cases] is a fixed list of simple logs with names, and of real ones, for tests
// that need one log in particular. [Sample] draws logs of minutes, hours, days and weeks from a
// seed, to measure with dice that nobody has fitted anything to. Their tables expire and are
// cleared, their caches fill, their traffic knows nights and weekends.
package labelled

import (
	"errors"
	"io"
	"io/fs"
	"iter"

	"bro_exporter/parse"
)

// Case is one labelled prof.log.
type Case struct {
	// Name is unique and says what the log is: "script-table/2%/h/flat/noise5/12h/3.0.14".
	Name string
	// Class groups cases of one kind: "diurnal", "script-table".
	Class string
	// Leak is the kind of trouble that a verdict must find, "" in a healthy log.
	Leak string
	// What is the table, timer, thread or field in trouble, as logs up to 5.0 name it. "Conns sessions" is the b of "current=a/b".
	What string
	// Percent is its growth per hour, in percent of its level after the start-up; 0 for trouble
	// without a steady growth.
	Percent float64
	// Hours is about how long the log is.
	Hours float64
	// Text is the release that writes such a text, "" for a real log.
	Text string
	// Span and Growth belong to a drawn log.
	Span   Span
	Growth Growth

	testdata fs.FS
	path     string // of a real log
	spec     *spec
	template *template
}

// Cases returns the fixed set. Its templates and real logs come from testdata, the directory of that
// name in the repository. Tests prove the labels of set 0; other sets have the same cases with other
// dice.
func Cases(testdata fs.FS, set int) ([]Case, error) {
	templates, err := templates(testdata, func(*template) {})
	if err != nil {
		return nil, err
	}
	cases := realLogs(testdata)
	for _, s := range specs(set) {
		cases = append(cases, Case{
			Name: s.name(), Class: s.class, Leak: s.leak, What: s.what, Percent: s.percent, Hours: s.hours, Text: s.template,
			spec: &s, template: templates[s.template],
		})
	}
	return cases, nil
}

// Open returns the text of the log. A made one is written while it is read.
func (c *Case) Open() (io.ReadCloser, error) { return c.OpenEvery(0) }

// OpenEvery opens the log as if written with another profiling_interval, for a quick look at a long
// one. It does not change real logs.
func (c *Case) OpenEvery(seconds float64) (io.ReadCloser, error) {
	if c.spec == nil {
		return c.testdata.Open(c.path)
	}
	b := c.walk(false)
	if seconds > 0 {
		b.apart = seconds
	}
	return &reader{walk: b}, nil
}

// Snapshots returns what a parser reads from the log. It does not write the text of a made log to
// parse it, which would take 15 times as long. A snapshot is valid until the next one.
func (c *Case) Snapshots() iter.Seq2[*parse.Snapshot, error] {
	if c.spec == nil {
		return c.read
	}
	return func(yield func(*parse.Snapshot, error) bool) {
		var s parse.Snapshot
		for b := c.walk(false); b.next(); {
			b.p.snapshot(&s)
			if !yield(&s, nil) {
				return
			}
		}
	}
}

func (c *Case) read(yield func(*parse.Snapshot, error) bool) {
	text, err := c.Open()
	if err != nil {
		yield(nil, err)
		return
	}
	defer func() { _ = text.Close() }()
	r := parse.NewReader(text, c.Name)
	for r.Scan() {
		if s, ok := r.Record().(*parse.Snapshot); ok && !yield(s, nil) {
			return
		}
	}
	if r.Err() != nil {
		yield(nil, r.Err())
	}
}

// WriteTo writes the text of the log to w.
func (c *Case) WriteTo(w io.Writer) (int64, error) {
	r, err := c.Open()
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(w, r)
	return n, errors.Join(err, r.Close())
}

func (c *Case) walk(quiet bool) walk {
	b := walk{t: c.template, s: c.spec, quiet: quiet, apart: interval}
	if c.spec.interval > 0 {
		b.apart = c.spec.interval
	}
	return b
}

// reader is the text of a made log.
type reader struct {
	walk   walk
	text   []byte
	unread []byte
}

func (r *reader) Read(b []byte) (int, error) {
	if len(r.unread) == 0 && !r.fill() {
		return 0, io.EOF
	}
	n := copy(b, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// WriteTo writes what is left to read; io.Copy calls it.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for len(r.unread) > 0 || r.fill() {
		n, err := w.Write(r.unread)
		written += int64(n)
		r.unread = r.unread[n:]
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Close does nothing.
func (r *reader) Close() error { return nil }

// fill makes the next few snapshots.
func (r *reader) fill() bool {
	const enough = 64 << 10
	r.text = r.text[:0]
	for len(r.text) < enough && r.walk.next() {
		r.text = r.walk.p.appendTo(r.text)
	}
	r.unread = r.text
	return len(r.text) > 0
}
