package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Report is what one search has found.
type Report struct {
	Files    []File   // by name
	Searched []Search // one for each pattern, in their order
}

// Search is what one pattern has found.
type Search struct {
	Pattern Pattern
	Matches int // prof.logs, also those that another pattern finds too
	// Root is the directory at which the search began, the longest one without a wildcard.
	Root string
	// Missing reports whether there is no such directory.
	Missing bool
	// Unreadable are the directories that may not be entered or listed, and what the search
	// therefore does not see.
	Unreadable []Unreadable
}

// Unreadable is a directory that the search could not read.
type Unreadable struct {
	Path string
	Err  error
}

// String names the directory, why the exporter cannot read it and, if you can repair that, how.
func (u Unreadable) String() string {
	text := fmt.Sprintf("%s: %v", u.Path, u.Err)
	if errors.Is(u.Err, fs.ErrPermission) {
		text += ": run the exporter as a user who may, such as the one Zeek runs as"
	}
	return text
}

// String describes the result in a sentence.
func (s Search) String() string {
	switch {
	case s.Matches == 1:
		return "found 1 prof.log"
	case s.Matches > 1:
		return fmt.Sprintf("found %d prof.logs", s.Matches)
	case len(s.Unreadable) > 0:
		return "cannot read " + s.Unreadable[0].String()
	case s.Missing:
		return "there is no " + s.Root
	default:
		return fmt.Sprintf("%s holds no prof.log: add '@load misc/profiling' to local.zeek and deploy", s.Root)
	}
}

// Unreadable returns the directories that no pattern could read, each once.
func (r Report) Unreadable() []Unreadable {
	var all []Unreadable
	for _, s := range r.Searched {
		all = append(all, s.Unreadable...)
	}
	slices.SortFunc(all, func(a, b Unreadable) int { return cmp.Compare(a.Path, b.Path) })
	return slices.CompactFunc(all, func(a, b Unreadable) bool { return a.Path == b.Path })
}

// Finder finds the prof.logs that match its patterns.
type Finder struct {
	patterns []Pattern
	names    names
	running  []chan walk // searches that have not ended, by pattern
	last     []walk
}

// NewFinder returns a Finder.
func NewFinder(patterns []Pattern) *Finder {
	return &Finder{patterns: patterns, names: newNames(), running: make([]chan walk, len(patterns)), last: make([]walk, len(patterns))}
}

// Find searches once. A prof.log in a directory that may not be entered is among the Files if its
// name can be told from the pattern. A pattern whose disk does not answer keeps no other waiting.
//
// The names of two processes differ, and a process keeps its name as long as the Finder lives. A
// name depends on which directories a pattern names, not on which of them hold a prof.log now.
func (f *Finder) Find() Report {
	var r Report
	var places []place
	seen := map[string]bool{}
	late := time.NewTimer(patience)
	defer late.Stop()
	for _, walk := range f.walkAll(late.C) {
		r.Searched = append(r.Searched, walk.search)
		for _, p := range walk.places {
			if !seen[p.identity] {
				seen[p.identity] = true
				places = append(places, p)
			}
		}
	}
	r.Files = f.names.give(places)
	slices.SortFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Process, b.Process) })
	return r
}

// patience is how long a search waits for a disk.
const patience = 5 * time.Second

var errSilent = errors.New("its disk does not answer")

// walkAll searches for all patterns at the same time. What a pattern found the last time stands
// for one that is late.
func (f *Finder) walkAll(late <-chan time.Time) []walk {
	for i, pattern := range f.patterns {
		if f.running[i] == nil {
			done := make(chan walk, 1)
			f.running[i] = done
			go func() { done <- newWalk(pattern) }()
		}
	}
	for i, pattern := range f.patterns {
		select {
		case f.last[i] = <-f.running[i]:
			f.running[i] = nil
			continue
		case <-late:
			gone := make(chan time.Time)
			close(gone)
			late = gone
		}
		f.last[i].search = Search{Pattern: pattern, Root: root(pattern.Glob), Matches: f.last[i].search.Matches,
			Unreadable: []Unreadable{{Path: root(pattern.Glob), Err: errSilent}}}
	}
	return f.last
}

// place is where a prof.log is or may come to be.
type place struct {
	path     string
	identity string // equal for every path that leads there
	process  string
	named    bool // by the pattern
	exists   bool // or cannot be told
}

func newPlace(pattern Pattern, path string, exists bool) place {
	p := place{path: path, process: pattern.process(path), named: pattern.Name != "", exists: exists}
	if exists {
		p.identity = Resolved(path)
	} else {
		p.identity = filepath.Join(Resolved(filepath.Dir(path)), filepath.Base(path))
	}
	return p
}

func (p Pattern) process(path string) string {
	if p.Name != "" {
		return p.Name
	}
	return ProcessName(path)
}

// walk is the search for one pattern. filepath.Glob does not tell what it cannot read, and the
// libraries that do stop there: one directory would hide all others.
type walk struct {
	search Search
	places []place
	// below: the pattern is a directory, and the names of those below it are anybody's.
	below bool
}

func newWalk(pattern Pattern) walk {
	w := walk{search: Search{Pattern: pattern, Root: root(pattern.Glob)}}
	w.run(pattern.Glob)
	return w
}

func (w *walk) run(glob string) {
	if info, err := os.Stat(w.search.Root); err != nil || !info.IsDir() {
		w.search.Missing = !errors.Is(err, fs.ErrPermission)
	}
	if info, err := os.Stat(glob); err == nil && info.IsDir() {
		w.search.Root, w.search.Missing, w.below = glob, false, true
		// As deep as from an installation's directory to that of a node.
		for _, depth := range []string{"prof.log", "*/prof.log", "*/*/prof.log"} {
			w.expand(glob, strings.Split(depth, "/"))
		}
		return
	}
	dir, rest := "", glob
	if strings.HasPrefix(glob, "/") {
		dir, rest = "/", strings.TrimLeft(glob, "/")
	}
	w.expand(dir, strings.Split(rest, "/"))
}

// root returns the longest directory of a pattern without a wildcard. A path that does not end in the name of
// a prof.log is a directory.
func root(glob string) string {
	if !wild(glob) && !strings.HasPrefix(filepath.Base(glob), "prof") {
		return glob
	}
	dir := filepath.Dir(glob)
	for wild(dir) {
		dir = filepath.Dir(dir)
	}
	return dir
}

func wild(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// expand finds what matches the parts of the pattern below dir.
func (w *walk) expand(dir string, parts []string) {
	part, rest := parts[0], parts[1:]
	if !wild(part) {
		w.enter(filepath.Join(dir, part), rest, false)
		return
	}
	entries, err := os.ReadDir(filepath.Join(dir, "."))
	if err != nil {
		w.failed(filepath.Join(dir, "."), err)
		return
	}
	for _, entry := range entries {
		name := entry.Name()
		if match, _ := filepath.Match(part, name); !match {
			continue
		}
		if len(rest) == 0 || w.mayHold(entry, len(rest)) {
			w.enter(filepath.Join(dir, name), rest, len(rest) == 0)
		}
	}
}

// mayHold reports whether the entry can be a directory with prof.logs, levels above them.
func (w *walk) mayHold(entry fs.DirEntry, levels int) bool {
	directory := entry.IsDir() || entry.Type()&fs.ModeSymlink != 0
	ofSpool := levels == 1 || w.below
	return directory && (!ofSpool || !reserved(entry.Name()))
}

// enter goes on at path, which listed tells to exist.
func (w *walk) enter(path string, rest []string, listed bool) {
	if len(rest) > 0 {
		w.expand(path, rest)
		return
	}
	if !listed {
		if _, err := os.Lstat(path); err != nil {
			unknown := w.failed(path, err)
			w.add(path, unknown && !w.below)
			return
		}
	}
	w.search.Matches++
	w.add(path, true)
}

func (w *walk) add(path string, exists bool) {
	w.places = append(w.places, newPlace(w.search.Pattern, path, exists))
}

// failed takes down that path could not be read, unless there is nothing to read.
func (w *walk) failed(path string, err error) bool {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	// Of the directories above, the one that may not be entered is to blame.
	dir := path
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
	}
	w.search.Unreadable = append(w.search.Unreadable, Unreadable{Path: dir, Err: err})
	return true
}

// reserved reports whether a directory in a spool directory is no node's. zeekctl keeps some beside
// those of its nodes.
func reserved(dir string) bool {
	return slices.Contains([]string{"tmp", "brokerstore", "extract_files", "stores", "debug", "lost+found"}, dir) ||
		strings.HasPrefix(dir, "installed-scripts-do-not-touch")
}
