@load ./named-tables.zeek
