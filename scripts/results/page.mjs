// docs/RESULTS.md, from the rows of docs/results.json.

/** Names of measures for people, and whether they are shares. What a world adds is named by itself. */
const known = {
  accuracy: { label: 'accuracy', share: true },
  stepAccuracy: { label: 'right lines', share: true },
  meanTokens: { label: 'tokens an answer', share: false },
};

const described = (name) =>
  known[name] ?? {
    label: name.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`),
    share: true,
  };

/** Shares in percent, other numbers as they are; one digit behind the point, a true minus. */
const shown = (name, value) => {
  const text = (described(name).share ? 100 * value : value).toFixed(1);
  return text.replace('-', '−');
};

const signed = (name, value) => `${value > 0 ? '+' : ''}${shown(name, value)}`;

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** What an interval of a gain says, by rule. */
export const verdict = (interval) => {
  if (!interval) return 'one seed';
  if (interval[0] > 0) return 'gain';
  return interval[1] < 0 ? 'loss' : 'not shown';
};

const gainOf = (name, rows, meanInterval) =>
  meanInterval(rows.map(({ before, after }) => after[name] - before[name]));

const gainCell = (name, { mean, interval }) =>
  interval
    ? `${signed(name, mean)} (${shown(name, interval[0])} to ${shown(name, interval[1])})`
    : signed(name, mean);

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** How the other measures moved: before, after, and the difference with its interval. */
const otherMeasures = (rows, meanInterval) =>
  Object.keys(rows[0].after)
    .filter(
      (name) => name !== 'accuracy' && rows.every(({ before, after }) => name in before && name in after),
    )
    .map((name) => {
      const [from, to] = ['before', 'after'].map((when) =>
        shown(name, mean(rows.map((row) => row[when][name]))),
      );
      return `${described(name).label} ${from} to ${to}: ${gainCell(name, gainOf(name, rows, meanInterval))}`;
    })
    .join('; ');

const row = (method, rows, failed, meanInterval) => {
  const link = `[${method.name}](../src/methods/${method.chapter}/${method.id}.ts)`;
  const notes = failed.map(({ seed, failed: why }) => `seed ${seed} failed: ${why}`);
  if (rows.length === 0) return [link, '', notes.join('; ') || 'not run yet', '', '', '', '', ''];
  const gain = gainOf('accuracy', rows, meanInterval);
  return [
    link,
    rows[0].source ?? '',
    [rows.map(({ after }) => shown('accuracy', after.accuracy)).join(', '), ...notes].join('; '),
    gainCell('accuracy', gain),
    verdict(gain.interval),
    otherMeasures(rows, meanInterval),
    String(rows[0].steps),
    String(Math.round(mean(rows.map(({ cpuSeconds }) => cpuSeconds)))),
  ];
};

const head = [
  'method',
  'trained on',
  'after, by seed',
  'gain in points (95 %)',
  'shown',
  'other measures: before to after, difference (95 %)',
  'steps',
  'CPU seconds',
];

const intro = (seeds, devices) => `# Results

Written by \`npm run results\`: every method's default run, as \`npm run train -- --method ID\` makes it, with seeds ${seeds.join(', ')}, on
${devices.join('; ') || 'no device yet'}. Each run begins with nothing stored. It is measured before and after on the same 200 held-out
problems, answered greedily; accuracy is the share answered wholly right, in percent. Gains are means over the seeds with a 95 %
Student interval. **gain** and **loss** stand where that interval leaves out 0; where it does not, an effect is **not shown** at
this size with so few seeds. About one interval in twenty leaves out 0 by chance. Settings were not tuned method by method: a method that
gains less than another may want another rate, and methods with several passes train for more steps. CPU seconds are those of the
whole run on one core, data included.`;

/**
 * The page.
 * @param {{
 *   methods: any[], chapters: Record<string, string>, worlds: Record<string, string>, seeds: number[], rows: any[],
 *   keyOf: (method: any, seed: number) => string, worldOf: (method: any) => { task: string, model: string },
 *   meanInterval: (values: number[]) => any }} given
 */
export const resultsPage = ({ methods, chapters, worlds, seeds, rows, keyOf, worldOf, meanInterval }) => {
  const current = methods.map((method) => {
    const own = seeds.flatMap((seed) =>
      rows.filter((r) => r.method === method.id && r.seed === seed && r.key === keyOf(method, seed)),
    );
    return {
      method,
      world: worldOf(method),
      done: own.filter((r) => r.after),
      failed: own.filter((r) => r.failed),
    };
  });
  const devices = [...new Set(current.flatMap(({ done }) => done.map(({ device }) => device)))];
  const parts = [intro(seeds, devices)];
  const places = new Map(current.map(({ world }) => [`${world.task} ${world.model}`, world]));
  for (const [place, { task, model }] of places) {
    const here = current.filter(({ world }) => `${world.task} ${world.model}` === place);
    parts.push(`## ${worlds[task] ?? task}, \`${model}\``);
    const befores = new Set(
      here.flatMap(({ done }) => done.map(({ before }) => shown('accuracy', before.accuracy))),
    );
    if (befores.size > 0) parts.push(`Before: ${[...befores].join(', ')}.`);
    for (const [chapter, title] of Object.entries(chapters)) {
      const own = here.filter(({ method }) => method.chapter === chapter);
      if (own.length === 0) continue;
      parts.push(
        `### ${title}`,
        table(
          head,
          own.map(({ method, done, failed }) => row(method, done, failed, meanInterval)),
        ),
      );
    }
  }
  return `${parts.join('\n\n')}\n`;
};
