import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defaultDatasetSettings } from '../../../src/data/settings';
import { methods } from '../../../src/methods/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun } from '../../../src/train/run-document';
import { conversationWith } from '../../../src/ui/chat/thread';
import { recipeMethod, recipes, withRecipe } from '../../../src/ui/recipes/recipes';
import type { ChatReply } from '../../../workers/protocol';

const rowsOf = (file: string): { prompt: string; chosen: string; rejected: string }[] =>
  readFileSync(`public/data/${file}`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('recipes', () => {
  it('have the pairs that they say, fifty in all, each teaching what its name says', () => {
    const all = new Set<string>();
    for (const { files, pairs } of recipes) {
      const rows = files.flatMap(rowsOf);
      expect(rows).toHaveLength(pairs);
      for (const { prompt, chosen, rejected } of rows) {
        all.add(prompt);
        expect([prompt, chosen, rejected].every((text) => text.trim() === text && text !== '')).toBe(true);
        expect(chosen).not.toBe(rejected);
      }
    }
    expect(all.size).toBe(50);
    for (const { chosen, rejected } of rowsOf('shorter.jsonl'))
      expect(2 * chosen.length).toBeLessThan(rejected.length);
    for (const { chosen, rejected } of rowsOf('steps.jsonl'))
      expect([chosen, rejected].map((text) => /^1\. .*\n2\. /.test(text))).toEqual([true, false]);
    for (const { chosen } of rowsOf('refusals.jsonl'))
      expect(chosen).toMatch(/I (won't|can't|can)|I'd rather not/);
  });

  it('are documents that train, with an adapter, on some of the pairs held out', () => {
    const catalogue = methods.map(describeMethod);
    const method = catalogue.find(({ id }) => id === recipeMethod)!;
    for (const recipe of recipes) {
      const run = defaultRun(method);
      const given = {
        ...run,
        data: { ...run.data, source: null, dataset: { id: 'x', settings: defaultDatasetSettings() } },
      };
      const document = parseRun(withRecipe(given, recipe, true), catalogue);
      expect(document.adapter).not.toBeNull();
      expect(document.data.dataset!.settings).toMatchObject({ plainRows: 'chat', heldOut: 0.15 });
      expect(document.steps * document.accumulate).toBeGreaterThan(2 * recipe.pairs);
    }
  });
});

describe('a conversation', () => {
  const reply = (text: string) => ({ text }) as ChatReply;

  it('has each model hear its own answers, and the one from before where nothing was trained', () => {
    const turns = [
      { said: 'a', reference: reply('old a'), step: 0 },
      { said: 'b', reference: reply('old b'), policy: reply('new b'), step: 4 },
    ];
    const said = (which: 'policy' | 'reference') =>
      (conversationWith(turns, 'c', which) as { role: string; content: string }[]).map(
        ({ content }) => content,
      );
    expect(said('reference')).toEqual(['a', 'old a', 'b', 'old b', 'c']);
    expect(said('policy')).toEqual(['a', 'old a', 'b', 'new b', 'c']);
    expect(conversationWith([], 'c', 'policy')).toEqual([{ role: 'user', content: 'c' }]);
  });
});
