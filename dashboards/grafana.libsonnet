// The committed dashboards, with a site's selector and labels in place of the defaults.
{
  local c = $._config,
  // In the text of a dashboard a quote within an expression is escaped.
  local sited(text) =
    local selected = if c.selector == '' then text else
      local matchers = std.strReplace(c.selector, '"', '\\"');
      std.strReplace(std.strReplace(text, '{job=', '{%s, job=' % matchers), '{__name__=', '{%s, __name__=' % matchers);
    // A label, in matchers, links, lists of fields, and as the variable of its name.
    local renamed(text, from, to) = if from == to then text else std.foldl(
      function(text, form) std.strReplace(text, form % from, form % to),
      ['%s=~', '$%s\\"', '"%s"', ', %s,', ', %s)', '(%s)', 'var-%s', '{%s:'],
      text
    );
    local titled(text, from, to) = std.strReplace(text, '"label": "%s%s"' % [std.asciiUpper(from[0]), from[1:]], '"label": "%s%s"' % [std.asciiUpper(to[0]), to[1:]]);
    local labelled(text, from, to) = titled(renamed(text, from, to), from, to);
    std.parseJson(labelled(labelled(selected, 'cluster', c.clusterLabel), 'sensor', c.sensorLabel)),

  grafanaDashboards+:: {
    'fleet.json': sited(importstr 'fleet.json'),
    'overview.json': sited(importstr 'overview.json'),
    'process.json': sited(importstr 'process.json'),
    'queues.json': sited(importstr 'queues.json'),
    'leak-hunt.json': sited(importstr 'leak-hunt.json'),
    'runbooks.json': sited(importstr 'runbooks.json'),
  },
}
