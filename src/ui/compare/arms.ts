/**
 * The arms of a comparison: the run document is for all, and what an arm has of its own stands in the address under its letter,
 * `a.method.id=dpo&b.method.id=ipo&b.seed=2`.
 */
import { defaultParams } from '../../methods/params';
import type { MethodInfo } from '../../train/method-info';
import type { RunDocument } from '../../train/run-document';
import type { Strings } from '../place';
import { overlay, readFields } from '../run-url';
import { wrappersFor } from '../setup/with-method';

export const letters = ['a', 'b', 'c', 'd'] as const;
export type Letter = (typeof letters)[number];

/** Colour and dash of an arm, so that neither alone says which it is. */
export const styles: Readonly<Record<Letter, { color: string; dash?: string }>> = {
  a: { color: '--ink' },
  b: { color: '--link', dash: '7 4' },
  c: { color: '--rubric', dash: '2 3' },
  d: { color: '--right', dash: '9 3 2 3' },
};

/** What each arm has of its own; two arms where the address names none. */
export const armFields = (own: Strings): { letter: Letter; fields: Strings }[] => {
  const named = letters.map((letter) => ({
    letter,
    fields: Object.fromEntries(
      Object.entries(own).flatMap(([key, value]) =>
        value !== '' && key.startsWith(`${letter}.`) ? [[key.slice(2), value]] : [],
      ),
    ),
  }));
  const usual: Partial<Record<Letter, Strings>> = { a: { 'method.id': 'dpo' }, b: { 'method.id': 'ipo' } };
  return named.flatMap(({ letter, fields }) => {
    const own = usual[letter];
    if (Object.keys(fields).length === 0 && !own) return [];
    return [{ letter, fields: { ...own, ...fields } }];
  });
};

/** The document of each arm: not checked yet; an unknown method is left for the check to name. */
export const armDocuments = (
  document: RunDocument,
  own: Strings,
  methods: readonly MethodInfo[],
): unknown[] =>
  armFields(own).map(({ fields }) => {
    const method = methods.find(({ id }) => id === fields['method.id']);
    if (!method) return { ...document, method: { id: fields['method.id'] ?? '', params: {} } };
    const same = method.id === document.method.id;
    // Each has the data of its own paper, unless others were chosen on purpose for all, and it can eat them.
    const from = methods.find(({ id }) => id === document.method.id);
    const usual = from?.sources[0]?.id;
    const chosen = document.data.source?.id;
    const source = chosen !== usual && method.sources.some(({ id }) => id === chosen);
    const [first] = method.sources;
    const base: RunDocument = {
      ...document,
      method: { id: method.id, params: same ? document.method.params : defaultParams(method) },
      data: {
        ...document.data,
        wrappers:
          same || document.data.dataset ? document.data.wrappers : wrappersFor(document, from, method),
        source: document.data.dataset
          ? null
          : same || source
            ? document.data.source
            : first
              ? { id: first.id, params: defaultParams(first) }
              : null,
      },
    };
    return overlay(base, readFields(Object.entries(fields)));
  });
