import { describe, expect, it } from 'vitest';
import { methods as catalogue } from '../../../src/methods/index';
import { documentOf } from '../../../src/studies/core/documents';
import { studies } from '../../../src/studies/index';
import { describeMethod } from '../../../src/train/method-info';
import { defaultRun, parseRun, type RunDocument } from '../../../src/train/run-document';
import { armDocuments } from '../../../src/ui/compare/arms';
import { partHash } from '../../../src/ui/place';
import { overlay, readFields } from '../../../src/ui/run-url';
import { armAddress, compareAddress } from '../../../src/ui/studies/addresses';

const methods = catalogue.map(describeMethod);
const trained = studies.filter(({ on }) => 'model' in on);

/** The first page's document of an address. */
const read = (given: readonly [string, string][]): RunDocument => {
  const fields = readFields(given) as { method: { id: string }; model: string };
  const method = methods.find(({ id }) => id === fields.method.id)!;
  return parseRun(overlay(defaultRun(method, fields.model), fields), methods);
};

/** Without what changes no number. */
const plain = ({ probe: _p, checkpointEvery: _c, evaluation, ...rest }: RunDocument) => ({
  ...rest,
  problems: evaluation.problems,
});

describe.each(trained.map((study) => [study.id, study] as const))('addresses of %s', (_, study) => {
  it('open each arm with its own document', () => {
    for (const arm of study.arms)
      for (const seed of study.seeds.slice(0, 2)) {
        const { document, place } = partHash(armAddress(study, arm, seed));
        expect(place.path).toEqual([]);
        expect(plain(read(document))).toEqual(plain(documentOf(study, arm, seed, methods)));
      }
  });

  it('put both arms into Compare', () => {
    const { document, place } = partHash(compareAddress(study)!);
    expect(place.path).toEqual(['compare']);
    const arms = armDocuments(read(document), place.own, methods).map((arm) => parseRun(arm, methods));
    const own = study.arms.map((arm) => documentOf(study, arm, study.seeds[0]!, methods));
    expect(arms.map(plain)).toEqual(own.map(plain));
  });
});
