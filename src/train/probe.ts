import type { NextToken, Parting, ProbePair, ProbeSide } from '../../workers/protocol';
import { linearLogProb } from '../kernels/linear-log-prob';
import { headModule, outputHead } from '../model/head';
import type { Network } from '../model/network';
import { type Likely, likelyOf, MOST_LOGITS } from '../model/next-tokens';
import { projectBy } from '../model/project';
import { forwardHidden, uploadBatch } from '../model/transformer';
import { readFloats, tf } from '../tf';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { packForest } from '../tree/pack';
import type { PackedBatch } from '../tree/packed-batch';
import { unpackEntries } from '../tree/split-entries';
import type { PreferenceTree } from '../tree/tree';
import { scoreBatches } from './score';

/** What is shown of tokens. */
type Words = Pick<Tokenizer, 'token' | 'decode'>;

/** One comparison that is looked at again and again, and where its scored tokens lie among the tree's entries. */
interface Probed {
  tree: PreferenceTree;
  index: number;
  heldOut: boolean;
  chosen: Side;
  rejected: Side;
  /** Where they part: the row that predicts both tokens, counted in the tree, the two tokens, and the text before. */
  fork?: { row: number; chosen: number; rejected: number; after: string };
}

/** Entries [start, end) of one answer; the token at which it parts from the other is entry `parting`. */
interface Side {
  start: number;
  parting: number;
  end: number;
}

/** Likeliest tokens that are kept of a parting, and characters of the text before it. */
const likeliest = 10;
const textBefore = 40;

/** Of those held out, so many among the pairs of a probe at most. */
const heldOutShare = 0.25;

/** `count` of `items`, evenly spread over them, in their order. */
const spread = <T>(items: readonly T[], count: number): T[] =>
  Array.from(
    { length: Math.min(count, items.length) },
    (_, i) => items[Math.floor((i * items.length) / Math.min(count, items.length))]!,
  );

const sidesOf = (
  tree: PreferenceTree,
  words: Words,
): Pick<Probed, 'chosen' | 'rejected' | 'fork'> | undefined => {
  const [comparison] = tree.comparisons;
  if (!comparison) return undefined;
  const batch = packForest([tree], { checked: true });
  const { entries, responses } = batch;
  const rangeOf = (index: number) => responses.find((r) => r.index === index)!;
  const chosen = rangeOf(comparison.chosen);
  const rejected = rangeOf(comparison.rejected);
  const lengths = [chosen, rejected].map((r) => r.entryEnd - r.entryStart) as [number, number];
  let shared = 0;
  while (
    shared < Math.min(...lengths) &&
    entries.target[chosen.entryStart + shared] === entries.target[rejected.entryStart + shared]
  )
    shared++;
  const side = ({ entryStart, entryEnd }: typeof chosen): Side => ({
    start: entryStart,
    parting: entryStart + shared,
    end: entryEnd,
  });
  const sides = { chosen: side(chosen), rejected: side(rejected) };
  if (shared === Math.min(...lengths)) return sides;
  const { parting } = sides.chosen;
  const row = entries.rows[entries.row[parting]!]!;
  const after = words.decode(before(batch, row)).slice(-textBefore);
  const [right, wrong] = [parting, sides.rejected.parting].map((entry) => entries.target[entry]!);
  return { ...sides, fork: { row, chosen: right!, rejected: wrong!, after } };
};

/** The tokens on the way to a row, its own the last. */
const before = ({ tokens, visibleUntil }: PackedBatch, row: number): number[] =>
  Array.from(tokens.subarray(0, row + 1)).filter((_, j) => row < visibleUntil[j]!);

/**
 * The pairs of a probe: the first comparison of each of some trees, spread evenly over those that are trained on and those
 * held out. Fixed for as long as the trees are.
 * @param count pairs at most
 */
export const planProbe = (
  trees: readonly PreferenceTree[],
  heldOut: readonly PreferenceTree[],
  count: number,
  words: Words,
): Probed[] => {
  const compared = (list: readonly PreferenceTree[]) =>
    list.flatMap((tree, index) => (tree.comparisons.length > 0 ? [{ tree, index }] : []));
  const aside = spread(compared(heldOut), Math.floor(count * heldOutShare));
  const trained = spread(compared(trees), count - aside.length);
  return [
    ...trained.map((item) => ({ ...item, heldOut: false })),
    ...aside.map((item) => ({ ...item, heldOut: true })),
  ].flatMap((item) => {
    const sides = sidesOf(item.tree, words);
    return sides ? [{ ...item, ...sides }] : [];
  });
};

const sum = (values: Float32Array, start: number, end: number): number => {
  let total = 0;
  for (let i = start; i < end; i++) total += values[i]!;
  return total;
};

const stretches = (values: Float32Array, { start, parting, end }: Side): ProbeSide => {
  const after = Math.min(parting + 1, end);
  return {
    logProb: [sum(values, start, parting), sum(values, parting, after), sum(values, after, end)],
    tokens: [parting - start, after - parting, end - after],
  };
};

/** Log-probs of a batch's entries, one array a tree, and the logits after some of its rows [rows, V]. */
const readBatch = async (network: Network, batch: PackedBatch, rows: readonly number[]) => {
  const { config } = network;
  const { logProb, logits } = tf.tidy(() => {
    const tensors = uploadBatch(batch, config);
    const hidden = forwardHidden(network, tensors);
    const { logProb } = linearLogProb(hidden, outputHead(network), tensors.entries);
    if (rows.length === 0) return { logProb, logits: undefined };
    const states = tf.gather(hidden, tf.tensor1d([...rows], 'int32'));
    return { logProb, logits: projectBy(network)(states, headModule(config)) };
  });
  try {
    return {
      logProbs: unpackEntries(batch, await readFloats(logProb)),
      logits: logits ? await readFloats(logits) : new Float32Array(0),
    };
  } finally {
    logProb.dispose();
    logits?.dispose();
  }
};

const partingOf = (logits: Float32Array, fork: NonNullable<Probed['fork']>, words: Words): Parting => {
  const worded = ({ id, p }: Likely): NextToken => ({ id, text: words.token(id), p });
  const found = likelyOf(logits, likeliest, [fork.chosen, fork.rejected]);
  const [chosen, rejected] = found.named.map(worded);
  return { after: fork.after, chosen: chosen!, rejected: rejected!, likeliest: found.likeliest.map(worded) };
};

/**
 * Log-probs of the pairs of a plan under these weights, in three stretches each, and what may come where they part. Changes
 * nothing of the run.
 */
export const takeProbe = async (
  network: Network,
  plan: readonly Probed[],
  words: Words,
  between: () => Promise<void>,
): Promise<ProbePair[]> => {
  const { vocabSize } = network.config;
  let room = Math.floor(MOST_LOGITS / vocabSize); // partings that are still looked at
  const pairs: ProbePair[] = [];
  for (const group of scoreBatches(plan.map(({ tree }) => tree))) {
    const own = plan.slice(pairs.length, pairs.length + group.length);
    const batch = packForest(group, { checked: true });
    const looked = own.flatMap(({ fork }, t) => (fork && room-- > 0 ? [{ fork, t }] : []));
    const rows = looked.map(({ fork, t }) => batch.trees[t]!.tokenStart + fork.row);
    const { logProbs, logits } = await readBatch(network, batch, rows);
    const partings = new Map(
      looked.map(({ fork, t }, i) => [
        t,
        partingOf(logits.subarray(i * vocabSize, (i + 1) * vocabSize), fork, words),
      ]),
    );
    own.forEach(({ index, heldOut, chosen, rejected }, t) => {
      const parting = partings.get(t);
      pairs.push({
        tree: index,
        heldOut,
        chosen: stretches(logProbs[t]!, chosen),
        rejected: stretches(logProbs[t]!, rejected),
        ...(parting && { parting }),
      });
    });
    await between();
  }
  return pairs;
};

/** A pair costs a probe about a fifth of what a tree costs a step, which also goes backward: at most 5 % in all. */
const PROBES_PER_STEP = 0.22;
/** As few as make a curve, whatever they cost a small run; and more than these show nothing new. */
const [FEWEST, MOST] = [5, 40];

/**
 * Steps from one probe of a pass to the next: as asked for, or as often as it may be without taking more than about 5 % of the
 * steps' time.
 * @param trees that a step takes
 */
export const probeEvery = (asked: number, steps: number, pairs: number, trees: number): number => {
  if (asked > 0) return asked;
  const afford = (PROBES_PER_STEP * steps * trees) / Math.max(1, pairs);
  const probes = Math.min(MOST, Math.max(FEWEST, Math.floor(afford)));
  return Math.max(1, Math.ceil(steps / (probes - 1))); // one of them is that of the beginning
};
