import { expect, it } from 'vitest';
import { readAsked } from '../../../src/ui/loss/asked';
import { questions } from '../../../src/ui/loss/shape-case';

const [known] = Object.keys(questions);
const read = (own: Record<string, string>) => readAsked(own, (id) => id !== 'sft', 2);

it('reads what an address asks of the loss lab, and names what it does not get', () => {
  expect(read({})).toEqual({ question: undefined, methods: [], notices: [] });
  expect(read({ ask: known!, methods: 'dpo,ipo' })).toEqual({
    question: known,
    methods: ['dpo', 'ipo'],
    notices: [],
  });
  expect(read({ ask: 'toString' }).notices[0]).toContain(`there are ${known}`);
  expect(read({ 'loss.method': 'sft' }).notices[0]).toContain('names sft, which sets no two answers');
  const many = read({ methods: 'dpo,sft,ipo,kto' });
  expect(many.methods).toEqual(['dpo', 'ipo']);
  expect(many.notices).toHaveLength(2);
});
