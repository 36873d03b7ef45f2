import type { Evaluation, RunSummary } from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import type { Measure } from '../util/measure';
import { targetsInWords } from '../util/targets-in-words';
import { measureInterval, measuresBeforeAndAfter, measureValue } from './measure-words';
import type { PolicyPlan } from './policy';
import type { RunDocument } from './run-document';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Text of a stranger's file name or id, kept from being read as Markdown or YAML. */
const plain = (text: string) => text.replace(/[^\w .,:@/+()-]/g, '_').slice(0, 200);

/** What the world measures beside accuracy, before and after. */
const measureRows = (evaluations: readonly Evaluation[]): string[] => {
  const rows = measuresBeforeAndAfter(evaluations[0]?.measures, evaluations.at(-1)?.measures);
  if (rows.length === 0) return [];
  const cell = (m: Measure | undefined) => (m ? `${measureValue(m)} (${measureInterval(m)})` : '');
  return [
    '| measure | before | after |',
    '| --- | --- | --- |',
    ...rows.map(({ before, after }) => `| ${plain(after.name)} | ${cell(before)} | ${cell(after)} |`),
    '',
  ];
};

const evaluationRow = (e: Evaluation) =>
  e.kind === 'pairs'
    ? `| ${e.stage} | ${e.step} | ${e.problems === 0 ? '' : percent(e.accuracy)} | ${(e.metrics?.['eval_loss'] ?? Number.NaN).toFixed(4)} | ${e.problems} held-out pairs |`
    : `| ${e.stage} | ${e.step} | ${percent(e.accuracy)} (${percent(e.interval[0])} to ${percent(e.interval[1])}) | | ${e.problems} ${e.kind === 'images' ? 'images, hue and shape both as asked' : 'held-out problems'} |`;

const dataOf = ({ data }: RunDocument, report: DatasetReport | undefined): string => {
  const { dataset } = data;
  if (!dataset) {
    if (data.task === 'shapes')
      return `${data.trees} trees of images, drawn by the model itself and told apart by a reward.`;
    return `${data.trees} trees of the task \`${plain(data.task)}\` (${plain(data.difficulty)}), made by the method’s own pipeline.`;
  }
  const file = report ? `\`${plain(report.file)}\` (\`${plain(dataset.id)}\`)` : `\`${plain(dataset.id)}\``;
  const used = report
    ? `: ${report.rows.used} of ${report.rows.read} rows, ${report.trees.train} examples to train on and ${report.trees.heldOut} held out`
    : '';
  return `The file ${file}, read as \`${report?.format ?? dataset.settings.format}\`${used}, at most ${dataset.settings.maxLength ?? 'any number of'} tokens an example.`;
};

const adapterRows = ({ adapter }: PolicyPlan): string[] =>
  adapter
    ? [
        `| adapter | LoRA, rank ${adapter.settings.rank}, alpha ${adapter.settings.alpha}${adapter.settings.rsLora ? ', rank-stabilised' : ''}, dropout ${adapter.settings.dropout}${adapter.settings.own ? `; ${Object.keys(adapter.settings.own).length} modules have a rank and alpha of their own` : ''} |`,
        `| target modules | ${plain(targetsInWords(adapter.settings.targetModules))} |`,
      ]
    : ['| adapter | none: all weights were trained |'];

const hyperparameters = (plan: PolicyPlan, d: RunDocument): string[] => [
  '| setting | value |',
  '| --- | --- |',
  `| method | ${plain(d.method.id)} |`,
  ...Object.entries(d.method.params).map(([name, value]) => `| ${plain(name)} | ${value} |`),
  ...adapterRows(plan),
  `| weights that were not trained | ${d.adapter ? d.weights : 'none'} |`,
  `| learning rate | ${d.optimizer.learningRate}, ${d.schedule.kind}, warm-up ${percent(d.schedule.warmup)} of the steps |`,
  `| optimiser | AdamW, betas ${d.optimizer.beta1} and ${d.optimizer.beta2}, weight decay ${d.optimizer.weightDecay}, gradient norm at most ${d.optimizer.maxGradNorm || 'unlimited'} |`,
  `| batch | ${d.batchSize} × ${d.accumulate} |`,
  `| steps | ${d.steps} |`,
  `| seed | ${d.seed} |`,
];

/**
 * README.md of an export: what was trained on what and how, with the numbers that were measured.
 * @param report of the run's dataset, once it has been read
 */
export const modelCard = (
  plan: PolicyPlan,
  run: RunSummary,
  what: 'adapter' | 'model',
  report: DatasetReport | undefined,
): string => {
  const { model } = plan;
  const { document: d } = run;
  const name = plain(model.summary.name);
  const last = run.metrics.at(-1)?.metrics;
  return [
    '---',
    `library_name: ${what === 'adapter' ? 'peft' : 'transformers'}`,
    'pipeline_tag: text-generation',
    `tags: [${plain(d.method.id)}, marginalia${plan.adapter ? ', lora' : ''}]`,
    '---',
    '',
    `# ${name}, trained with ${plain(d.method.id)}`,
    '',
    `Trained in a browser with Marginalia from \`${plain(model.summary.id)}\` (SHA-256 of its weights \`${model.hash}\`), ${run.step} steps.`,
    what === 'adapter'
      ? 'This is an adapter: load the base model, then this folder with `PeftModel.from_pretrained`.'
      : plan.adapter
        ? 'The adapter has been worked into the weights.'
        : 'All weights were trained.',
    '',
    '## Data',
    '',
    dataOf(d, report),
    '',
    '## How it was trained',
    '',
    ...hyperparameters(plan, d),
    '',
    'The whole configuration is in `run.json`, the metrics of every step in `metrics.json` and `metrics.csv`.',
    '',
    '## Measured',
    '',
    ...(last?.['loss'] === undefined ? [] : [`Loss of the last step: ${last['loss'].toFixed(4)}.`, '']),
    '| stage | step | accuracy | loss | on |',
    '| --- | --- | --- | --- | --- |',
    ...run.evaluations.map(evaluationRow),
    '',
    ...measureRows(run.evaluations),
  ].join('\n');
};
