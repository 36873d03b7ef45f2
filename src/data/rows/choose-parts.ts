import { DataError } from '../data-error';
import { shownText } from '../shown-text';

/** Files that may hold rows, by their names. */
export const isDataName = (path: string): boolean =>
  /\.(jsonl?|ndjson|csv|tsv|parquet)(\.gz(ip)?)?$/i.test(path) &&
  !/(^|\/)(\.[^/]*|dataset_infos?\.json|dataset_dict\.json|state\.json)$/i.test(path);

const splits: readonly { name: string; pattern: RegExp }[] = [
  { name: 'train', pattern: /train(ing)?/ },
  { name: 'test', pattern: /test(ing)?/ },
  { name: 'validation', pattern: /valid(ation)?|val|dev|eval(uation)?/ },
];

/** The split that a path names, in a folder or in the file's own name; the last one counts. */
const splitOf = (path: string): string | undefined =>
  path
    .toLowerCase()
    .split(/[^a-z]+/)
    .flatMap(
      (word) => splits.find(({ pattern }) => new RegExp(`^(${pattern.source})$`).test(word))?.name ?? [],
    )
    .at(-1);

const shard = /-(\d{5})-of-(\d{5})(?=\.[\w.]+$)/;

/** What all shards of a split are called together: `data/train-*-of-00003.parquet`. Of any other file its own name. */
export const shardsOf = (path: string): string => path.replace(shard, '-*-of-$2');

/** Of splits in shards, how many of their files were not given, in sentences. */
export const missingShards = (paths: readonly string[]): string[] => {
  const bySplit = new Map<string, { given: Set<string>; of: number }>();
  for (const path of paths) {
    const [, number, of] = shard.exec(path) ?? [];
    if (number === undefined) continue;
    const split = bySplit.get(shardsOf(path)) ?? { given: new Set<string>(), of: Number(of) };
    bySplit.set(shardsOf(path), split);
    split.given.add(number);
  }
  return [...bySplit].flatMap(([name, { given, of }]) =>
    given.size < of ? [`Of the ${of} files ${shownText(name, 80)} only ${given.size} are here.`] : [],
  );
};

const inOrder = new Intl.Collator('en', { numeric: true });

/**
 * Which of the files that a person gave at once are the parts of their dataset, in the order of their names.
 * @param paths names, with '/' where a folder was given
 * @throws DataError where there is none, or a folder holds several splits: one of them is not to be trained on
 */
export const chooseParts = (paths: readonly string[]): { parts: string[]; leftOut: string[] } => {
  if (paths.length === 1) return { parts: [...paths], leftOut: [] };
  const parts = paths.filter(isDataName).sort(inOrder.compare);
  const leftOut = paths.filter((path) => !isDataName(path));
  const folder = paths.find((path) => path.includes('/'))?.split('/')[0];
  if (parts.length === 0) {
    throw new DataError(
      folder ?? 'the files',
      '',
      paths.length === 0
        ? 'no file was given; choose a file of examples'
        : `none of the ${paths.length} files is one of examples (JSON, JSONL, CSV, TSV or Parquet), such as ${shownText(paths[0]!, 60)}`,
    );
  }
  if (folder === undefined) return { parts, leftOut };
  const bySplit = new Map<string, number>();
  for (const path of parts) {
    const split = splitOf(path.slice(path.indexOf('/') + 1)) ?? 'other files';
    bySplit.set(split, (bySplit.get(split) ?? 0) + 1);
  }
  if (bySplit.size > 1) {
    const listed = [...bySplit].map(([split, count]) => `${split} (${count})`).join(', ');
    throw new DataError(
      folder,
      '',
      `holds several parts of a dataset: ${listed}. What is for testing is not to be trained on: give the files of one`,
    );
  }
  return { parts, leftOut };
};
