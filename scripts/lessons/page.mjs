// docs/LESSONS.md, drawn from docs/lessons.json.

const list = (items) => items.map((item) => `- ${item}`).join('\n');

const sectionOf = ({ id, title, claims }, rows) => {
  const own = rows.filter(({ lesson }) => lesson === id);
  if (own.length === 0) return `## ${title}\n\nNot run yet.`;
  const held = claims.map((claim) => {
    const asked = own.filter((row) => row.claims[claim.id] !== undefined);
    const yes = asked.filter((row) => row.claims[claim.id]);
    const not = asked.filter((row) => !row.claims[claim.id]).map(({ seed }) => seed);
    const where = not.length > 0 ? `; not with seed ${not.join(', ')}` : '';
    return `${claim.text} **${yes.length} of ${asked.length}**${where}.`;
  });
  const slowest = Math.max(...own.flatMap(({ seconds }) => Object.values(seconds)));
  const replies = own[0].replies;
  return `## ${title}\n\n${list(held)}\n\n${replies} replies formed with each of the seeds ${own.map(({ seed }) => seed).join(', ')}; slowest run ${slowest} s.`;
};

/** @param {{ lessons: any[], rows: any[] }} all */
export const lessonsPage = ({ lessons, rows }) =>
  `# Lessons

Written by \`npm run lessons\`: every lesson's runs, trained without a page, with what the lesson says that they show. A claim counts
as held where it held with two of three seeds. Seconds are of CPU, one core.
${[...new Set(rows.map(({ device }) => device))].map((device) => `${device}.`).join(' ')}

${lessons.map((lesson) => sectionOf(lesson, rows)).join('\n\n')}
`;
