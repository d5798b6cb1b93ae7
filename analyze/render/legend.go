package render

import "bro_exporter/analyze"

// term is a word of a report and its meaning.
type term struct{ Word, Meaning string }

// legend explains the words that the processes use.
func legend(shown []process) []term {
	used := map[string]bool{}
	for _, p := range shown {
		used[string(p.Answer)] = true
		for _, f := range p.Findings {
			used[f.Level] = true
		}
		for _, r := range p.Shown {
			for _, row := range r.Rows {
				used[row.Verdict] = true
			}
		}
	}
	var terms []term
	for _, t := range words() {
		if used[t.Word] {
			terms = append(terms, t)
		}
	}
	return terms
}

func words() []term {
	return []term{
		{string(analyze.AnswerLeak), "it grows, nothing healthy explains it, and it eventually forces a restart"},
		{string(analyze.AnswerStuck), "it does not work now, and does not recover by itself"},
		{string(analyze.AnswerSuspected), "it grows enough to matter, but something healthy could still explain it, or it was seen for too short"},
		{string(analyze.CannotTell), "nothing grows enough to matter, but too little was seen to call it fine"},
		{string(analyze.Fine), "nothing grows that should not"},
		{analyze.Note.String(), "worth knowing, and no fault"},
		{string(analyze.Grows), "it grows without an end in sight"},
		{string(analyze.Filling), "it grew ever slower, as a cache that fills, or has stopped"},
		{string(analyze.WithLoad), "it moves as the traffic does"},
		{string(analyze.Stepped), "it jumped, as when a file is reloaded, and is flat otherwise"},
		{string(analyze.Flat), "it does not grow"},
		{string(analyze.Falls), "it shrinks"},
		{string(analyze.Unsettled), "it grew, and was seen for too short to tell more"},
		{string(analyze.Unknown), "it was measured too rarely"},
	}
}
