##! Prints the names of the tables in prof.log. See named-tables.zeek, which loads this from Zeek 5.1 on.

module NamedTables;

@ifdef ( script_id_attrs )

# Returns for how long an entry of a table stays, as text for its line.
function expiry(id: script_id): string
	{
	if ( ! id?$attributes )
		return "";

	for ( i in id$attributes )
		{
		local attribute = id$attributes[i];
		if ( attribute$name != "&create_expire" && attribute$name != "create_expire" )
			next;
		if ( ! attribute?$expr )
			next;

		# The expression is an interval, or the name of a constant that holds one.
		local value = lookup_ID(attribute$expr);
		if ( type_name(value) == "interval" )
			return fmt(" &create_expire=%s", value);
		return fmt(" &create_expire=%s", attribute$expr);
		}

	return "";
	}

@else

function expiry(id: script_id): string
	{
	return "";
	}

@endif

# The tables and sets by name, with what stands behind their number of entries.
global tables: table[string] of string;

# Those of them that hold tables or sets. The list has them for what they hold, too.
global nested: set[string];

event zeek_init()
	{
	local ids = global_ids();
	for ( name in ids )
		{
		local id = ids[name];
		if ( ! id?$value || /(table|set)(\[.*)?/ != id$type_name )
			next;

		tables[name] = expiry(id);
		if ( /\] of (table|set)\[/ in type_name(id$value) )
			add nested[name];
		}
	}

event profiling_update(f: file, expensive: bool)
	{
	if ( ! expensive )
		return;

	for ( name in tables )
		{
		# Zeek lists a table from 100 entries on.
		local entries = |lookup_ID(name)| as count;
		if ( entries >= 100 || name in nested )
			print f, fmt("%.6f                %s = (%d entries)%s", network_time(), name, entries, tables[name]);
		}
	}
