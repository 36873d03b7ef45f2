import type { Head, LatentReads } from '../methods/objective';
import type { Blend } from '../methods/pass';
import { generate } from '../model/generate';
import type { Network } from '../model/network';
import type { PipelineContext, Prompt } from '../search/pipeline';
import { promptTokens } from '../search/prompt-tokens';
import { scoreTrees } from '../train/score';
import { sequenceValues } from '../train/sequence-values';
import type { PreferenceTree } from '../tree/tree';
import { yieldToMessages } from '../util/mutex';
import type { Rng } from '../util/rng';
import type { RunContext } from './run-context';
import type { LentNetwork } from './run-weights';

/** The weights that answer where a source asks, and those that it may score by: hashes, and networks while they are needed. */
export interface Answering {
  hash: string;
  /** The head of the pass that the trees are for, where an earlier pass has trained it. */
  head: Head | undefined;
  lend(): Promise<LentNetwork>;
  hashOf(model: Blend): Promise<string>;
  lendModel(model: Blend): Promise<LentNetwork>;
}

interface Maker extends Pick<PipelineContext, 'count' | 'measure'> {
  /** Its draws; what it samples has keys of its own. */
  rng: Rng;
  policy: Answering;
  /** Awaited before each call to the model: a pause may come there. */
  gate?: () => Promise<void>;
  /** Of a person's file; those of new problems when left out. */
  prompts?: readonly Prompt[];
  /** What the pass that it makes data for reads of images. */
  latents?: LatentReads | undefined;
}

/** What a maker of data may use: it asks for answers and for log-probs, and never sees the weights. */
export const makerContext = (
  ctx: RunContext,
  { rng, policy, count, measure, gate, prompts, latents }: Maker,
): PipelineContext => {
  const { task, model, medium, document, signal, emit, onDevice } = ctx;
  const { difficulty, maxTokens } = document.data;
  const draws = rng.fork('problems');
  let [sampled, asked] = [0, 0];
  const { head } = policy;
  const withNetwork = async <T>(lend: () => Promise<LentNetwork>, f: (network: Network) => Promise<T>) => {
    await gate?.();
    return onDevice(async () => {
      const { network, dispose } = await lend();
      try {
        return await f(network);
      } finally {
        dispose();
      }
    });
  };
  const problems = () => task.draw(draws, difficulty);
  const drawn = (): Prompt => {
    const problem = problems();
    return { id: problem.id, tokens: promptTokens(model.tokenizer, problem), problem };
  };
  return {
    task,
    // A model that draws has none, and its sources ask for none.
    tokenizer: medium ? (undefined as never) : model.tokenizer,
    ...medium?.pipeline({ ...ctx, gate: gate ?? (async () => undefined) }, policy, latents),
    rng: rng.fork('pipeline'),
    problems,
    prompts: () => (prompts ? prompts[asked++] : drawn()),
    sample: (requests, options) => {
      const key = rng.fork(`sample/${sampled++}`);
      return withNetwork(policy.lend, (network) =>
        generate(network, requests, options, key, { signal, onToken: yieldToMessages }),
      );
    },
    score: (trees, by = 'policy') =>
      withNetwork(
        () => (by === 'policy' ? policy.lend() : policy.lendModel(by)),
        (network) => scoreTrees(network, trees, () => ctx.between()),
      ),
    ...(head && {
      values: (sequences) =>
        withNetwork(policy.lend, (network) => sequenceValues(network, head, sequences, yieldToMessages)),
    }),
    measure,
    count,
    maxTokens,
    signal,
    progress: (done, note) => emit({ kind: 'progress', phase: 'collecting', done, total: count, note }),
  };
};

/** The prompts of a file's trees, each once, in an order of its own. */
export const promptsOf = (trees: readonly PreferenceTree[], rng: Rng): Prompt[] => {
  const byText = new Map(trees.map(({ id, nodes }) => [nodes[0]!.tokens.join(' '), { id, nodes }]));
  return rng.shuffle([...byText.values()]).map(({ id, nodes }) => ({ id, tokens: [...nodes[0]!.tokens] }));
};
