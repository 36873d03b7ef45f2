import type { PassInfo } from '../../workers/protocol';
import type { Blend, Pass } from '../methods/pass';
import { ownSource, treesOf } from '../methods/pass';
import { stepsOf } from './passes';

const START = 'the start';

const short = (factor: number) => String(Math.round(Math.abs(factor) * 1000) / 1000);

/** A blend as people read it: "Round 1", or "1.3 × Round 2 − 0.3 × Round 1". */
export const blendWords = (blend: Blend, passes: readonly Pass[]): string => {
  const named = (part: string) =>
    part === 'start' ? START : (passes.find(({ id }) => id === part)?.label ?? part);
  if (typeof blend === 'string') return named(blend);
  return blend
    .map(([factor, part], i) => {
      const sign = factor < 0 ? '−' : '+';
      const joined = i === 0 ? (factor < 0 ? '−' : '') : ` ${sign} `;
      return `${joined}${short(factor)} × ${named(part)}`;
    })
    .join('');
};

const dataWords = (pass: Pass, passes: readonly Pass[]): string => {
  const maker = treesOf(pass);
  const own = ownSource(pass);
  const data =
    maker !== undefined
      ? `the data of ${blendWords(maker, passes)}`
      : own
        ? own.name.toLowerCase()
        : pass.trees === 'fresh'
          ? 'fresh data'
          : 'the run’s data';
  return pass.replay ? `${data}, ${Math.round(100 * pass.replay)} % of the first data mixed in` : data;
};

/** What a page shows of a run's passes: from which weights each starts, what it is compared with, and what it trains on. */
export const passInfo = (
  passes: readonly Pass[],
  steps: number,
  flopsOf?: (pass: Pass, first: boolean) => PassInfo['flops'],
): PassInfo[] =>
  passes.map((pass, i) => {
    const {
      id,
      label,
      from = (pass.goesOn && passes[i - 1]?.id) || 'start',
      reference = 'start',
      refresh,
      objective,
    } = pass;
    const compared = objective.reads.reference || objective.reads.kl;
    return {
      id,
      label,
      from: blendWords(from, passes),
      reference: compared
        ? `${blendWords(reference, passes)}${refresh ? ', which then follows the policy' : ''}`
        : undefined,
      data: dataWords(pass, passes),
      steps: stepsOf(pass, steps),
      ...(flopsOf && { flops: flopsOf(pass, pass === passes.find(({ trees }) => trees === undefined))! }),
    };
  });
