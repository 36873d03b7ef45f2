import { expect } from 'vitest';
import type { PrepareOptions } from '../../../src/data/prepare/prepare';
import { prepareDataset } from '../../../src/data/prepare/prepare';
import type { MethodNeeds } from '../../../src/data/prepare/shape';
import { openRows } from '../../../src/data/rows/open-rows';
import type { DatasetSettings } from '../../../src/data/settings';
import { defaultDatasetSettings } from '../../../src/data/settings';
import { loadTokenizer } from '../../../src/tokenizer/load';
import { pathOf } from '../../../src/tree/paths';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import { goldenJson, textFile } from './files';

export const fixture = goldenJson('tokens.json') as {
  tokenizers: Record<string, { tokenizer: unknown; config: Record<string, string> }>;
  templates: Record<string, string>;
};
export const tokenizerOf = (name: string) =>
  loadTokenizer(fixture.tokenizers[name]!.tokenizer, fixture.tokenizers[name]!.config);
export const bytes = tokenizerOf('byte-level');
export const chatml = {
  source: fixture.templates['chatml']!,
  specialTokens: fixture.tokenizers['byte-level']!.config,
};

export const methods: Record<string, MethodNeeds> = {
  dpo: { name: 'DPO', eats: 'pairs' },
  stepDpo: { name: 'Step-DPO', eats: 'next-steps' },
  sft: { name: 'SFT', eats: 'solutions' },
  kto: { name: 'KTO', eats: 'answers' },
  dmpo: { name: 'DMPO', eats: 'turns' },
};

export const prepare = async (
  rows: readonly (Record<string, unknown> | string)[],
  method: keyof typeof methods,
  settings: Partial<DatasetSettings> = {},
  options: Partial<PrepareOptions> = {},
) => {
  const text = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
  const source = options.source ?? (await openRows(textFile('f.jsonl', text)));
  const result = await prepareDataset({
    source,
    settings: { ...defaultDatasetSettings(), heldOut: 0, ...settings },
    tokenizer: bytes,
    template: chatml,
    method: methods[method]!,
    seed: 1,
    ...options,
  });
  const all = [...result.trees, ...result.heldOut];
  for (const tree of all) validateTree(tree, bytes.vocabSize);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  return result;
};

export const spelled = (tokens: readonly number[]) => bytes.decode(tokens, { keepSpecial: true });
/** Prompt and steps of a response as texts, those that are not scored in brackets. */
export const spell = (tree: PreferenceTree, response: number) =>
  pathOf(tree, tree.responses[response]!.leaf).map((n) => {
    const { tokens, scored } = tree.nodes[n]!;
    return scored ? spelled(tokens) : `[${spelled(tokens)}]`;
  });

export const user = (content: string) => ({ role: 'user', content });
export const assistant = (content: string) => ({ role: 'assistant', content });
