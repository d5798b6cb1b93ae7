package collector

import "bro_exporter/parse"

// dnsTopic is "DNS_Mgr: requests=1596 successful=1596 failed=0 pending=0 ...", the look-ups of
// scripts.
func dnsTopic() Topic {
	return Topic{Name: "dns", Metrics: []Metric{
		counter("bro_dns_requests_total", "DNS_Mgr: requests", allReleases,
			"Look-ups that scripts have asked for.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Requests }),
		counter("bro_dns_requests_successful_total", "DNS_Mgr: successful", allReleases,
			"Look-ups that have succeeded. Spelled succesful up to 6.0.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Successful }),
		counter("bro_dns_requests_failed_total", "DNS_Mgr: failed", allReleases,
			"Look-ups that have failed.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Failed }),
		gauge("bro_dns_requests_pending", "DNS_Mgr: pending", allReleases,
			"Look-ups in flight, at most 20.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.Pending }),
		gauge("bro_dns_cached_hosts", "DNS_Mgr: cached_hosts", allReleases,
			"Names in the cache.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.CachedHosts }),
		gauge("bro_dns_cached_addresses", "DNS_Mgr: cached_addrs", allReleases,
			"Addresses in the cache.",
			func(d *digest) parse.Opt[uint64] { return d.DNS.CachedAddrs }),
	}}
}
