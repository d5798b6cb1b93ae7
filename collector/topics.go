package collector

// Topic is a group of metrics that you can leave out.
type Topic struct {
	Name    string
	Metrics []Metric
}

// Topics returns all topics, in the order of the lines of a prof.log.
func Topics() []Topic {
	return []Topic{
		memoryTopic(),
		runtimeTopic(),
		connectionsTopic(),
		tcpTopic(),
		rulesTopic(),
		timersTopic(),
		dnsTopic(),
		triggersTopic(),
		threadsTopic(),
		brokerTopic(),
		globalsTopic(),
		processTopic(),
	}
}
