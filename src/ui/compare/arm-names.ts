import type { RunDocument } from '../../train/run-document';
import { fieldValue } from '../format';

/** Fields that tell apart arms of one method, with how they are said. */
const told: readonly [say: string, of: (document: RunDocument) => unknown][] = [
  ['rate', ({ optimizer }) => optimizer.learningRate],
  ['seed', ({ seed }) => seed],
  ['data', ({ data }) => data.source?.id],
  ['steps', ({ steps }) => steps],
];

/** What arms are called: by their methods, and where these are the same by what else differs. */
export const armNames = (documents: readonly RunDocument[], nameOf: (method: string) => string): string[] =>
  documents.map((document) => {
    const twins = documents.filter(({ method }) => method.id === document.method.id);
    const name = nameOf(document.method.id);
    if (twins.length < 2) return name;
    const differing = (of: (each: RunDocument) => unknown) =>
      twins.some((twin) => JSON.stringify(of(twin)) !== JSON.stringify(of(document)));
    const params = Object.keys(document.method.params).map((key): (typeof told)[number] => [
      key,
      ({ method }) => method.params[key],
    ]);
    const words = [...params, ...told].flatMap(([say, of]) =>
      differing(of) ? [`${say} ${fieldValue(of(document))}`] : [],
    );
    return [name, ...words].join(', ');
  });
