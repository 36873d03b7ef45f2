import results from '../../../docs/results.json';

interface Row {
  method: string;
  model: string;
  cpuSeconds?: number;
}

/** Seconds of one core that a method's default run was measured to take, on its world's model; the mean over its seeds. */
const secondsOf = (id: string): { model: string; seconds: number } | undefined => {
  const rows = (results.rows as readonly Row[]).filter(
    (row): row is Required<Row> => row.method === id && row.cpuSeconds !== undefined,
  );
  const [first] = rows;
  if (!first) return undefined;
  const same = rows.filter(({ model }) => model === first.model);
  return { model: first.model, seconds: same.reduce((sum, row) => sum + row.cpuSeconds, 0) / same.length };
};

/** A method's measured default run, in default runs of DPO on the same model. */
export const measuredCost = (id: string): { seconds: number; inDpo: number | undefined } | undefined => {
  const own = secondsOf(id);
  if (!own) return undefined;
  const dpo = secondsOf('dpo');
  return { seconds: own.seconds, inDpo: dpo?.model === own.model ? own.seconds / dpo.seconds : undefined };
};
