// Package spool finds the prof.logs of a host: the patterns that name them, the layout of zeekctl's
// spool directory, and a name for each process.
//
// A Finder searches again and again. What it may not read it reports, and a name that it has given
// stays.
package spool

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Pattern names the prof.logs to find, as [NAME=]GLOB.
type Pattern struct {
	Name string // of the process, if not that of the directory
	Glob string // as of path/filepath.Match, or a directory
}

// ParsePattern reads [NAME=]GLOB. NAME holds no slash.
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{Glob: s}
	if name, glob, ok := strings.Cut(s, "="); ok && !strings.Contains(name, "/") {
		p = Pattern{Name: name, Glob: glob}
	}
	if p.Glob == "" {
		return Pattern{}, fmt.Errorf("pattern %q names no file: write it as [NAME=]GLOB, like /opt/zeek/spool/*/prof.log", s)
	}
	if _, err := filepath.Match(p.Glob, ""); err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w: a [ needs its ], and a \\ needs a character behind it", s, err)
	}
	return p, nil
}

// String writes the pattern as ParsePattern reads it.
func (p Pattern) String() string {
	if p.Name == "" {
		return p.Glob
	}
	return p.Name + "=" + p.Glob
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

// Resolved returns the absolute path of a file without symbolic links, as far as it can be found
// out: equal for every way that leads to the file.
func Resolved(path string) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path
}
