import type { Estimate } from '../../workers/protocol';
import type { HostWeights } from '../model/host-weights';
import type { RunDocument } from './run-document';

interface ImageEstimateInput {
  weights: HostWeights;
  document: Pick<RunDocument, 'batchSize' | 'accumulate' | 'data' | 'evaluation'>;
  method: { passes: number; allSteps: number };
  memory: number | undefined;
  /** What the run asks of the network; left out: that is not said. */
  cost?: { denoised: number; flops: number; perTree: number };
}

/** Numbers that the network keeps of one image for its gradient, in widths of its tokens and layers; measured, and rough. */
const KEPT = 40;

/** Images of a tree that go through the network, where that is not known. */
const PER_TREE = 2;

/** What a run of a model that draws takes. It is small; its time depends on the machine too much to be told before. */
export const estimateImages = ({ weights, document, method, memory, cost }: ImageEstimateInput): Estimate => {
  let numbers = 0;
  for (const { data } of weights.values()) numbers += data.length;
  const width = weights.get('position')?.shape ?? [16, 48];
  const layers = [...weights.keys()].filter((name) => name.endsWith('.qkv.weight')).length;
  const images = document.batchSize * (cost?.perTree ?? PER_TREE);
  const activations = 4 * images * width[0]! * width[1]! * layers * KEPT;
  const parts = [
    { what: 'weights, their moments and the reference', bytes: 4 * 4 * numbers },
    { what: 'what is kept of a batch for its gradient', bytes: activations },
  ].sort((a, b) => b.bytes - a.bytes);
  const totalBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const fits = memory === undefined || totalBytes <= memory;
  // Choices of a person are there already.
  const drawnHere = document.data.source?.id !== 'own-choices';
  const { every, problems } = document.evaluation;
  const evaluations = problems === 0 ? 0 : 2 + (every > 0 ? Math.floor((method.allSteps - 1) / every) : 0);
  return {
    parts,
    totalBytes,
    limitBytes: memory,
    largestBufferBytes: 4 * images * width[0]! * width[1]! * 6,
    secondsPerStep: undefined,
    passes: method.passes,
    allSteps: method.allSteps,
    ahead: [
      ...(cost && cost.denoised > 0
        ? [{ what: 'drawing' as const, count: cost.denoised, seconds: undefined }]
        : drawnHere
          ? [{ what: 'making' as const, count: document.data.trees, seconds: undefined }]
          : []),
      ...(evaluations > 0 ? [{ what: 'measuring' as const, count: evaluations, seconds: undefined }] : []),
    ],
    secondsInAll: undefined,
    tokensPerStep: images * document.accumulate,
    longest: 1,
    ...(cost && { images: { perStep: images * document.accumulate, flops: cost.flops } }),
    fits,
    problem: fits
      ? ''
      : `A batch of ${document.batchSize} needs more memory than can be counted on here; lower batchSize, and raise accumulate by as much.`,
    remedies: fits
      ? []
      : [
          {
            field: 'batchSize',
            value: Math.max(1, Math.floor(document.batchSize / 4)),
            why: 'keeps fewer images at a time',
            totalBytes: parts[0]!.bytes + activations / 4,
          },
        ],
  };
};
