import type { NextToken, Parting } from '../../../workers/protocol';
import { visible } from '../credit/explain';
import type { ProbePoint } from '../state';

export interface Band {
  role: 'chosen' | 'rejected' | 'gained' | 'rest';
  /** The token, made visible; empty of the rest. */
  text: string;
  /** One to each step looked at. */
  p: number[];
}

/** Where the probability at a parting went, over the probes of the last pass. */
export interface WhoGotIt {
  /** Index among the pairs of the probe. */
  pair: number;
  after: string;
  x: number[];
  /** Chosen, rejected, up to three in neither that gained most, the rest; at each step they add up to 1. */
  bands: Band[];
  /** The likeliest token of each step. */
  leaders: (NextToken & { role: Band['role'] })[];
}

/** Tokens in neither answer that are drawn, and the gain from which one is. */
const mostGained = 3;
const leastGain = 0.002;

const lastPass = (probes: readonly ProbePoint[]): readonly ProbePoint[] => {
  const stage = probes.at(-1)?.probe.stage;
  return probes.filter(({ probe }) => probe.stage === stage);
};

const pOf = ({ chosen, rejected, likeliest }: Parting, id: number): number =>
  [chosen, rejected, ...likeliest].find((token) => token.id === id)?.p ?? 0;

/** Tokens in neither answer by what they gained, most first. */
const gains = (start: Parting, now: Parting) =>
  now.likeliest
    .filter(({ id }) => id !== now.chosen.id && id !== now.rejected.id)
    .map((token) => ({ token, gain: token.p - pOf(start, token.id) }))
    .sort((a, b) => b.gain - a.gain);

/** The pair of which a token in neither answer gained most; -1 where no pair has been looked at so. */
export const mostDisplaced = (probes: readonly ProbePoint[]): number => {
  const rows = lastPass(probes);
  const [first, last] = [rows[0]?.probe.pairs, rows.at(-1)?.probe.pairs];
  let [best, most] = [-1, Number.NEGATIVE_INFINITY];
  last?.forEach(({ parting }, i) => {
    const start = first?.[i]?.parting;
    if (!parting || !start) return;
    const gain = gains(start, parting)[0]?.gain ?? 0;
    if (gain > most) [best, most] = [i, gain];
  });
  return best;
};

/** Pairs that have such a parting. */
export const partedPairs = (probes: readonly ProbePoint[]): number[] =>
  (probes.at(-1)?.probe.pairs ?? []).flatMap(({ parting }, i) => (parting ? [i] : []));

/** Undefined where this pair has no parting that was looked at. */
export const whoGotIt = (probes: readonly ProbePoint[], pair: number): WhoGotIt | undefined => {
  const rows = lastPass(probes).flatMap(({ x, probe }) => {
    const parting = probe.pairs[pair]?.parting;
    return parting ? [{ x, parting }] : [];
  });
  const [first, last] = [rows[0]?.parting, rows.at(-1)?.parting];
  if (!first || !last) return undefined;
  const gained = gains(first, last)
    .filter(({ gain }) => gain >= leastGain)
    .slice(0, mostGained);
  const band = (role: Band['role'], { id, text }: NextToken): Band => ({
    role,
    text: visible(text),
    p: rows.map(({ parting }) => pOf(parting, id)),
  });
  const named = [
    band('chosen', last.chosen),
    band('rejected', last.rejected),
    ...gained.map(({ token }) => band('gained', token)),
  ];
  const rest = rows.map((_, i) => Math.max(0, 1 - named.reduce((sum, { p }) => sum + p[i]!, 0)));
  return {
    pair,
    after: last.after,
    x: rows.map(({ x }) => x),
    bands: [...named, { role: 'rest', text: '', p: rest }],
    leaders: rows.map(({ parting: { likeliest, chosen, rejected } }) => {
      const lead = likeliest[0] ?? chosen;
      const role = lead.id === chosen.id ? 'chosen' : lead.id === rejected.id ? 'rejected' : 'gained';
      return { ...lead, text: visible(lead.text), role };
    }),
  };
};
