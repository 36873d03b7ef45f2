/** The table of contents: every method, chapter by chapter. Adding one takes its file, a line here and its test. */

import { alphallmCpl } from './curricula/alphallm-cpl';
import { clearPreferences } from './curricula/clear-preferences';
import { curryDpo } from './curricula/curry-dpo';
import { d3po } from './denoising/d3po';
import { ddpm } from './denoising/ddpm';
import { diffusionDpo } from './denoising/diffusion-dpo';
import { rankdpo } from './denoising/rankdpo';
import { smpo } from './denoising/smpo';
import { spo } from './denoising/spo';
import { tailorpo } from './denoising/tailorpo';
import { brain } from './listwise/brain';
import { dpoPl } from './listwise/dpo-pl';
import { infonca } from './listwise/infonca';
import { lipo } from './listwise/lipo';
import { pro } from './listwise/pro';
import { rrhf } from './listwise/rrhf';
import { tpo } from './listwise/tpo';
import type { Method } from './method';
import { dmpo } from './multi-turn/dmpo';
import { sdpo } from './multi-turn/sdpo';
import { alphaDpo } from './pairwise/alpha-dpo';
import { aot } from './pairwise/aot';
import { aotUnpaired } from './pairwise/aot-unpaired';
import { apoDown } from './pairwise/apo-down';
import { apoZero } from './pairwise/apo-zero';
import { bcoPair } from './pairwise/bco-pair';
import { betaDpo } from './pairwise/beta-dpo';
import { calDpo } from './pairwise/cal-dpo';
import { cpo } from './pairwise/cpo';
import { discopop } from './pairwise/discopop';
import { dpo } from './pairwise/dpo';
import { dpoNorm } from './pairwise/dpo-norm';
import { dpop } from './pairwise/dpop';
import { drDpo } from './pairwise/dr-dpo';
import { egida } from './pairwise/egida';
import { exo } from './pairwise/exo';
import { gpo } from './pairwise/gpo';
import { hinge } from './pairwise/hinge';
import { ipo } from './pairwise/ipo';
import { ldDpo } from './pairwise/ld-dpo';
import { madpo } from './pairwise/madpo';
import { mallowsPo } from './pairwise/mallows-po';
import { mpo } from './pairwise/mpo';
import { nca } from './pairwise/nca';
import { npo } from './pairwise/npo';
import { odpo } from './pairwise/odpo';
import { orpo } from './pairwise/orpo';
import { preDpo } from './pairwise/pre-dpo';
import { rDpo } from './pairwise/r-dpo';
import { robustDpo } from './pairwise/robust-dpo';
import { rpo } from './pairwise/rpo';
import { rso } from './pairwise/rso';
import { sampo } from './pairwise/sampo';
import { simpo } from './pairwise/simpo';
import { slic } from './pairwise/slic';
import { sppo } from './pairwise/sppo';
import { wpo } from './pairwise/wpo';
import { asft } from './pointwise/asft';
import { bco } from './pointwise/bco';
import { kto } from './pointwise/kto';
import { apo } from './rounds/apo';
import { dice } from './rounds/dice';
import { ilrDpo } from './rounds/ilr-dpo';
import { iterativeRpo } from './rounds/iterative-rpo';
import { sacpo } from './rounds/sacpo';
import { splitDpo } from './rounds/split-dpo';
import { trDpo } from './rounds/tr-dpo';
import { twoDimensional } from './stepwise/2d-dpo';
import { fullStepDpo } from './stepwise/full-step-dpo';
import { longdpo } from './stepwise/longdpo';
import { scdpo } from './stepwise/scdpo';
import { stepDpo } from './stepwise/step-dpo';
import { sft } from './supervised/sft';
import { bmc } from './token-level/bmc';
import { gdpo } from './token-level/gdpo';
import { tdpo } from './token-level/tdpo';
import { tgdpo } from './token-level/tgdpo';
import { tisDpo } from './token-level/tis-dpo';
import { dro } from './valued/dro';
import { oreo } from './valued/oreo';
import { svpo } from './valued/svpo';

export const methods: readonly Method[] = [
  // supervised
  sft,
  // pairwise
  dpo,
  ipo,
  simpo,
  alphaDpo,
  aot,
  aotUnpaired,
  apoDown,
  apoZero,
  bcoPair,
  betaDpo,
  calDpo,
  cpo,
  discopop,
  dpoNorm,
  dpop,
  drDpo,
  egida,
  exo,
  gpo,
  hinge,
  ldDpo,
  madpo,
  mallowsPo,
  mpo,
  nca,
  npo,
  odpo,
  orpo,
  preDpo,
  rDpo,
  robustDpo,
  rpo,
  rso,
  sampo,
  slic,
  sppo,
  wpo,
  // pointwise
  asft,
  bco,
  kto,
  // listwise
  brain,
  dpoPl,
  infonca,
  lipo,
  pro,
  rrhf,
  tpo,
  // token-level
  bmc,
  gdpo,
  tdpo,
  tgdpo,
  tisDpo,
  // stepwise
  twoDimensional,
  fullStepDpo,
  stepDpo,
  scdpo,
  longdpo,
  // multi-turn
  dmpo,
  sdpo,
  // valued
  dro,
  oreo,
  svpo,
  // rounds
  apo,
  dice,
  ilrDpo,
  iterativeRpo,
  sacpo,
  splitDpo,
  trDpo,
  // curricula
  alphallmCpl,
  clearPreferences,
  curryDpo,
  // denoising
  ddpm,
  diffusionDpo,
  d3po,
  rankdpo,
  smpo,
  spo,
  tailorpo,
];

/** @throws when no method has this id, naming those that there are */
export const methodById = (id: string): Method => {
  const method = methods.find((m) => m.id === id);
  if (!method) {
    throw new Error(`There is no method "${id}"; use one of ${methods.map((m) => m.id).join(', ')}.`);
  }
  return method;
};
