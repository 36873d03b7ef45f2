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
import type { State } from '../state';

export const letters = ['a', 'b', 'c', 'd'] as const;
export type Letter = (typeof letters)[number];

/** Colour and dash of an arm, so that neither alone says which it is. */
export const styles: Readonly<Record<Letter, { color: string; dash?: string }>> = {
  a: { color: '--ink' },
  b: { color: '--link', dash: '7 4' },
  c: { color: '--rubric', dash: '2 3' },
  d: { color: '--right', dash: '9 3 2 3' },
};

/** What an arm has of its own, under the letter of its place. */
export interface ArmFields {
  letter: Letter;
  fields: Strings;
}

/** What each arm has of its own; two arms where the address names none. Letters that it leaves out are closed up. */
export const armFields = (own: Strings): ArmFields[] => {
  const named = letters.map((letter) => ({
    letter,
    fields: Object.fromEntries(
      Object.entries(own).flatMap(([key, value]) =>
        value !== '' && key.startsWith(`${letter}.`) ? [[key.slice(2), value]] : [],
      ),
    ),
  }));
  const usual: Partial<Record<Letter, Strings>> = { a: { 'method.id': 'dpo' }, b: { 'method.id': 'ipo' } };
  return named
    .flatMap(({ letter, fields }) => {
      const own = usual[letter];
      return Object.keys(fields).length === 0 && !own ? [] : [{ ...own, ...fields }];
    })
    .map((fields, i) => ({ letter: letters[i]!, fields }));
};

/** The page's fields of an address that has these arms and no others; what `before` had beside them is taken off. */
export const ownFields = (arms: readonly Strings[], before: Strings): Strings => ({
  ...Object.fromEntries(Object.keys(before).map((key) => [key, ''])),
  ...Object.fromEntries(
    arms.flatMap((fields, i) =>
      Object.entries(fields).map(([key, value]) => [`${letters[i]}.${key}`, value]),
    ),
  ),
});

/** The first arm once more with a seed that no other has of its kind: how much chance alone does. @param seed that of all */
export const anotherSeed = (arms: readonly ArmFields[], seed: number): Strings => {
  const taken = new Set(arms.map(({ fields }) => Number(fields['seed'] ?? seed)));
  let next = Number(arms[0]?.fields['seed'] ?? seed) + 1;
  while (taken.has(next)) next++;
  return { ...arms[0]?.fields, seed: String(next) };
};

/** Methods that are put beside others, in this order. */
const offered = ['simpo', 'ipo', 'dpo', 'kto', 'orpo'];

/** An arm of a method that is not there yet. */
export const anotherMethod = (arms: readonly ArmFields[]): Strings => {
  const there = new Set(arms.map(({ fields }) => fields['method.id']));
  return { 'method.id': offered.find((id) => !there.has(id))! };
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
    const named = fields['data.source.id'];
    const first = method.sources.find(({ id }) => id === named) ?? method.sources[0];
    const base: RunDocument = {
      ...document,
      method: { id: method.id, params: same ? document.method.params : defaultParams(method) },
      data: {
        ...document.data,
        wrappers:
          same || document.data.dataset ? document.data.wrappers : wrappersFor(document, from, method),
        source: document.data.dataset
          ? null
          : (same || source) && (named === undefined || named === chosen)
            ? document.data.source
            : first
              ? { id: first.id, params: defaultParams(first) }
              : null,
      },
    };
    return overlay(base, readFields(Object.entries(fields)));
  });

/** The documents to compare, on the page that does; not checked yet. */
export const groupOf = ({
  place,
  document,
  methods,
}: Readonly<Pick<State, 'place' | 'document' | 'methods'>>): unknown[] | undefined =>
  place.path[0] === 'compare' && document ? armDocuments(document, place.own, methods) : undefined;
