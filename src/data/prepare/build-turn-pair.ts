import type { PreferenceTree, TreeNode } from '../../tree/tree';
import type { Message, PairExample } from '../formats/example';
import { isConversation, RowProblem } from '../formats/example';
import { shownText } from '../shown-text';
import { commonPrefix } from '../text/tokenize';
import { answerSpans, buildTurns, writesAlike } from './build-turns';
import type { BuildContext, Built } from './built';
import { reasons } from './built';
import { ready } from './tokenized';

/** A pair of which prompt and both sides are conversations. */
export type TalkPair = PairExample & Record<'prompt' | 'chosen' | 'rejected', readonly Message[]>;

export const isTalkPair = (example: PairExample): example is TalkPair =>
  [example.prompt, example.chosen, example.rejected].every(isConversation);

const same = (a: TreeNode, b: TreeNode) =>
  a.scored === b.scored && a.tokens.length === b.tokens.length && a.tokens.every((t, i) => t === b.tokens[i]);

/**
 * What two chains are given before their first answers, as one beginning and the rest of each: another speaker may have said
 * different things to them. Of one that was cut at its beginning the end is kept.
 */
const commonPrompt = (a: readonly number[], b: readonly number[]): { root: number[]; rests: number[][] } => {
  const shorter = a.length < b.length ? a : b;
  const ends = (whole: readonly number[]) =>
    shorter.every((token, i) => token === whole[whole.length - shorter.length + i]);
  if (ends(a) && ends(b)) return { root: [...shorter], rests: [[], []] };
  const n = commonPrefix(a, b);
  if (n === 0) throw new RowProblem(reasons.emptyPrompt);
  return { root: a.slice(0, n), rests: [a.slice(n), b.slice(n)] };
};

/** Two chains with one prompt as a tree; what they begin with alike is written once. */
const joined = (
  id: string,
  [chosen, rejected]: readonly PreferenceTree[],
  margin?: number,
): PreferenceTree => {
  const { root, rests } = commonPrompt(chosen!.nodes[0]!.tokens, rejected!.nodes[0]!.tokens);
  const nodes: TreeNode[] = [{ parent: -1, tokens: root, role: 'prompt', scored: false }];
  const leaves = [chosen!, rejected!].map((chain, side) => {
    const rest: TreeNode = { parent: 0, tokens: rests[side]!, role: 'observation', scored: false };
    const own = [...(rest.tokens.length > 0 ? [rest] : []), ...chain.nodes.slice(1)];
    return own.reduce((parent, node) => {
      const known = nodes.findIndex((other) => other.parent === parent && same(other, node));
      return known >= 0 ? known : nodes.push({ ...node, parent }) - 1;
    }, 0);
  });
  if (leaves[0] === leaves[1]) throw new RowProblem(reasons.equalSides);
  return {
    id,
    nodes,
    responses: [
      { leaf: leaves[0]!, score: 1 },
      { leaf: leaves[1]!, score: 0 },
    ],
    comparisons: [{ chosen: 0, rejected: 1, ...(margin !== undefined && { margin }) }],
  };
};

/**
 * Two conversations that begin alike, one preferred: from where they part, every turn of the assistant is one scored step, and what the
 * others say is given. @throws RowProblem
 */
export const buildTurnPair = (context: BuildContext, id: string, example: TalkPair): Built => {
  const { prompt, chosen, rejected, margin } = example;
  const { settings, note } = context;
  const text = ready(context, example, [[...chosen], [...rejected]]);
  const whole = { ...settings, steps: { ...settings.steps, rule: 'whole' as const } };
  const [won, lost] = [chosen, rejected].map((answer, i) => {
    const turns = [...prompt, ...answer];
    if (!writesAlike(text, turns, answerSpans(turns, prompt.length))) {
      throw new RowProblem(
        'the chat template writes earlier answers otherwise than the last one, so that their tokens are not those that the model gave',
        shownText(turns.at(-1)?.content ?? ''),
      );
    }
    return buildTurns({ text, settings: whole, note }, id, turns, prompt.length, 1 - i);
  }) as [Built, Built];
  const tree = joined(id, [won.tree, lost.tree], margin);
  return {
    ...won,
    tree,
    prompt: tree.nodes[0]!.tokens,
    responses: [
      { ...won.responses[0]!, side: 'chosen' },
      { ...lost.responses[0]!, side: 'rejected' },
    ],
  };
};
