import { beforeAll, describe, expect, it } from 'vitest';
import { runLabOnCpu } from '../../../src/lab-on-cpu';
import { checkClaims, checkReplies, settledOf } from '../../../src/lessons/check';
import { glossary } from '../../../src/lessons/glossary';
import { lessons } from '../../../src/lessons/index';
import { isLab, type Lesson, type Live, optionsOf, sayOf } from '../../../src/lessons/lesson';
import { noLive, worksIn } from '../../../src/ui/lessons/live-of';
import { plain } from '../../../src/ui/lessons/rich';
import { worksheetReply } from '../../../src/ui/lessons/worksheet';
import { catalogue, madeLive } from '../../support/made-live';
import { madeLooks } from '../../support/made-looks';

/** Made-up worlds; enough that every branch is come to. */
const worldsOfNumbers = Array.from({ length: 40 }, (_, i) => i + 1);

/** A reply without its numbers: what is left tells which branch spoke. */
const bare = (text: string | undefined) => text?.replace(/\{[^}]*\}|`[^`]*`/g, '#');

const links = (text: string) => [...text.matchAll(/\]\((#[^)\s]*)\)/g)].map((found) => found[1]!);

/** Every text of a lesson that does not wait for a run. */
const texts = ({ steps, claims }: Lesson) => [
  ...steps.flatMap((step) => [
    step.title,
    step.teaser,
    sayOf(step, noLive),
    step.teach ?? '',
    step.ask?.text ?? '',
    ...(step.ask ? optionsOf(step.ask, noLive).map(({ text }) => text) : []),
    ...(step.notes ?? []).flatMap(({ title, text }) => [title, text]),
  ]),
  ...claims.map(({ text }) => text),
];

const isPlace = (href: string): boolean => {
  const [page = '', below] = href.replace(/^#\/?/, '').replace(/\?.*$/, '').split('/');
  if (page === 'methods') return below === undefined || catalogue.some(({ id }) => id === below);
  if (page === 'lessons')
    return below === undefined || below === 'glossary' || lessons.some(({ id }) => id === below);
  return ['', 'compare', 'lab', 'kept', 'about', 'class', 'studies'].includes(page);
};

it('the table of contents names each lesson once, in the order of its numbers', () => {
  expect(new Set(lessons.map(({ id }) => id)).size).toBe(lessons.length);
  const numbers = lessons.flatMap(({ number }) => number ?? []);
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
});

it('terms are in the glossary once', () => {
  expect(new Set(glossary.map(({ id }) => id)).size).toBe(glossary.length);
  for (const { is } of glossary) expect(is).toMatch(/[.”]$/);
});

describe.each(lessons.map((card) => [card.id, card] as const))('%s', (_, card) => {
  let lesson: Lesson;
  let labs: Live['labs'];
  beforeAll(async () => {
    lesson = await card.load();
    labs = Object.fromEntries(
      await Promise.all(
        worksIn(lesson)
          .filter(isLab)
          .map(async ({ name, lab, params }) => [name, await runLabOnCpu(lab, params, 1, () => {})] as const),
      ),
    );
  }, 60_000);

  it('is short, and its terms and links lead somewhere', () => {
    expect(lesson.id).toBe(card.id);
    expect(lesson.claims.length).toBeGreaterThan(0);
    for (const step of lesson.steps)
      expect(plain(sayOf(step, noLive)).split(/\s+/).length, step.title).toBeLessThanOrEqual(60);
    for (const term of lesson.terms) expect(glossary.map(({ id }) => id)).toContain(term);
    for (const href of texts(lesson).flatMap(links)) expect(isPlace(href), href).toBe(true);
  });

  it('has a reply to every answer, whatever the runs did, and none before they have run', () => {
    for (const seed of worldsOfNumbers) {
      const { problems } = checkReplies(lesson, madeLive(lesson, seed, madeLooks, labs));
      expect(problems, `numbers ${seed}`).toEqual([]);
    }
    lesson.steps.forEach((step, i) => {
      const work = typeof step.run === 'function' ? undefined : step.run;
      if (work)
        expect(step.reply({ ...noLive, set: settledOf(lesson) }, undefined), `step ${i + 1}`).toBeUndefined();
    });
  });

  it('says something else where its effect did not appear', () => {
    const all = worldsOfNumbers.map((seed) => madeLive(lesson, seed, madeLooks, labs));
    lesson.steps.forEach((step, i) => {
      const work =
        typeof step.run === 'function' ? step.run(optionsOf(step.ask!, noLive)[0]?.value, noLive) : step.run;
      if (!work) return;
      const given = step.ask && optionsOf(step.ask, noLive)[0]?.value;
      const said = new Set(
        all.map((live) => bare(step.reply({ ...live, given: given ? { [i + 1]: given } : {} }, given))),
      );
      expect(said.size, `step ${i + 1} has one reply: ${[...said]}`).toBeGreaterThan(1);
    });
    for (const { id } of lesson.claims) {
      const held = new Set(all.map((live) => checkClaims(lesson, live)[id]));
      expect(held, id).toContain(false);
    }
  });

  it('its settings can be set as asked, and are not so from the start', () => {
    for (const { set } of lesson.steps) {
      if (!set) continue;
      const start = Object.fromEntries(set.sliders.map(({ id, start }) => [id, start]));
      expect(set.done(start, noLive)).toBe(false);
      expect(set.done({ ...start, ...set.example }, noLive)).toBe(true);
      for (const { id, low, high } of set.sliders)
        if (set.example[id] !== undefined) {
          expect(set.example[id]).toBeGreaterThanOrEqual(low);
          expect(set.example[id]).toBeLessThanOrEqual(high);
        }
    }
  });

  it('its worksheet answers what is to be set by the named example, and by what was set once that is as asked', () => {
    for (const step of lesson.steps) {
      const { set } = step;
      if (!set) continue;
      const start = Object.fromEntries(set.sliders.map(({ id, start }) => [id, start]));
      const there = { ...noLive, set: { ...start, ...set.example } };
      const example = worksheetReply(step, { ...noLive, set: start }, undefined)!;
      for (const { label } of set.sliders) expect(example).toContain(`${label}: `);
      expect(example).toContain(step.reply(there, undefined)!);
      expect(worksheetReply(step, there, undefined)).toBe(step.reply(there, undefined));
    }
  });
});

it('a mark holds together over the end of a line', () => {
  expect(plain('After `1,-9\n1-9=` comes {4\n2}.')).toBe('After 1,-9\n1-9= comes 4\n2.');
});
