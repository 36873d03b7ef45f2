import { describe, expect, it } from 'vitest';
import { pathOf } from '../../../src/tree/paths';
import { validateTree } from '../../../src/tree/validate';
import { assistant, chatml, prepare, spell, user } from './preparing';

const talk = (...said: string[]) => said.map((text, i) => (i % 2 === 0 ? user : assistant)(text));

describe('two conversations with the same beginning', () => {
  it('score every turn of the assistant from where they part, and nothing that the others say', async () => {
    const chosen = talk('Go', 'north', 'a wall', 'east', 'the sea');
    const rejected = talk('Go', 'north', 'a wall', 'south', 'a wall', 'south', 'a wall', 'west');
    const { trees } = await prepare([{ chosen: [...chosen, assistant('swim')], rejected }], 'dmpo');
    const [tree] = trees;
    validateTree(tree!);
    expect(spell(tree!, 0).join('')).toMatch(/^\[[^\]]*a wall[^\]]*\]east[^[]*\[[^\]]*the sea[^\]]*\]swim/);
    expect(spell(tree!, 1).join('')).toMatch(
      /south[^[]*\[[^\]]*a wall[^\]]*\]south[^[]*\[[^\]]*a wall[^\]]*\]west/,
    );
    const turnsOf = (response: number) =>
      pathOf(tree!, tree!.responses[response]!.leaf).filter((n) => tree!.nodes[n]!.scored).length;
    expect([turnsOf(0), turnsOf(1)]).toEqual([2, 3]);
    expect(tree!.comparisons).toEqual([{ chosen: 0, rejected: 1 }]);
  });

  it('may part at what the other side says', async () => {
    const chosen = talk('Go', 'north', 'a door', 'open it');
    const rejected = talk('Go', 'north', 'a wall', 'open it');
    const { trees } = await prepare([{ chosen, rejected }], 'dmpo');
    const [tree] = trees;
    validateTree(tree!);
    for (const [i, seen] of ['door', 'wall'].entries()) {
      expect(spell(tree!, i).join('')).toMatch(new RegExp(`\\[[^\\]]*${seen}[^\\]]*\\]open it`));
    }
  });

  it('leave a method that compares whole answers as it was', async () => {
    const chosen = talk('Go', 'north', 'a wall', 'east');
    const rejected = talk('Go', 'north', 'a wall', 'west');
    const inTurns = await prepare([{ chosen, rejected }], 'dmpo');
    const whole = await prepare([{ chosen, rejected }], 'dpo');
    expect(spell(inTurns.trees[0]!, 0)).toEqual(spell(whole.trees[0]!, 0));
  });

  it('are refused where they are the same, or the template writes earlier answers otherwise', async () => {
    const same = talk('Go', 'north', 'a wall', 'east');
    const other = talk('Go', 'west', 'a wall', 'east');
    const { report } = await prepare(
      [
        { chosen: same, rejected: other },
        {
          prompt: [user('Go')],
          chosen: talk('Go', 'north').slice(1),
          rejected: talk('Go', 'north').slice(1),
        },
      ],
      'dmpo',
    );
    expect(report.rows).toMatchObject({ used: 1, dropped: 1 });
    expect(report.dropped[0]!.reason).toBe('chosen and rejected are the same');
    const forgetful = {
      ...chatml,
      source:
        "{% for m in messages %}{{ m.role }}: {% if loop.last or m.role == 'user' %}{{ m.content }}{% else %}...{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}",
    };
    await expect(
      prepare([{ chosen: same, rejected: other }], 'dmpo', {}, { template: forgetful }),
    ).rejects.toThrow(/earlier answers otherwise/);
  });
});
