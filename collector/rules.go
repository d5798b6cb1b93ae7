package collector

import "bro_exporter/parse"

// rulesTopic is "RuleMatcher: matchers=11 nfa_states=466 dfa_states=11 ncomputed=0 mem=29K",
// of expensive snapshots.
func rulesTopic() Topic {
	return Topic{"rules", from(withExpensive,
		gauge("bro_rule_matchers",
			"RuleMatcher: matchers of the signature engine, if signatures are loaded. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Matchers }),
		gauge("bro_rule_matcher_nfa_states",
			"RuleMatcher: nfa_states, sum over all matchers. Since 2.5.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.NFAStates }),
		gauge("bro_rule_matcher_nfa_states_average",
			"RuleMatcher: avg_nfa_states, mean of all matchers. 2.0 to 2.4.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.AvgNFAStates }),
		gauge("bro_rule_matcher_dfa_states",
			"RuleMatcher: dfa_states, a cache that grows with new input. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.DFAStates }),
		counter("bro_rule_matcher_dfa_states_computed_total",
			"RuleMatcher: ncomputed, DFA states computed. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Computed }),
		gauge("bro_rule_matcher_memory_bytes",
			"RuleMatcher: mem, bytes. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.Matcher.Mem }),
	)}
}
