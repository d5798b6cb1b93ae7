package render

import "testing"

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"1 run":               plural(1, "run"),
		"0 runs":              plural(0, "run"),
		"2 processes":         plural(2, "process"),
		"12,000 snapshots":    plural(12000, "snapshot"),
		"2 leaking processes": plural(2, "leaking process"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEnumerated(t *testing.T) {
	for want, list := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := enumerated(list, "or"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
