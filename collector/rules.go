package collector

import "bro_exporter/parse"

// rulesTopic is "RuleMatcher: matchers=11 nfa_states=466 dfa_states=11 ncomputed=0 mem=29K" of an
// expensive snapshot.
func rulesTopic() Topic {
	return Topic{Name: "rules", Metrics: from(withExpensive,
		gauge("bro_rule_matchers", "RuleMatcher: matchers", allReleases,
			"Matchers of the signature engine, if signatures are loaded.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Matchers }),
		gauge("bro_rule_matcher_nfa_states", "RuleMatcher: nfa_states", parse.NFAStates,
			"NFA states of all matchers.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.NFAStates }),
		gauge("bro_rule_matcher_nfa_states_average", "RuleMatcher: avg_nfa_states", parse.AvgNFAStates,
			"Mean NFA states of the matchers.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.AvgNFAStates }),
		gauge("bro_rule_matcher_dfa_states", "RuleMatcher: dfa_states", allReleases,
			"DFA states in a cache that grows with new input.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.DFAStates }),
		counter("bro_rule_matcher_dfa_states_computed_total", "RuleMatcher: ncomputed", allReleases,
			"DFA states computed.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Computed }),
		gauge("bro_rule_matcher_memory_bytes", "RuleMatcher: mem", allReleases,
			"Memory of the signature engine.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Mem }),
	)}
}
