// docs/RESULTS.md, from the rows of docs/results.json.

const accuracy = { id: 'accuracy', name: 'accuracy', unit: 'share' };

/** What is measured in every world of texts; `measures` of a row has what its own adds. */
const ofTexts = [
  { id: 'stepAccuracy', name: 'right lines', unit: 'share' },
  { id: 'meanTokens', name: 'tokens an answer', unit: 'tokens' },
];

/** Shares in percent, other numbers as they are; a true minus. */
const shown = ({ unit }, value) => {
  const text = unit === 'share' ? (100 * value).toFixed(1) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
  return text.replace('-', '−');
};

const signed = (measure, value) => `${value > 0 ? '+' : ''}${shown(measure, value)}`;

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

/** What an interval of a gain says, by rule. */
export const verdict = (interval) => {
  if (!interval) return 'one seed';
  if (interval[0] > 0) return 'gain';
  return interval[1] < 0 ? 'loss' : 'not shown';
};

const gainOf = ({ id }, rows, meanInterval) =>
  meanInterval(rows.map(({ before, after }) => after[id] - before[id]));

const gainCell = (measure, { mean, interval }) =>
  interval
    ? `${signed(measure, mean)} (${shown(measure, interval[0])} to ${shown(measure, interval[1])})`
    : signed(measure, mean);

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** How the other measures moved: before, after, and the difference with its interval, in bold where that leaves out 0. */
const otherMeasures = (rows, meanInterval) =>
  [...(rows.some(({ before }) => before.meanTokens > 0) ? ofTexts : []), ...(rows[0].measures ?? [])]
    .filter(({ id }) => rows.every(({ before, after }) => id in before && id in after))
    .map((measure) => {
      const [from, to] = ['before', 'after'].map((when) =>
        shown(measure, mean(rows.map((row) => row[when][measure.id]))),
      );
      const gain = gainOf(measure, rows, meanInterval);
      const cell = gainCell(measure, gain);
      const bold = gain.interval && verdict(gain.interval) !== 'not shown';
      return `${measure.name} ${from} to ${to}: ${bold ? `**${cell}**` : cell}`;
    })
    .join('; ');

/** What was measured of the data themselves: means over the seeds. */
const dataMeasures = (rows) =>
  Object.entries(rows[0].made ?? {})
    .filter(([key]) => rows.every(({ made }) => made?.[key]))
    .map(([key, { name, unit }]) => {
      const value = shown({ unit }, mean(rows.map(({ made }) => made[key].value)));
      return `${key.split('/')[0]}: ${name} ${value}`;
    });

const row = (method, rows, failed, meanInterval) => {
  const link = `[${method.name}](../src/methods/${method.chapter}/${method.id}.ts)`;
  const notes = failed.map(({ seed, failed: why }) => `seed ${seed} failed: ${why}`);
  if (rows.length === 0) return [link, '', notes.join('; ') || 'not run yet', '', '', '', '', ''];
  const gain = gainOf(accuracy, rows, meanInterval);
  return [
    link,
    rows[0].source ?? '',
    [rows.map(({ after }) => shown(accuracy, after.accuracy)).join(', '), ...notes].join('; '),
    gainCell(accuracy, gain),
    verdict(gain.interval),
    [otherMeasures(rows, meanInterval), ...dataMeasures(rows)].join('; '),
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
problems, answered as their world says (arithmetic greedily); accuracy is the share answered wholly right, in percent. Gains are means over the seeds with a 95 %
Student interval. **gain** and **loss** stand where that interval leaves out 0; where it does not, an effect is **not shown** at
this size with so few seeds; other measures stand in bold where theirs leaves it out. About one interval in twenty leaves out 0 by chance. Settings were not tuned method by method: a method that
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
      here.flatMap(({ done }) => done.map(({ before }) => shown(accuracy, before.accuracy))),
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
