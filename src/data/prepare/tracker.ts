import type { Tokenizer } from '../../tokenizer/tokenizer';
import { isEnd } from '../../tokenizer/tokenizer';
import type { Example, Text } from '../formats/example';
import { isConversation } from '../formats/example';
import type { Built } from './built';
import { reasons } from './built';
import type { DatasetReport, SampleExample } from './report';
import { warningsOf } from './report';
import { dropTally, histogram } from './tally';

/** 53 bits of a text, so that a million texts can be remembered by number. */
const hash53 = (text: string): number => {
  let a = 0x9e3779b1;
  let b = 0x85ebca77;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b + c, 0x27d4eb2f) ^ (b >>> 15);
  }
  return ((b >>> 0) & 0x1fffff) * 4294967296 + (a >>> 0);
};

const texts = (text: Text): string[] => (isConversation(text) ? text.map((m) => m.content ?? '') : [text]);

const allTexts = (example: Example): string[] => {
  switch (example.kind) {
    case 'pair':
      return [...texts(example.prompt), ...texts(example.chosen), ...texts(example.rejected)];
    case 'step':
      return [...texts(example.prompt), example.prefix, example.chosen, example.rejected];
    case 'scored':
      return [...texts(example.prompt), ...example.responses.flatMap((r) => texts(r.text))];
  }
};

/** Special tokens as most models write them; what matches is then encoded to be sure. */
const looksSpecial = /<[^\s<>]{1,40}>|\[\/?[A-Z_]{2,20}\]/;

/** What the report needs to know, gathered example by example. */
export interface Tracker {
  drop(reason: string, where: string, excerpt: string): void;
  /** Counts an example that became a tree. */
  used(example: Example, built: Built): void;
  finish(
    known: Pick<
      DatasetReport,
      | 'file'
      | 'format'
      | 'mapping'
      | 'why'
      | 'rows'
      | 'unusedColumns'
      | 'unusedFields'
      | 'trees'
      | 'comparisons'
      | 'tokens'
    >,
  ): DatasetReport;
}

export const createTracker = (tokenizer: Tokenizer, sampleCount: number): Tracker => {
  const dropped = dropTally();
  const lengths = { prompt: [] as number[], chosen: [] as number[], rejected: [] as number[] };
  const truncated = { prompt: 0, chosen: 0, rejected: 0 };
  const template: DatasetReport['template'] = {
    sequences: 0,
    bosTwice: 0,
    bosMissing: 0,
    answers: 0,
    eosMissing: 0,
    eosTwice: 0,
    promptNotPrefix: 0,
    promptNotPrefixExample: undefined,
  };
  const seen = new Set<number>();
  const samples: SampleExample[] = [];
  const special = new Map<number, boolean>();
  let equalSides = 0;
  let emptySides = 0;
  let duplicates = 0;
  let specialInText = 0;

  const isSpecial = (id: number): boolean => {
    let known = special.get(id);
    if (known === undefined) {
      known = tokenizer.decode([id]) === '' && tokenizer.decode([id], { keepSpecial: true }) !== '';
      special.set(id, known);
    }
    return known;
  };

  /** How often the token that ends an answer stands at the end, line breaks behind them aside: templates end a turn with one. */
  const trailingEos = (tokens: readonly number[]): number => {
    let i = tokens.length;
    while (
      i > 0 &&
      !isEnd(tokenizer, tokens[i - 1]) &&
      tokenizer.decode([tokens[i - 1]!], { keepSpecial: true }).trim() === ''
    )
      i--;
    const last = tokens[i - 1];
    if (!isEnd(tokenizer, last)) return 0;
    let count = 1;
    while (tokens[i - 1 - count] === last) count++;
    return count;
  };

  const checkTemplate = (built: Built) => {
    const [first, second] = built.promptStart;
    for (const response of built.responses) {
      template.sequences++;
      if (tokenizer.bos !== undefined) {
        if (first !== tokenizer.bos) template.bosMissing++;
        else if (second === tokenizer.bos && tokenizer.bos !== tokenizer.eos) template.bosTwice++;
      }
      if (built.promptTail.length > 0) template.promptNotPrefix++;
      if (!response.answerEnds) continue;
      template.answers++;
      const eos = trailingEos(response.tokens);
      if (eos === 0) template.eosMissing++;
      else if (eos > 1) template.eosTwice++;
    }
    if (built.promptTail.length > 0) {
      template.promptNotPrefixExample ??= tokenizer.decode(built.promptTail, { keepSpecial: true });
    }
  };

  return {
    drop: (reason, where, excerpt) => {
      dropped.add(reason, where, excerpt);
      if (reason === reasons.equalSides) equalSides++;
      if (reason === reasons.emptySide) emptySides++;
    },
    used: (example, built) => {
      lengths.prompt.push(built.promptLength);
      if (built.responses.some(({ cut }) => cut.prompt > 0)) truncated.prompt++;
      for (const { side, length, cut } of built.responses) {
        const to = side === 'rejected' ? 'rejected' : 'chosen';
        lengths[to].push(length);
        if (cut.response > 0) truncated[to]++;
      }
      checkTemplate(built);
      const own = allTexts(example);
      const key = hash53(own.join('\u0000'));
      if (seen.has(key)) duplicates++;
      else seen.add(key);
      const suspicious = own.filter((text) => looksSpecial.test(text));
      if (suspicious.some((text) => tokenizer.encode(text).some(isSpecial))) specialInText++;
      if (samples.length < sampleCount) {
        samples.push({
          where: example.where,
          prompt: tokenizer.decode(built.prompt, { keepSpecial: true }),
          shared: built.shared.map((step) => step.text),
          responses: built.responses.map(({ side, score, steps }) => ({
            side,
            ...(score !== undefined && { score }),
            steps: steps.map((step) => step.text),
            ...(steps.some((step) => step.given) && {
              given: steps.flatMap((step, i) => (step.given ? [i] : [])),
            }),
          })),
        });
      }
    },
    finish: (known) => {
      const counts = {
        ...known,
        dropped: dropped.list(),
        lengths: {
          prompt: histogram(lengths.prompt),
          chosen: histogram(lengths.chosen),
          rejected: histogram(lengths.rejected),
        },
        truncated,
        equalSides,
        emptySides,
        duplicates,
        template,
      };
      return { ...counts, warnings: warningsOf(counts, specialInText), samples };
    },
  };
};
