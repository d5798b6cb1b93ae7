// Package spool finds the prof.logs of a host: the patterns that name them, the layout of zeekctl's
// spool directory, and a name for each process.
package spool

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// Pattern says which files are prof.logs: [NAME=]GLOB.
type Pattern struct {
	Name string // of the process, if not that of the directory
	Glob string // as of path/filepath.Match
}

// ParsePattern reads [NAME=]GLOB. NAME holds no slash.
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{Glob: s}
	if name, glob, ok := strings.Cut(s, "="); ok && !strings.Contains(name, "/") {
		p = Pattern{name, glob}
	}
	if p.Glob == "" {
		return Pattern{}, fmt.Errorf("pattern %q names no file: write it as [NAME=]GLOB, like /opt/zeek/spool/*/prof.log", s)
	}
	if _, err := filepath.Match(p.Glob, ""); err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w: a [ needs its ], a \\ needs a character behind it", s, err)
	}
	return p, nil
}

// DefaultPatterns are the places where installations of Bro and Zeek keep their spool
// directories, and the prof.log of a process that was started by hand in the current one.
func DefaultPatterns() []Pattern {
	var patterns []Pattern
	for _, spool := range []string{
		"/usr/local/bro/spool", "/usr/local/zeek/spool", // built from source; zeek/zeek image
		"/opt/bro/spool", "/opt/zeek/spool", // the project's packages
		"/var/spool/bro", "/var/spool/zeek", // Debian, Fedora, Gentoo, Arch
		"/nsm/bro/spool", "/nsm/zeek/spool", // Security Onion
		"/var/lib/zeek/spool", "/opt/dynamite/zeek/spool", "/bspool", // NixOS, Dynamite, Firewalla
		"/usr/local/zeek/var/spool/zeek", "/opt/zeek/var/spool/zeek", // systemd generator
	} {
		patterns = append(patterns, Pattern{Glob: spool + "/*/prof.log"})
	}
	return append(patterns, Pattern{Glob: "prof.log"})
}

// File is a prof.log that was found, and the name of its process.
type File struct {
	Process string
	Path    string
}

// Find returns the prof.logs that match the patterns now, with names that differ.
func Find(patterns []Pattern) []File {
	var files []File
	seen := map[string]bool{}
	for _, p := range patterns {
		// Patterns were checked when they were parsed, and Glob ignores what it cannot read.
		paths, _ := filepath.Glob(p.Glob)
		for _, path := range paths {
			if target := Resolved(path); p.node(path) && !seen[target] {
				seen[target] = true
				files = append(files, File{p.process(path), path})
			}
		}
	}
	Disambiguate(files)
	sort.Slice(files, func(i, j int) bool { return files[i].Process < files[j].Process })
	return files
}

// Resolved returns what tells a file from others, whichever way leads to it; as much of that as
// can be found out.
func Resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path
}

// node says that path belongs to a Bro process. A glob also meets the directories that
// zeekctl keeps beside those of its nodes.
func (p Pattern) node(path string) bool {
	if !strings.ContainsAny(filepath.Base(filepath.Dir(p.Glob)), `*?[`) {
		return true
	}
	dir := filepath.Base(filepath.Dir(path))
	return !slices.Contains([]string{"tmp", "brokerstore", "extract_files", "stores", "debug"}, dir) &&
		!strings.HasPrefix(dir, "installed-scripts-do-not-touch")
}

func (p Pattern) process(path string) string {
	if p.Name != "" {
		return p.Name
	}
	return ProcessName(path)
}

// ProcessName returns what the process is called that writes the prof.log at path: the name of its
// directory, as zeekctl makes one for each node.
func ProcessName(path string) string {
	if dir := filepath.Base(filepath.Dir(path)); dir != "." && dir != "/" {
		return dir
	}
	return "bro"
}

// Disambiguate adds to names that are equal the shortest end of their paths in which they differ.
func Disambiguate(files []File) {
	same := map[string][]*File{}
	for i := range files {
		f := &files[i]
		same[f.Process] = append(same[f.Process], f)
	}
	for name, group := range same {
		if len(group) == 1 {
			continue
		}
		for i, end := range differingEnds(group) {
			if group[i].Process = end; name != ProcessName(group[i].Path) {
				group[i].Process = name + ":" + end
			}
		}
	}
	taken := map[string]bool{}
	for i := range files {
		if taken[files[i].Process] {
			files[i].Process = files[i].Path
		}
		taken[files[i].Process] = true
	}
}

// differingEnds returns the shortest ends of the files' paths that are all different; without
// the file name, where the directories suffice.
func differingEnds(files []*File) []string {
	paths, depth := make([]string, len(files)), 1
	for i, f := range files {
		paths[i] = filepath.Dir(f.Path)
	}
	if !distinctAll(paths) {
		depth = 2 // a file name alone would not say which process
		for i, f := range files {
			paths[i] = f.Path
		}
	}
	for ; ; depth++ {
		ends := make([]string, len(paths))
		for i, path := range paths {
			parts := strings.Split(filepath.ToSlash(path), "/")
			ends[i] = strings.Join(parts[max(0, len(parts)-depth):], "/")
		}
		if distinctAll(ends) {
			return ends
		}
	}
}

func distinctAll(list []string) bool {
	seen := map[string]bool{}
	for _, s := range list {
		seen[s] = true
	}
	return len(seen) == len(list)
}
