import { filterNames, unsupportedFilters } from './filters';
import { globalValues } from './globals';
import { interpret } from './interpret';
import { parse } from './parser';
import { tests } from './tests';
import { fromJson } from './values';

/**
 * Makes ready a Jinja2 template, read and written as transformers does it in Python: `trim_blocks`, `lstrip_blocks`,
 * loop controls, `generation` blocks, its `tojson`, and a sandbox that changes nothing. What Python raises is raised.
 * @returns writes the template with values of plain JSON
 * @throws TemplateError with the line, for what is no template or uses what is not supported here
 */
export const compile = (source: string): ((values: Record<string, unknown>, now: () => Date) => string) => {
  const program = parse(source, {
    filters: filterNames,
    tests: new Set(Object.keys(tests)),
    unsupportedFilters,
  });
  return (values, now) => {
    const given = globalValues(now);
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) given.set(name, fromJson(value));
    return interpret(program, given);
  };
};
