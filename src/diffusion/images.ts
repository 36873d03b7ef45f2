/** Trees of images: their form, and how they are read. */
import { pathOf } from '../tree/paths';
import type { PreferenceTree, TreeNode } from '../tree/tree';
import { TreeError } from '../tree/validate';
import { alphaBar, IMAGE, TIMES } from './net/schedule';
import type { Condition } from './world/condition';
import { CONDITIONS, conditionAt, indexOf } from './world/condition';
import { SIZE } from './world/draw';

/** The root of a tree: what its images are asked to show. */
export const askedFor = (condition: Condition): TreeNode => ({
  parent: -1,
  tokens: [indexOf(condition)],
  role: 'prompt',
  scored: false,
});

/** A denoising state at time t under `parent`; its token is t + 1, and 0 for an image without noise. */
export const stateAt = (
  t: number,
  image: Float32Array,
  {
    parent = 0,
    scored = true,
    labels,
  }: { parent?: number; scored?: boolean; labels?: Record<string, number> } = {},
): TreeNode => ({
  parent,
  tokens: [t + 1],
  role: scored ? 'step' : 'observation',
  scored,
  image,
  ...(labels && { labels }),
});

export const timeOf = ({ tokens }: TreeNode): number => tokens[0]! - 1;

export const conditionOf = ({ nodes }: PreferenceTree): Condition => conditionAt(nodes[0]!.tokens[0]!);

/** Images of the tree's answers. */
export const imagesOf = ({ nodes, responses }: PreferenceTree): Float32Array[] =>
  responses.map(({ leaf }) => nodes[leaf]!.image!);

/** A state in words. */
export const inTime = (t: number): string => (t === IMAGE ? 'the image' : `t = ${t}`);

/** Checks that every state is an image of this world at a time of its schedule, and finite. @throws TreeError */
export const validateImages = (tree: PreferenceTree): void => {
  const fail = (field: string, problem: string): never => {
    throw new TreeError(tree.id, field, problem);
  };
  const [root, ...states] = tree.nodes;
  const asked = root?.tokens[0] ?? -1;
  if (!(asked >= 0 && asked < CONDITIONS)) {
    fail('nodes[0].tokens', `is ${root?.tokens}; the root's token is one of ${CONDITIONS} conditions`);
  }
  for (const [i, node] of states.entries()) {
    const field = `nodes[${i + 1}]`;
    const { image } = node;
    if (!image || image.length !== SIZE) {
      fail(
        `${field}.image`,
        `has ${image?.length ?? 'no'} numbers; an image of this world has ${SIZE}, 12 by 12 pixels of three channels`,
      );
    }
    const bad = image!.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0) fail(`${field}.image[${bad}]`, `is ${image![bad]}; leave the image out`);
    const t = timeOf(node);
    if (!(t >= IMAGE && t < TIMES && alphaBar(t) > 0)) {
      fail(`${field}.tokens`, `stands for time ${t}; times are 0 to ${TIMES - 1}, and ${IMAGE} is the image`);
    }
  }
  for (const { leaf } of tree.responses) {
    if (!pathOf(tree, leaf).some((n) => tree.nodes[n]!.scored)) {
      fail(`nodes[${leaf}]`, 'ends an answer of which nothing is scored');
    }
  }
};
