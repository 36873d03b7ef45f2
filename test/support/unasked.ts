import type { PipelineContext } from '../../src/search/pipeline';

const refuse = () => {
  throw new Error('This context has no model.');
};

/** The parts of a context that only some makers of data ask for: those under test do not. */
export const unasked: Pick<PipelineContext, 'prompts' | 'score' | 'measure'> = {
  prompts: refuse,
  score: async () => refuse(),
  measure: () => undefined,
};
