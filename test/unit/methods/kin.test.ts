import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods/index';
import { axes } from '../../../src/methods/method';

describe('the family tree', () => {
  it('has everything but its two roots under something, and no circle', () => {
    const byId = new Map(methods.map((method) => [method.id, method]));
    expect(methods.filter(({ kin }) => !kin).map(({ id }) => id)).toEqual(['sft', 'dpo']);
    for (const { id } of methods) {
      const seen = new Set<string>();
      for (let at = byId.get(id); at; at = at.kin && byId.get(at.kin.id)) {
        expect(seen.has(at.id), id).toBe(false);
        seen.add(at.id);
        if (at.kin) expect(byId.has(at.kin.id), `${at.id}: ${at.kin.id}`).toBe(true);
      }
    }
  });

  it.each(methods.flatMap(({ id, kin }) => (kin ? [[id, kin] as const] : [])))(
    '%s says its change in a clause that fits its line',
    (_, { change, axis }) => {
      expect(change.length, change).toBeLessThanOrEqual(52);
      expect(change).toMatch(/^[a-z].*[^.]$/);
      expect(axes[axis].note).toMatch(/\.$/);
    },
  );
});
