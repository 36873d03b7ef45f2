/** The table of contents: every method, chapter by chapter. Adding one takes its file, a line here and its test. */

import { brain } from './listwise/brain';
import { tpo } from './listwise/tpo';
import type { Method } from './method';
import { dmpo } from './multi-turn/dmpo';
import { aot } from './pairwise/aot';
import { aotUnpaired } from './pairwise/aot-unpaired';
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
import { madpo } from './pairwise/madpo';
import { mpo } from './pairwise/mpo';
import { nca } from './pairwise/nca';
import { odpo } from './pairwise/odpo';
import { orpo } from './pairwise/orpo';
import { preDpo } from './pairwise/pre-dpo';
import { robustDpo } from './pairwise/robust-dpo';
import { rpo } from './pairwise/rpo';
import { simpo } from './pairwise/simpo';
import { sppo } from './pairwise/sppo';
import { asft } from './pointwise/asft';
import { kto } from './pointwise/kto';
import { iterativeRpo } from './rounds/iterative-rpo';
import { twoDimensional } from './stepwise/2d-dpo';
import { fullStepDpo } from './stepwise/full-step-dpo';
import { stepDpo } from './stepwise/step-dpo';
import { sft } from './supervised/sft';
import { bmc } from './token-level/bmc';
import { gdpo } from './token-level/gdpo';
import { tgdpo } from './token-level/tgdpo';
import { oreo } from './valued/oreo';
import { svpo } from './valued/svpo';

export const methods: readonly Method[] = [
  // supervised
  sft,
  // pairwise
  dpo,
  ipo,
  simpo,
  aot,
  aotUnpaired,
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
  madpo,
  mpo,
  nca,
  odpo,
  orpo,
  preDpo,
  robustDpo,
  rpo,
  sppo,
  // pointwise
  asft,
  kto,
  // listwise
  brain,
  tpo,
  // token-level
  bmc,
  gdpo,
  tgdpo,
  // stepwise
  twoDimensional,
  fullStepDpo,
  stepDpo,
  // multi-turn
  dmpo,
  // valued
  oreo,
  svpo,
  // rounds
  iterativeRpo,
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
