import { describe, expect, it } from 'vitest';
import { createMutex, yieldToMessages } from '../../../src/util/mutex';

describe('createMutex', () => {
  it('runs one at a time, in order, and goes on after a failure', async () => {
    const exclusive = createMutex();
    const log: string[] = [];
    const job = (name: string, fails = false) =>
      exclusive(async () => {
        log.push(`${name} in`);
        await yieldToMessages();
        log.push(`${name} out`);
        if (fails) throw new Error(name);
        return name;
      });
    const results = await Promise.allSettled([job('a'), job('b', true), job('c')]);
    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
