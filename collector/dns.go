package collector

import "bro_exporter/parse"

// dnsTopic is "DNS_Mgr: requests=1596 successful=1596 failed=0 pending=0 ...", the look-ups of
// scripts.
func dnsTopic() Topic {
	return Topic{"dns", []Metric{
		counter("bro_dns_requests_total",
			"DNS_Mgr: requests, look-ups asked for by scripts. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Requests }),
		counter("bro_dns_requests_successful_total",
			"DNS_Mgr: successful (succesful up to 6.0). All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Successful }),
		counter("bro_dns_requests_failed_total",
			"DNS_Mgr: failed. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Failed }),
		gauge("bro_dns_requests_pending",
			"DNS_Mgr: pending, look-ups in flight, at most 20. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Pending }),
		gauge("bro_dns_cached_hosts",
			"DNS_Mgr: cached_hosts, names in the cache. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.CachedHosts }),
		gauge("bro_dns_cached_addresses",
			"DNS_Mgr: cached_addrs, addresses in the cache. All releases.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.CachedAddrs }),
	}}
}
