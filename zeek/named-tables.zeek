##! Names the tables in prof.log.
##!
##! Since Zeek 5.1 the expensive snapshots of prof.log list the large tables without their names:
##!
##!     1795479442.048493                734/734 entries
##!
##! This script prints below the list the names of the tables that may be in it:
##!
##!     1795479442.048493                Leak::conns_seen = (734 entries)
##!
##! The list is in the order of the names, so bro_exporter and proftool give each line its name.
##!
##! The script asks each table for its length only, which takes about 1 ms for all of them, however large
##! they are. It never walks a table: that would stop the process for seconds. Up to Zeek 5.0 prof.log has
##! the names itself, and the script does nothing.

@load misc/profiling

# Zeek 5.1 has removed global_sizes(), together with the names.
@ifndef ( global_sizes )
@load ./print-names
@endif
