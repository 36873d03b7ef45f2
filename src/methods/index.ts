/** The table of contents: every method, chapter by chapter. Adding one takes its file, a line here and its test. */

import type { Method } from './method';
import { dpo } from './pairwise/dpo';
import { stepDpo } from './stepwise/step-dpo';
import { sft } from './supervised/sft';
import { tgdpo } from './token-level/tgdpo';

export const methods: readonly Method[] = [
  // supervised
  sft,
  // pairwise
  dpo,
  // stepwise
  stepDpo,
  // token-level
  tgdpo,
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
