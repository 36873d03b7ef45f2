import type { CharTest, PatternNode } from './pattern-parse';
import { PatternProblem, parsePattern } from './pattern-parse';

/** States of a machine that is in all the states it may be in at once, so that it never goes back in the text. */
type State =
  | { kind: 'char'; test: CharTest; next: number }
  | { kind: 'at'; holds: (before: string | undefined, after: string | undefined) => boolean; next: number }
  | { kind: 'split'; next: number[] }
  | { kind: 'match' };

const MAX_STATES = 5_000;
const MAX_STEPS = 20_000_000;

/** States in order of creation; each part is built before what leads to it, so that its end is known. */
const compile = (root: PatternNode): { states: State[]; start: number } => {
  const states: State[] = [{ kind: 'match' }];
  const add = (state: State): number => {
    if (states.length >= MAX_STATES) {
      throw new PatternProblem(
        'The pattern is too long once its counts are written out; use smaller counts.',
      );
    }
    return states.push(state) - 1;
  };
  const build = (node: PatternNode, next: number): number => {
    switch (node.kind) {
      case 'char':
        return add({ kind: 'char', test: node.test, next });
      case 'at':
        return add({ kind: 'at', holds: node.holds, next });
      case 'all':
        return node.parts.reduceRight((to, part) => build(part, to), next);
      case 'any':
        return add({ kind: 'split', next: node.parts.map((part) => build(part, next)) });
      case 'repeat': {
        let to = next;
        if (Number.isFinite(node.max)) {
          for (let i = node.min; i < node.max; i++)
            to = add({ kind: 'split', next: [build(node.part, to), next] });
        } else {
          const loop = { kind: 'split' as const, next: [next] };
          to = add(loop);
          loop.next.push(build(node.part, to));
        }
        for (let i = 0; i < node.min; i++) to = build(node.part, to);
        return to;
      }
    }
  };
  const start = build(root, 0);
  return { states, start };
};

export interface Match {
  start: number;
  end: number;
}

const compiled = new Map<string, ReturnType<typeof compile>>();

const machineOf = (pattern: string) => {
  let machine = compiled.get(pattern);
  if (!machine) {
    machine = compile(parsePattern(pattern));
    if (compiled.size > 20) compiled.clear();
    compiled.set(pattern, machine);
  }
  return machine;
};

/**
 * All matches of a pattern that do not overlap, from left to right, each as long as it can be. A match of nothing does
 * not count. Never goes back in the text; what is left of a hostile pattern is stopped by count.
 * @throws PatternProblem for a pattern that cannot be read or takes too many steps on this text
 */
export const findMatches = (pattern: string, text: string): Match[] => {
  const { states, start } = machineOf(pattern);
  const found: Match[] = [];
  let steps = 0;
  const seen = new Int32Array(states.length).fill(-1);
  let round = 0;

  /** Adds a state and all that follow it without a character. */
  const enter = (list: Map<number, number>, state: number, from: number, at: number): void => {
    const open = [state];
    while (open.length > 0) {
      const s = open.pop()!;
      if (++steps > MAX_STEPS) {
        throw new PatternProblem(
          `The pattern takes too long on a text of ${text.length} characters; make it simpler.`,
        );
      }
      if (seen[s] === round) continue;
      seen[s] = round;
      const own = states[s]!;
      if (own.kind === 'split') open.push(...own.next);
      else if (own.kind === 'at') {
        if (own.holds(text[at - 1], text[at])) open.push(own.next);
      } else list.set(s, from);
    }
  };

  let from = 0;
  while (from < text.length) {
    let best: Match | undefined;
    let now = new Map<number, number>();
    round++;
    for (let at = from; at <= text.length; at++) {
      // States entered earlier began earlier and are kept; a new beginning comes last.
      if (!best && at < text.length) enter(now, start, at, at);
      if (now.size === 0 && best) break;
      const next = new Map<number, number>();
      round++;
      const character = at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : undefined;
      for (const [s, began] of now) {
        const own = states[s]!;
        if (own.kind === 'match') {
          if (at > began && (!best || began < best.start || (began === best.start && at > best.end))) {
            best = { start: began, end: at };
          }
        } else if (own.kind === 'char' && (!best || began <= best.start) && own.test(character)) {
          enter(next, own.next, began, at + character!.length);
        }
      }
      if (best) for (const [s, began] of next) if (began > best.start) next.delete(s);
      now = next;
      if (character !== undefined && character.length === 2) at++;
    }
    if (!best) break;
    found.push(best);
    from = best.end;
  }
  return found;
};
