/** The table of contents: every method, chapter by chapter. Adding one takes its file, a line here and its test. */

import type { Method } from './method';
import { apoDown } from './pairwise/apo-down';
import { apoZero } from './pairwise/apo-zero';
import { bcoPair } from './pairwise/bco-pair';
import { calDpo } from './pairwise/cal-dpo';
import { discopop } from './pairwise/discopop';
import { dpo } from './pairwise/dpo';
import { dpoNorm } from './pairwise/dpo-norm';
import { exo } from './pairwise/exo';
import { hinge } from './pairwise/hinge';
import { ilrDpo } from './pairwise/ilr-dpo';
import { ipo } from './pairwise/ipo';
import { ldDpo } from './pairwise/ld-dpo';
import { nca } from './pairwise/nca';
import { odpo } from './pairwise/odpo';
import { robustDpo } from './pairwise/robust-dpo';
import { simpo } from './pairwise/simpo';
import { sppo } from './pairwise/sppo';
import { stepDpo } from './stepwise/step-dpo';
import { sft } from './supervised/sft';
import { tgdpo } from './token-level/tgdpo';

export const methods: readonly Method[] = [
  // supervised
  sft,
  // pairwise
  dpo,
  ipo,
  simpo,
  apoDown,
  apoZero,
  bcoPair,
  calDpo,
  discopop,
  dpoNorm,
  exo,
  hinge,
  ilrDpo,
  ldDpo,
  nca,
  odpo,
  robustDpo,
  sppo,
  // token-level
  tgdpo,
  // stepwise
  stepDpo,
];

/** @throws when no method has this id, naming those that there are */
export const methodById = (id: string): Method => {
  const method = methods.find((m) => m.id === id);
  if (!method) {
    throw new Error(`There is no method "${id}"; use one of ${methods.map((m) => m.id).join(', ')}.`);
  }
  return method;
};

export { defaultParams } from './params';
